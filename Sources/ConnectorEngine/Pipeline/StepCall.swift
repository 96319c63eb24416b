import ConnectorConfig
import JSONValue
import Synchronization
import Vocabulary

/// A native call that a step makes.
struct StepCall {
    private let config: StepRequestConfig
    private let connector: CompiledConnector

    init(_ config: StepRequestConfig, connector: CompiledConnector) {
        self.config = config
        self.connector = connector
    }

    /// The native call that is named.
    func native() -> ResourceMethod? {
        connector.resourceMethod(config.resource, config.method)
    }

    /// The request, apart from credentials.
    func request(in scope: ExpressionScope) throws -> NativeRequest {
        guard let native = native() else {
            throw Problem(.configInvalid, "there is no native call '\(config.resource)/\(config.method)'")
        }
        var scope = scope
        if let id = try config.id?.value(in: scope) { scope.root["id"] = id }
        if let path = try config.path?.value(in: scope) { scope.root["path"] = path }
        let builder = RequestBuilder(connector: connector.document, scope: scope)
        var request = try builder.request(of: native)
        if case .object(let parameters)? = try config.query?.value(in: scope) {
            builder.merge(parameters, into: &request)
        }
        for field in try config.headers?.value(in: scope)?.object ?? JSONObject() {
            if let text = field.value.plainText { request.setHeader(field.key, text) }
        }
        if let body = try config.body?.value(in: scope) {
            request.body = request.body.map { $0.overlaid(by: body) } ?? body
        }
        return request
    }

    /// What makes this call the same as another one.
    func identity(in scope: ExpressionScope) throws -> String {
        let request = try request(in: scope)
        let body = request.body?.text(.canonical) ?? ""
        return "\(request.method) \(request.url(connector.document.http)) \(body)"
    }

    /// The part of the answer's body that the native call names.
    func body(_ answer: NativeAnswer) throws -> JSONValue {
        if answer.isEmptyResult { return .array([]) }
        return answer.value(at: native()?.recordsPath ?? DocumentPath("")) ?? .null
    }

    /// What expressions about the answer see.
    func scope(_ scope: ExpressionScope, _ answer: NativeAnswer) -> ExpressionScope {
        var scope = scope
        let told = ResponseScope.scope(answer.response, body: answer.document?.root.value ?? .null)
        for member in told.root { scope.root[member.key] = member.value }
        return scope
    }
}

extension LookupConfig {
    /// Records as an object by their keys.
    func arranged(_ records: JSONValue) throws -> JSONValue {
        guard let by else { return records }
        guard case .array(let array) = records else {
            throw Problem(.remoteBadResponse, "the vendor's answer has no list where one belongs")
        }
        var object = JSONObject()
        for record in array {
            guard let key = by.value(in: record)?.plainText else { continue }
            object[key] = value.map { $0.value(in: record) ?? .null } ?? record
        }
        return .object(object)
    }
}

/// How many native calls the steps of one call may still make.
final class CallBudget: Sendable {
    private let left: Mutex<Int>
    private let max: Int

    init(_ max: Int) {
        self.max = max
        left = Mutex(max)
    }

    /// Counts a call.
    ///
    /// - Throws: `Problem` (`config_invalid`) when there are too many.
    func take() throws {
        let isAllowed = left.withLock { left in
            left -= 1
            return left >= 0
        }
        guard isAllowed else {
            throw Problem(.configInvalid, "the steps make more than \(max) calls; see call_budget")
        }
    }
}

/// Lists that lookups keep, for all accounts of an engine; bounded.
final class LookupCache: Sendable {
    private struct Entry {
        let value: JSONValue
        let end: Int
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let capacity: Int

    init(capacity: Int = 2000) {
        self.capacity = capacity
    }

    /// What is kept under a name, at a time in seconds.
    func value(_ name: String, at now: Int) -> JSONValue? {
        entries.withLock { entries in
            guard let entry = entries[name], entry.end > now else { return nil }
            return entry.value
        }
    }

    /// Keeps a value until a time in seconds; where there are too many, those that end first are forgotten.
    func keep(_ value: JSONValue, as name: String, until end: Int) {
        entries.withLock { entries in
            entries[name] = Entry(value: value, end: end)
            guard entries.count > capacity else { return }
            for old in entries.sorted(by: { $0.value.end < $1.value.end }).prefix(capacity / 4) {
                entries[old.key] = nil
            }
        }
    }
}
