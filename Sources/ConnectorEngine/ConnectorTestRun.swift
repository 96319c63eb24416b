import ConnectorConfig
import HTTPExchange
import HTTPTypes
package import JSONValue
import Synchronization
package import UnifiedModel
package import Vocabulary

/// Runs the tests that a connector brings along: the whole engine over a vendor that answers from the record.
package struct ConnectorTestRun: Sendable {
    /// What became of a test.
    package struct Outcome: Sendable {
        /// The test's name.
        package let name: String
        /// What is not as it should be; nothing for a test that holds.
        package let faults: [String]

        /// Describes what became of a test.
        package init(name: String, faults: [String]) {
            self.name = name
            self.faults = faults
        }
    }

    private let base: JSONValue
    private let model: UnifiedModel
    private let digests: any Digests

    /// Makes a run.
    ///
    /// `document`: the connector.
    package init(document: JSONValue, model: UnifiedModel, digests: any Digests) {
        base = document
        self.model = model
        self.digests = digests
    }

    /// Runs all tests of the document.
    ///
    /// - Throws: `ConnectorConfigError` when the document or its tests are wrong themselves.
    package func outcomes() async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for test in try ConnectorTestConfig.all(in: base) {
            outcomes.append(Outcome(name: test.name, faults: try await faults(of: test)))
        }
        return outcomes
    }

    private func faults(of test: ConnectorTestConfig) async throws -> [String] {
        let connector = try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 1, document: base),
            layers: test.layer.map { [ConfigLayer(level: .account, version: 1, document: $0)] } ?? []
        )
        let vendor = RecordedVendor(test.exchanges)
        let engine = Engine(
            model: model,
            sender: vendor,
            digests: digests,
            cursorKey: Secret(Array(repeating: 1, count: 32)),
            traffic: TrafficControl(random: { 0 }, sleep: { _ in }),
            clock: EngineClock(now: { 1_800_000_000 }, wait: { _ in })
        )
        var found: JSONValue?
        var refusal: Problem?
        do {
            let result = try await engine.execute(
                UnifiedCall(
                    category: test.category,
                    resource: test.resource,
                    method: test.method,
                    id: test.id,
                    query: test.query.map { ($0.key, $0.value.plainText ?? $0.value.text()) },
                    body: test.body,
                    account: .random()
                ),
                connector: connector,
                variables: test.variables,
                access: FixedAccess(Self.access(of: connector.document))
            )
            found = try JSONValue(parsing: result.body)
        } catch let problem as Problem {
            refusal = problem
        }
        return vendor.faults + faults(of: test, found, refusal)
    }

    private func faults(of test: ConnectorTestConfig, _ found: JSONValue?, _ refusal: Problem?) -> [String] {
        if let wanted = test.error {
            let code = refusal?.code.rawValue
            return code == wanted ? [] : ["expected the error \(wanted), found \(code ?? "an answer")"]
        }
        guard let found else {
            return ["expected an answer, found \(refusal?.code.rawValue ?? "none"): \(refusal?.message ?? "")"]
        }
        return Subset.differences(of: test.result ?? .null, in: found)
    }

    /// Credentials of the connector's preferred way, each of them a word that is no secret.
    private static func access(of document: ConnectorDocument) -> UsableAccess {
        let method = document.auth.first
        let names = ["access_token"] + (method?.fields.map(\.name) ?? [])
        return UsableAccess(
            method: method?.name ?? "",
            values: Dictionary(names.map { ($0, Secret("test-\($0)")) }) { first, _ in first }
        )
    }
}

/// Answers from a record, request by request, and remembers where a request was not the recorded one.
private final class RecordedVendor: HTTPSender {
    private let exchanges: [ConnectorTestConfig.Exchange]
    private let state = Mutex<(next: Int, faults: [String])>((0, []))

    init(_ exchanges: [ConnectorTestConfig.Exchange]) {
        self.exchanges = exchanges
    }

