import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// `/proxy`: the vendor's own words, with the account's credentials.
struct ProxyRoutes: Sendable {
    let engine: ProxyEngine
    let keys: KeyCache
    let door: AccountDoor
    let leases: AccessLeases
    let log: RequestLog
    let bodyBytesMax: Int

    private static let methods: [(method: HTTPRequest.Method, word: String)] = [
        (.get, "Get"), (.post, "Post"), (.put, "Put"), (.patch, "Patch"), (.delete, "Delete"),
        (.options, "Options"),
    ]

    var endpoints: [Endpoint] {
        Self.methods.flatMap { method, word in rawEndpoints(method, word) + namedEndpoints(method, word) } + [message]
    }

    /// Paths of the vendor, from the origin on.
    private func rawEndpoints(_ method: HTTPRequest.Method, _ word: String) -> [Endpoint] {
        [
            endpoint(method, "/proxy/@{integrated_account_id}/{path...}", "proxy\(word)ByAccount") { request in
                try await answer(&request, account: request.pathParameter("integrated_account_id"))
            },
            endpoint(method, "/proxy/-/{path...}", "proxy\(word)Path") { request in
                try await answer(&request, account: nil)
            },
            endpoint(method, "/custom/{path...}", "custom\(word)Path") { request in
                try await answer(&request, account: nil)
            },
        ]
    }

    /// Resources of the connector.
    private func namedEndpoints(_ method: HTTPRequest.Method, _ word: String) -> [Endpoint] {
        guard method != .options else { return [] }
        return [
            endpoint(method, "/proxy/{resource}", "proxy\(word)Resource") { request in
                let resource = try request.pathParameter("resource")
                return try await answer(&request, target: .named(resource: resource, rest: nil))
            },
            endpoint(method, "/proxy/{resource}/{rest}", "proxy\(word)Record") { request in
                let resource = try request.pathParameter("resource")
                let rest = try request.pathParameter("rest")
                return try await answer(&request, target: .named(resource: resource, rest: rest))
            },
        ]
    }

    /// The call as a document.
    private var message: Endpoint {
        Endpoint(
            .post,
            "/proxy",
            operationID: "proxyMessage",
            summary: "Call the vendor's own API, the call described as JSON",
            description: "For callers that cannot shape HTTP requests, such as agents. "
                + "The vendor's status, body and allowed header fields come back as they are.",
            tags: ["proxy"],
            access: .apiKeyWithin([.proxy]),
            query: [
                QueryParameter(
                    "integrated_account_id",
                    .string,
                    "The account to act for; the header X-Integrated-Account-Id is the same."
                )
            ],
            body: BodySpec(schema: ProxyMessage.schema, bytesMax: 8 * 1024 * 1024),
            responses: [ResponseSpec(200, "What the vendor answers", schema: [:], contentType: "*/*")],
            handler: log.noted("proxyMessage") { request in
                let (identity, key) = try await caller(of: request.headers)
                request.caller = .apiKey(identity)
                let message = try ProxyMessage(request.json())
                let account = try await door.open(request, for: identity)
                var call = try message.call(of: account.account.id, connector: account.connector.document, key: key)
                call.traffic = try account.account.traffic(request)
                return try await answer(call, account)
            }
        )
    }

    private func endpoint(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operationID: String,
        _ handler: @escaping RequestLog.Handler
    ) -> Endpoint {
        Endpoint(
            method,
            path,
            operationID: operationID,
            summary: "Call the vendor's own API",
            description: "The vendor's status, body and allowed header fields come back as they are. The API key may "
                + "stand wherever the vendor's own clients put a credential.",
            tags: ["proxy"],
            access: .apiKeyWithin([.proxy]),
            allowsAnyQuery: true,
            body: .raw(bytesMax: bodyBytesMax),
            responses: [ResponseSpec(200, "What the vendor answers", schema: [:], contentType: "*/*")],
            handler: log.noted(operationID, handler)
        )
    }

    // MARK: Answering

    /// Answers a call of a raw path.
    private func answer(_ request: inout EndpointRequest, account name: String?) async throws -> EndpointResponse {
        let path = "/" + (try request.pathParameter("path"))
        let (identity, key) = try await caller(of: &request)
        let account =
            if let name { try await door.open(name, for: identity) } else {
                try await door.open(request, for: identity)
            }
        if request.method == .post,
            let token = ProxyTokens.answer(
                to: path,
                key: key,
                connector: account.connector.document,
                variables: account.account.variables
            )
        {
            return .json(token, headers: [.cacheControl: "no-store"])
        }
        return try await answer(try call(request, .raw(path: path), key, account), account)
    }

    /// Answers a call of a named resource.
    private func answer(_ request: inout EndpointRequest, target: ProxyCall.Target) async throws -> EndpointResponse {
        let (identity, key) = try await caller(of: &request)
        let account = try await door.open(request, for: identity)
        return try await answer(try call(request, target, key, account), account)
    }

    private func call(
        _ request: EndpointRequest,
        _ target: ProxyCall.Target,
        _ key: Secret<String>,
        _ account: AccountConfiguration
    ) throws -> ProxyCall {
        let body: ProxyCall.Body =
            if let upload = request.upload {
                .stream(upload)
            } else {
                request.body.isEmpty ? .none : .bytes(request.body)
            }
        var call = ProxyCall(
            method: request.method,
            target: target,
            rawQuery: request.rawQuery,
            headers: request.headers,
            body: body,
            key: key,
            account: account.account.id
        )
        call.traffic = try account.account.traffic(request)
        return call
    }

    private func answer(_ call: ProxyCall, _ account: AccountConfiguration) async throws -> EndpointResponse {
        var result = try await engine.execute(
            call,
            connector: account.connector,
            variables: account.account.variables,
            access: leases.source(for: account.account.id)
        )
        result.headers.append(HeaderField(name: .remoteStatus, value: String(result.status)))
        result.headers.append(HeaderField(name: .configRevision, value: account.connector.revision))
        var headers = HeaderFields(list: result.headers)
        if let limit = result.rateLimit { headers.set(limit) }
        if let limit = result.remoteRateLimit {
            headers[.remoteLimit] = limit.limit.map(String.init)
            headers[.remoteRemaining] = limit.remaining.map(String.init)
            headers[.remoteReset] = limit.reset.map(String.init)
        }
        var response = EndpointResponse(status: result.status, headers: headers)
        switch result.body {
        case .whole(let bytes): response.body = .bytes(bytes)
        case .pieces(let stream): response.body = .pipe(stream)
        }
        response.headLength = result.length
        return response
    }

    // MARK: Who calls

    private func caller(of headers: HeaderFields) async throws -> (APIKeyIdentity, Secret<String>) {
        guard let field = headers[.authorization], let key = CallerKey.inAuthorization(field) else {
            throw Problem(.unauthorized, "send an API key as Authorization: Bearer")
        }
        return try await checked(key)
    }

    private func caller(of request: inout EndpointRequest) async throws -> (APIKeyIdentity, Secret<String>) {
        guard let key = try await CallerKey.find(in: &request) else {
            throw Problem(
                .unauthorized,
                "send an API key as Authorization: Bearer, or where the vendor's clients put their credential"
            )
        }
        let (identity, _) = try await checked(key)
        request.caller = .apiKey(identity)
        return (identity, key)
    }

    private func checked(_ key: Secret<String>) async throws -> (APIKeyIdentity, Secret<String>) {
        let identity = try await keys.identity(of: key.reveal())
        try AccessCheck.check(identity, has: [.proxy])
        return (identity, key)
    }
}
