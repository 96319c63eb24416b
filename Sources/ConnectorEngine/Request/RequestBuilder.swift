package import ConnectorConfig
package import HTTPExchange
import JSONValue
import Synchronization
import Vocabulary

/// Turns a document's description of a request into one with values.
struct RequestBuilder {
    let connector: ConnectorDocument
    let scope: ExpressionScope

    /// The request of a native call.
    func request(of native: ResourceMethod) throws -> NativeRequest {
        try request(native.request, of: native)
    }

    /// The request that `template` describes, with the connector's defaults below it.
    ///
    /// `native`: the native call that it belongs to.
    func request(_ template: RequestTemplate, of native: ResourceMethod? = nil) throws -> NativeRequest {
        let base = try baseAddress(template.baseURL ?? connector.http.baseURL)
        let path = try guarded { () throws(ExpressionError) in
            try template.path.text(in: scope, encoding: .pathSegment)
        }
        guard let path,
            let address = base.with(path: Self.joined(base.path, path))
                ?? WebAddress(Self.joined(base.origin + base.path, path))
        else {
            throw Problem(.configInvalid, "the path of a native call gives no address")
        }
        return NativeRequest(
            method: template.method,
            address: address,
            query: try query(template),
            headers: try headers(template),
            body: try guarded { () throws(ExpressionError) in try template.body?.value(in: scope) },
            form: try form(template),
            template: template,
            native: native,
            namesRecord: native != nil && scope.root["id"] != nil,
            isIdempotent: native?.isIdempotent ?? true
        )
    }

    private func headers(_ template: RequestTemplate) throws -> [NativeRequest.Item] {
        var headers: [NativeRequest.Item] = []
        headers.reserveCapacity(connector.http.headers.count + template.headers.count)
        for part in [connector.http.headers, template.headers] {
            for header in part {
                let text = try guarded { () throws(ExpressionError) in try header.expression.text(in: scope) }
                if let text { headers.set(NativeRequest.Item(name: header.name, value: text)) }
            }
        }
        return headers
    }

    private func query(_ template: RequestTemplate) throws -> [NativeRequest.Item] {
        var query: [NativeRequest.Item] = []
        for part in [connector.http.query, template.query] {
            for item in part {
                let value = try guarded { () throws(ExpressionError) in try item.expression.value(in: scope) }
                if let value { merge(item.name, value, into: &query) }
            }
        }
        return query
    }

    /// Lays query parameters over those that are there; null takes one away.
    func merge(_ parameters: JSONObject, into request: inout NativeRequest) {
        for member in parameters { merge(member.key, member.value, into: &request.query) }
    }

    private func merge(_ name: String, _ value: JSONValue, into query: inout [NativeRequest.Item]) {
        query.removeAll { item in
            item.name == name || item.name.hasPrefix("\(name)[")
                || (connector.http.objectFormat == .dots && item.name.hasPrefix("\(name)."))
        }
        query += FormText.items(name, value, connector.http.arrayFormat, connector.http.objectFormat)
            .map { NativeRequest.Item(name: $0.name, value: $0.value) }
    }

    /// Where the connector's requests go, checked against its hosts.
    func baseAddress(_ expression: Expression) throws -> WebAddress {
        let text = try guarded { () throws(ExpressionError) in try baseText(expression) }
        if let text, let known = BaseAddresses.of(connector)[text] { return known }
        guard let text, let address = WebAddress(text), address.query == nil else {
            // An account's variable may stand in it, so what is spelt in a doubtful way is refused like a foreign host.
            throw Problem(
                text?.contains("://") == true ? .blockedAddress : .configInvalid,
                "the base address of the connector '\(connector.name)' is not a plain https address of a host by name"
            )
        }
        let allowed = try address.allowed(by: connector)
        BaseAddresses.of(connector)[text] = allowed
        return allowed
    }

    /// The text of a base address: of several the first that has all its values.
    private func baseText(_ expression: Expression) throws(ExpressionError) -> String? {
        switch expression {
        case .array(let options):
            for option in options {
                if let text = try? option.text(in: scope), !text.isEmpty { return text }
            }
            return nil
        case .literal(.array(let options)): return options.first?.string
        default: return try expression.text(in: scope)
        }
    }

    private func form(_ template: RequestTemplate) throws -> BodyForm {
        guard template.format != nil || template.method != "GET" else { return .noBody }
        let options = template.format ?? connector.http.requestFormat
        switch options.kind {
        case .soap:
            return BodyForm(
                options,
                action: try guarded { () throws(ExpressionError) in try options.soap.action?.text(in: scope) },
                headerBlocks: try guarded { () throws(ExpressionError) in try options.soap.headers?.value(in: scope) }
            )
        case .graphql:
            return BodyForm(
                options,
                document: try guarded { () throws(ExpressionError) in try options.document?.text(in: scope) },
                variables: try guarded { () throws(ExpressionError) in try options.variables?.value(in: scope) }
            )
        case .json, .form, .multipart, .xml, .ndjson, .raw, .none: return BodyForm(options)
        }
    }

    private func guarded<Value>(_ body: () throws(ExpressionError) -> Value) throws -> Value {
        do { return try body() } catch { throw ExpressionProblem.problem(error) }
    }

    private static func joined(_ base: String, _ path: String) -> String {
        switch (base.utf8.last == UInt8(ascii: "/"), path.utf8.first == UInt8(ascii: "/")) {
        case (true, true): base + path.dropFirst()
        case (false, false): path.isEmpty ? base : "\(base)/\(path)"
        default: base + path
        }
    }
}

/// Base addresses of one connector that were taken apart and allowed before, by their text.
private final class BaseAddresses: Sendable {
    /// Accounts may each have an address of their own.
    private static let countMax = 256
    private let known = Mutex<[String: WebAddress]>([:])

    static func of(_ connector: ConnectorDocument) -> BaseAddresses {
        connector.prepared.value { BaseAddresses() }
    }

    subscript(text: String) -> WebAddress? {
        get { known.withLock { $0[text] } }
        set {
            known.withLock { known in
                if known.count >= Self.countMax { known.removeAll() }
                known[text] = newValue
            }
        }
    }
}

/// What a failed expression is for a caller.
enum ExpressionProblem {
    /// A value from the caller that cannot be part of a path is his fault; all else is the configuration's.
    static func problem(_ error: ExpressionError, level: OverrideLevel? = nil) -> Problem {
        if error.code == "bad_segment" { return Problem(.invalidRequest, error.message, underlying: error) }
        let whose = level.map { " of the \($0.rawValue) level" } ?? ""
        let place = error.pointer.map { " at \($0)" } ?? ""
        let offset = error.position.map { ", offset \($0)" } ?? ""
        return Problem(
            .mappingFailed,
            "an expression\(whose)\(place) failed with \(error.code)\(offset): \(error.message)",
            underlying: error
        )
    }
}

extension HTTPDefaults {
    /// Who a connection of an account belongs to, and how it must be made.
    func identity(
        of account: AccountID,
        method: AuthMethod?,
        certificate: ConnectionIdentity.ClientCertificate?
    ) -> ConnectionIdentity {
        identity(partition: account.description, method: method, certificate: certificate)
    }

    /// The same for another partition of connections.
    package func identity(
        partition: String,
        method: AuthMethod?,
        certificate: ConnectionIdentity.ClientCertificate?
    ) -> ConnectionIdentity {
        ConnectionIdentity(
            partition: partition,
            clientCertificate: certificate,
            authorityPEM: method?.mutualTLS?.authorityPEM,
            speaksHTTP1: version == .http1,
            needsTLS13: tlsMin == .v13
        )
    }
}