    /// What was not as recorded, recorded requests that were never made included.
    var faults: [String] {
        state.withLock { state in
            let missing = exchanges.count - state.next
            return state.faults + (missing > 0 ? ["\(missing) recorded requests were not made"] : [])
        }
    }

    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        let index = state.withLock { state in
            state.next += 1
            return state.next - 1
        }
        guard exchanges.indices.contains(index) else {
            state.withLock {
                $0.faults.append("request \(index + 1) is not recorded: \(request.method) \(request.url)")
            }
            throw ExchangeError(.connectFailed, "the record has no further answer", requestMayHaveBeenSent: false)
        }
        let exchange = exchanges[index]
        let differences = Self.differences(request, exchange).map { "request \(index + 1): \($0)" }
        state.withLock { $0.faults += differences }
        var headers = HeaderFields()
        for member in exchange.answerHeaders {
            guard let name = HTTPField.Name(member.key) else { continue }
            headers[name] = member.value.plainText
        }
        let body: [UInt8] =
            switch exchange.answer {
            case nil: []
            case .string(let text)?: Array(text.utf8)
            case let value?: value.bytes()
            }
        let isText = exchange.answer?.string != nil
        if headers[.contentType] == nil, !body.isEmpty, !isText { headers[.contentType] = "application/json" }
        return InboundResponse(status: exchange.status, headers: headers, body: body)
    }

    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        let response = try await send(request)
        return StreamedResponse(status: response.status, headers: response.headers, body: .whole(response.body))
    }

    private static func differences(_ request: OutboundRequest, _ exchange: ConnectorTestConfig.Exchange) -> [String] {
        var differences: [String] = []
        if let method = exchange.method, method != request.method.rawValue {
            differences.append("expected \(method), found \(request.method.rawValue)")
        }
        let address = WebAddress(request.url)
        if let path = exchange.path, path != address?.path {
            differences.append("expected the path \(path), found \(address?.path ?? "none")")
        }
        let query = Self.items(address?.query ?? "")
        for member in exchange.query {
            let found = query[member.key]
            let wanted = member.value.isNull ? nil : member.value.plainText
            if found != wanted {
                differences.append("query \(member.key): expected \(wanted ?? "nothing"), found \(found ?? "nothing")")
            }
        }
        for member in exchange.headers {
            let found = HTTPField.Name(member.key).flatMap { request.headers[$0] }
            if found != member.value.plainText {
                differences.append(
                    "header \(member.key): expected \(member.value.plainText ?? ""), found \(found ?? "none")"
                )
            }
        }
        if let body = exchange.body {
            let sent = String(decoding: request.body ?? [], as: UTF8.self)
            let found = body.string != nil ? .string(sent) : (try? JSONValue(parsing: request.body ?? [])) ?? .null
            differences += Subset.differences(of: body, in: found).map { "body \($0)" }
        }
        return differences
    }

    private static func items(_ query: String) -> [String: String] {
        var items: [String: String] = [:]
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                String(part).percentDecoded
            }
            items[parts[0]] = parts.count == 2 ? parts[1] : ""
        }
        return items
    }
}

/// Holds what is wanted against what is there, which may hold more.
enum Subset {
    /// Where they differ, each with its place.
    static func differences(of wanted: JSONValue, in found: JSONValue, at place: String = "") -> [String] {
        switch (wanted, found) {
        case (.object(let members), .object(let others)):
            return members.flatMap { member in
                differences(of: member.value, in: others[member.key] ?? .null, at: "\(place)/\(member.key)")
            }
        case (.array(let elements), .array(let others)):
            guard elements.count == others.count else {
                return ["\(place): expected \(elements.count) elements, found \(others.count)"]
            }
            return zip(elements, others).enumerated().flatMap { index, pair in
                differences(of: pair.0, in: pair.1, at: "\(place)/\(index)")
            }
        default:
            return wanted == found
                ? [] : ["\(place): expected \(wanted.text().prefix(200)), found \(found.text().prefix(200))"]
        }
    }
}
