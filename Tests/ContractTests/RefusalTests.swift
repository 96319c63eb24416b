import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import ServiceKit
import Testing
import Vocabulary

/// What every operation of every service refuses before its handler: the status is documented and the body is the
/// error envelope.
struct RefusalTests {
    /// One operation of one service.
    struct Operation: Sendable, CustomStringConvertible {
        let service: ServiceUnderTest
        let endpoint: Endpoint

        var description: String { "\(service.name.rawValue).\(endpoint.operationID)" }

        static let all = ServiceUnderTest.all.flatMap { service in
            service.endpoints.map { Operation(service: service, endpoint: $0) }
        }

        /// The path with something in place of each parameter.
        var target: String {
            let pieces = endpoint.path.split(separator: "{", omittingEmptySubsequences: false)
            return pieces.dropFirst().reduce(String(pieces.first ?? "")) { path, piece in
                path + "0190c0de-0000-7000-8000-000000000000" + piece.drop { $0 != "}" }.dropFirst()
            }
        }

        var findsKeyItself: Bool { if case .apiKeyWithin = endpoint.access { true } else { false } }

        /// A caller that may use the operation.
        var permitted: CallerIdentity {
            switch endpoint.access {
            case .public: .anonymous
            case .service(let names): names.first.map(CallerIdentity.service) ?? .anonymous
            case .apiKey, .apiKeyWithin, .admin:
                .apiKey(APIKeyIdentity(keyID: .random(), tenantID: nil, environmentID: nil, scopes: [.platform]))
            }
        }

        func send(
            as caller: CallerIdentity,
            query: String = "",
            contentType: String? = nil,
            body: String? = nil
        ) async throws -> InboundResponse {
            let sender = try TributaryApplication(
                name: service.name,
                endpoints: service.endpoints,
                authenticator: Always(caller: caller),
                config: ApplicationConfig(port: 0),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ).inProcessSender()
            var headers = HeaderFields()
            headers[.contentType] = contentType
            return try await sender.send(
                OutboundRequest(
                    method: endpoint.method,
                    url: target + query,
                    headers: headers,
                    body: body.map { Array($0.utf8) },
                    identity: ConnectionIdentity(partition: "test")
                )
            )
        }
    }

    struct Always: CallerAuthenticator {
        let caller: CallerIdentity

        func identify(_ headers: HeaderFields) async throws -> CallerIdentity { caller }
    }

    static func expectRefusal(_ answer: InboundResponse, _ code: ErrorCode, _ operation: Operation) throws {
        #expect(answer.status == code.status)
        let body = try JSONValue(parsing: answer.body)
        #expect(body["code"] == .string(code.rawValue))
        for member in ["statusCode", "error", "message", "request_id", "retryable", "is_remote_error"] {
            #expect(body[member] != nil, "\(member)")
        }
        guard operation.endpoint.isDocumented else { return }
        let path = operation.endpoint.path.replacing("...}", with: "}")
        let responses = OpenAPIDriftTests.document(operation.service)["paths"]?[path]?[
            operation.endpoint.method.rawValue.lowercased()
        ]?["responses"]
        #expect(responses?[String(code.status)] != nil, "\(code.status) is not documented")
    }

    @Test(arguments: Operation.all.filter { $0.endpoint.access != .public })
    func `without credentials an operation is refused`(operation: Operation) async throws {
        let body = operation.endpoint.body == nil ? nil : "{}"
        let answer = try await operation.send(as: .anonymous, body: body)
        try Self.expectRefusal(answer, .unauthorized, operation)
    }

    // Operations that look for the key themselves ask no authenticator; their service's own tests refuse for them.
    // One that takes any key asks for scopes later, request by request.
    @Test(
        arguments: Operation.all.filter { ![.public, .apiKey([])].contains($0.endpoint.access) && !$0.findsKeyItself }
    )
    func `a caller of the wrong kind is refused`(operation: Operation) async throws {
        let stranger: CallerIdentity =
            if case .service = operation.endpoint.access {
                .service(.sandbox)
            } else {
                .apiKey(APIKeyIdentity(keyID: .random(), tenantID: .random(), environmentID: nil, scopes: ["nothing"]))
            }
        let answer = try await operation.send(as: stranger)
        try Self.expectRefusal(answer, .forbiddenScope, operation)
    }

    @Test(arguments: Operation.all.filter { !$0.endpoint.allowsAnyQuery })
    func `an unknown query parameter is refused`(operation: Operation) async throws {
        let answer = try await operation.send(as: operation.permitted, query: "?no_such_parameter=1")
        try Self.expectRefusal(answer, .unknownParameter, operation)
    }

    @Test(arguments: Operation.all.filter { $0.endpoint.body?.contentTypes.contains("*/*") == false })
    func `another media type and a body that is too large are refused`(operation: Operation) async throws {
        let odd = try await operation.send(as: operation.permitted, contentType: "image/png", body: "x")
        try Self.expectRefusal(odd, .unsupportedMediaType, operation)
        let bytesMax = operation.endpoint.body?.bytesMax ?? 0
        let type = operation.endpoint.body?.contentTypes.first
        let large = try await operation.send(
            as: operation.permitted,
            contentType: type,
            body: String(repeating: " ", count: bytesMax + 1)
        )
        try Self.expectRefusal(large, .payloadTooLarge, operation)
    }
}
