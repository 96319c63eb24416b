import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// Where a proxy call goes and what of it goes along.
struct ProxyPlan {
    /// The caller's query without our own parameters and without credentials, each item as it was sent.
    ///
    /// Left out are the names under which any of the connector's ways to connect puts credentials, and whatever holds
    /// the caller's key.
    static func vendorQuery(_ call: ProxyCall, connector: ConnectorDocument) -> String? {
        guard let raw = call.rawQuery, !raw.isEmpty else { return nil }
        let kept = raw.split(separator: "&", omittingEmptySubsequences: true).filter { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0]).percentDecoded
            guard name != "integrated_account_id",
                !connector.auth.contains(where: { $0.injection.query.contains { $0.name == name } })
            else { return false }
            guard let key = call.key?.reveal(), parts.count == 2 else { return true }
            return !String(parts[1]).percentDecoded.contains(key)
        }
        return kept.isEmpty ? nil : kept.joined(separator: "&")
    }

    /// A raw path as one that stays where it hangs; nil when it cannot be sent, or climbs.
    ///
    /// Servers disagree about dot segments and backslashes, so none is sent, however it is written.
    static func address(_ path: String, below base: WebAddress) -> WebAddress? {
        let path = path.utf8.first == UInt8(ascii: "/") ? path : "/" + path
        guard let address = base.with(path: path), !mayClimb(path) || !isClimbing(path) else { return nil }
        return address
    }

    /// Whether a path has an escape, or a segment that begins with a dot; without those it stays where it hangs.
    private static func mayClimb(_ path: String) -> Bool {
        let bytes = path.utf8Span.span
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "%") { return true }
            if bytes[index] == UInt8(ascii: "."), index > 0, bytes[index - 1] == UInt8(ascii: "/") { return true }
        }
        return false
    }

    private static func isClimbing(_ path: String) -> Bool {
        path.split(separator: "/").contains { segment in
            String(segment).percentDecoded.split(separator: "/").contains { name in
                let name = name.prefix { $0 != ";" }
                return name == "." || name == ".." || name.utf8.contains(UInt8(ascii: "\\"))
            }
        }
    }

    /// The request for the vendor, without credentials.
    static func request(
        _ call: ProxyCall,
        connector: ConnectorDocument,
        variables: JSONObject
    ) throws -> (request: NativeRequest, headers: [HeaderField]) {
        let scope = ExpressionScope(["context": .object(variables)])
        var request: NativeRequest
        var template: [NamedExpression] = []
        switch call.target {
        case .raw(let path):
            let base = try RequestBuilder(connector: connector, scope: scope).baseAddress(connector.http.baseURL)
            guard let address = address(path, below: base) else {
                throw Problem(.invalidRequest, "the path cannot be sent; percent-encode what is not plain")
            }
            request = NativeRequest(method: call.method.rawValue, address: address)
        case .named(let resource, let rest):
            let (named, method) = try named(resource, rest, call, connector: connector, scope: scope)
            request = named
            template = method.request.headers
        }
        request.address.query = vendorQuery(call, connector: connector)
        guard request.address.query.map({ WebAddress("https://a.b/?" + $0) != nil }) ?? true else {
            throw Problem(.invalidRequest, "the query cannot be sent; percent-encode what is not plain")
        }
        request.isIdempotent = [.get, .head, .options].contains(call.method)
        var headers = ProxyHeaders.outgoing(call.headers, config: connector.proxy, key: call.key)
        for field in template.isEmpty ? connector.http.headers : connector.http.headers + template {
            guard let name = FieldNames.name(field.name), !headers.contains(where: { $0.name.isSame(as: name) }),
                let text = try? field.expression.text(in: scope)
            else { continue }
            headers.append(HeaderField(name: name, value: text))
        }
        return (request, headers)
    }

    /// A resource of the connector: the rest is a method's name, or else the id of a record.
    private static func named(
        _ resource: String,
        _ rest: String?,
        _ call: ProxyCall,
        connector: ConnectorDocument,
        scope: ExpressionScope
    ) throws -> (NativeRequest, ResourceMethod) {
        guard let methods = connector.resources[resource] else {
            throw Problem(
                .notFound,
                "the connector '\(connector.name)' has no resource '\(resource)'; paths of the vendor go to /proxy/-/"
            )
        }
        let isMethod = rest.map { methods[$0] != nil } ?? false
        let name = isMethod ? rest ?? "" : Self.methodName(call.method, isOnRecord: rest != nil)
        guard let method = methods[name] else {
            throw Problem(.methodNotSupported, "'\(resource)' has no such method at the connector '\(connector.name)'")
        }
        var scope = scope
        if !isMethod { scope.root["id"] = rest.map(JSONValue.string) }
        let template = method.request
        let builder = RequestBuilder(connector: connector, scope: scope)
        let base = try builder.baseAddress(template.baseURL ?? connector.http.baseURL)
        let path: String?
        do { path = try template.path.text(in: scope, encoding: .pathSegment) } catch {
            throw ExpressionProblem.problem(error)
        }
        guard let path,
            let address = WebAddress(base.description.trimmingSlash + (path.hasPrefix("/") ? path : "/" + path))
        else { throw Problem(.configInvalid, "the path of '\(resource)/\(name)' gives no address") }
        var request = NativeRequest(method: isMethod ? template.method : call.method.rawValue, address: address)
        request.native = method
        try check(call, method, connector: connector)
        return (request, method)
    }
}

extension ProxyPlan {
    /// Refuses a query or a JSON body that the named call's schemas do not allow; a body that is still arriving is the
    /// vendor's to judge.
    private static func check(_ call: ProxyCall, _ method: ResourceMethod, connector: ConnectorDocument) throws {
        guard let contract = NativeContract(method.contract) else { return }
        let items = (vendorQuery(call, connector: connector) ?? "").split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                name: String(parts[0]).percentDecoded, value: parts.count == 2 ? String(parts[1]).percentDecoded : ""
            )
        }
        var body: JSONValue?
        switch call.body {
        case .none: break
        case .bytes(let bytes):
            guard let value = try? JSONValue(parsing: bytes, policy: .vendor) else { return }
            body = value
        case .stream: return
        }
        try contract.check(query: items, body: body)
    }

    /// The connector's method that an HTTP method on a resource or a record stands for.
    private static func methodName(_ method: HTTPRequest.Method, isOnRecord: Bool) -> String {
        switch (method, isOnRecord) {
        case (.get, false), (.head, false): "list"
        case (.get, true), (.head, true): "get"
        case (.post, false): "create"
        case (.patch, true), (.put, true): "update"
        case (.delete, true): "delete"
        default: ""
        }
    }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }

    /// The text behind percent escapes and plus signs; what is not a well-formed escape stays.
    var percentDecoded: String {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
