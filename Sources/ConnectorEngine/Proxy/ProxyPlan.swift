import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// Where a proxy call goes and what of it goes along.
struct ProxyPlan {
    /// The caller's query with our own parameters taken out.
    static func vendorQuery(_ raw: String?) -> String? {
        guard let raw, !raw.isEmpty else { return nil }
        let kept = raw.split(separator: "&", omittingEmptySubsequences: true).filter { item in
            let name = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)[0]
            return name != "integrated_account_id"
        }
        return kept.isEmpty ? nil : kept.joined(separator: "&")
    }

    /// The request for the vendor, without credentials.
    static func request(
        _ call: ProxyCall,
        connector: ConnectorDocument,
        variables: JSONObject
    ) throws -> (request: NativeRequest, headers: HTTPFields) {
        let scope = ExpressionScope(["context": .object(variables)])
        var request: NativeRequest
        switch call.target {
        case .raw(let path):
            let base = try RequestBuilder(connector: connector, scope: scope).baseAddress(connector.http.baseURL)
            guard let address = WebAddress(base.origin + (path.hasPrefix("/") ? path : "/" + path)),
                address.host == base.host, address.query == nil
            else { throw Problem(.invalidRequest, "the path cannot be sent; percent-encode what is not plain") }
            request = NativeRequest(method: call.method.rawValue, address: address)
        case .named(let resource, let rest):
            request = try named(resource, rest, call, connector: connector, scope: scope)
        }
        request.address.query = vendorQuery(call.rawQuery)
        guard request.address.query.map({ WebAddress("https://a.b/?" + $0) != nil }) ?? true else {
            throw Problem(.invalidRequest, "the query cannot be sent; percent-encode what is not plain")
        }
        request.isIdempotent = [.get, .head, .options].contains(call.method)
        var headers = ProxyHeaders.outgoing(call.headers, config: connector.proxy)
        for field in connector.http.headers {
            guard let name = HTTPField.Name(field.name), headers[name] == nil,
                let text = try? field.expression.text(in: scope)
            else { continue }
            headers[name] = text
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
    ) throws -> NativeRequest {
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
        request.rateClass = method.rateClass
        return request
    }
}

extension ProxyPlan {
    /// The connector's method that an HTTP method on a resource or a record stands for.
    private static func methodName(_ method: HTTPRequest.Method, isOnRecord: Bool) -> String {
        switch (method, isOnRecord) {
        case (.get, false): "list"
        case (.get, true): "get"
        case (.post, false): "create"
        case (.patch, true), (.put, true): "update"
        case (.delete, true): "delete"
        default: ""
        }
    }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
