import ConnectorConfig
import ConnectorEngine
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// `/proxy`: the vendor's own words, with the account's credentials.
struct ProxyRoutes: Sendable {
    let engine: ProxyEngine
    let door: AccountDoor
    let leases: AccessLeases
    let bodyBytesMax: Int

    private static let methods: [(method: HTTPRequest.Method, word: String)] = [
        (.get, "Get"), (.post, "Post"), (.put, "Put"), (.patch, "Patch"), (.delete, "Delete"),
    ]

    var endpoints: [Endpoint] {
        Self.methods.flatMap { method, word in
            [
                endpoint(method, "/proxy/@{integrated_account_id}/{path...}", "proxy\(word)ByAccount") { request in
                    let account = try await door.open(
                        request.pathParameter("integrated_account_id"),
                        for: request.apiKey()
                    )
                    return try await answer(request, .raw(path: "/" + request.pathParameter("path")), account)
                },
                endpoint(method, "/proxy/-/{path...}", "proxy\(word)Path") { request in
                    try await answer(request, .raw(path: "/" + request.pathParameter("path")), door.open(request))
                },
                endpoint(method, "/proxy/{resource}", "proxy\(word)Resource") { request in
                    let target = ProxyCall.Target.named(resource: try request.pathParameter("resource"), rest: nil)
                    return try await answer(request, target, door.open(request))
                },
                endpoint(method, "/proxy/{resource}/{rest}", "proxy\(word)Record") { request in
                    let target = ProxyCall.Target.named(
                        resource: try request.pathParameter("resource"),
                        rest: try request.pathParameter("rest")
                    )
                    return try await answer(request, target, door.open(request))
                },
            ]
        }
    }

    private func endpoint(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operationID: String,
        _ handler: @escaping Endpoint.Handler
    ) -> Endpoint {
        Endpoint(
            method,
            path,
            operationID: operationID,
            summary: "Call the vendor's own API",
            description: "The vendor's status, body and allowed header fields come back as they are.",
            tags: ["proxy"],
            access: .apiKey([.proxy]),
            allowsAnyQuery: true,
            body: .raw(bytesMax: bodyBytesMax),
            responses: [ResponseSpec(200, "What the vendor answers", schema: [:], contentType: "*/*")],
            handler: handler
        )
    }

    private func answer(
        _ request: EndpointRequest,
        _ target: ProxyCall.Target,
        _ configuration: AccountConfiguration
    ) async throws -> EndpointResponse {
        var call = ProxyCall(
            method: request.method,
            target: target,
            rawQuery: request.rawQuery,
            headers: request.headers,
            body: request.body.isEmpty ? nil : request.body,
            account: configuration.account.id
        )
        call.traffic = try configuration.account.traffic(request)
        let result = try await engine.execute(
            call,
            connector: configuration.connector,
            variables: configuration.account.variables,
            access: leases.source(for: configuration.account.id)
        )
        var headers = result.headers
        headers[.remoteStatus] = String(result.status)
        headers[.configRevision] = configuration.connector.revision
        return .stream(status: result.status, headers: headers, result.body)
    }
}
