import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Synchronization
import Testing
import Vocabulary

struct ServiceTokenTests {
    static let start = Date(timeIntervalSince1970: 1_700_000_000)

    /// A clock that tests move.
    final class Clock: Sendable {
        private let offset = Mutex(0.0)

        func move(by seconds: Double) { offset.withLock { $0 += seconds } }
        var now: Date { start.addingTimeInterval(offset.withLock { $0 }) }
    }

    let clock = Clock()
    let key: PrivateKey
    let signer: ServiceTokenSigner
    let verifier: ServiceTokenVerifier

    init() throws {
        let clock = clock
        key = try .generate(.ed25519)
        signer = ServiceTokenSigner(service: .executor, key: key, now: { clock.now })
        verifier = ServiceTokenVerifier(audience: .broker, keys: [.executor: try key.publicKey()], now: { clock.now })
    }

    /// A token with any header and claims, signed with our key.
    func forged(header: String = #"{"alg":"EdDSA","typ":"JWT"}"#, _ claims: JSONValue) throws -> String {
        let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(claims.bytes()))"
        return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8), .edDSA)))"
    }

    static func claims(_ changes: JSONObject = [:]) -> JSONValue {
        var claims: JSONObject = [
            "iss": "executor", "aud": "broker", "iat": 1_700_000_000, "exp": 1_700_000_060, "jti": "a",
        ]
        for member in changes { claims[member.key] = member.value.isNull ? nil : member.value }
        return .object(claims)
    }

    @Test func `a token names its service to its audience, again and again within its time`() throws {
        let token = try signer.token(for: .broker).reveal()
        #expect(try verifier.verify(token) == .executor)
        clock.move(by: 64)
        #expect(try verifier.verify(token) == .executor)
        clock.move(by: 2)
        #expect(throws: Problem.self) { try verifier.verify(token) }
    }

    @Test func `a token is used for twenty seconds and then made anew`() throws {
        let first = try signer.token(for: .broker).reveal()
        clock.move(by: 19)
        #expect(try signer.token(for: .broker).reveal() == first)
        clock.move(by: 1)
        #expect(try signer.token(for: .broker).reveal() != first)
        #expect(try signer.token(for: .vault).reveal() != signer.token(for: .broker).reveal())
    }

    @Test(
        arguments: [
            ["aud": "vault"], ["aud": nil], ["aud": ["broker"]], ["iss": "vault"], ["iss": "nobody"], ["iss": nil],
            ["exp": 1_700_000_061], ["exp": nil], ["exp": 1_700_000_000], ["iat": nil], ["iat": 1_700_000_006],
            ["iat": 1_699_999_900, "exp": 1_699_999_960], ["exp": 1e300],
        ] as [JSONObject]
    )
    func `a token with other claims is refused`(changes: JSONObject) throws {
        #expect(try verifier.verify(try forged(Self.claims())) == .executor)
        #expect(throws: Problem.self) { try verifier.verify(try forged(Self.claims(changes))) }
    }

    @Test func `a clock that is five seconds ahead or behind is borne with`() throws {
        #expect(try verifier.verify(try forged(Self.claims(["iat": 1_700_000_005]))) == .executor)
    }

    @Test(arguments: [#"{"alg":"none"}"#, #"{"alg":"HS256","typ":"JWT"}"#, #"{"typ":"JWT","alg":"EdDSA"}"#])
    func `a token with another header is refused`(header: String) throws {
        #expect(throws: Problem.self) { try verifier.verify(try forged(header: header, Self.claims())) }
    }

    @Test func `a token that was changed, shortened or signed by another is refused`() throws {
        let token = try signer.token(for: .broker).reveal()
        var characters = Array(token.utf8)
        for index in stride(from: 0, to: characters.count, by: 7) {
            let before = characters[index]
            characters[index] = before == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: Problem.self) { try verifier.verify(String(decoding: characters, as: UTF8.self)) }
            characters[index] = before
        }
        for text in ["", ".", "..", String(token.dropLast()), token + ".", token + "A"] {
            #expect(throws: Problem.self) { try verifier.verify(text) }
        }
        let other = ServiceTokenSigner(service: .executor, key: try .generate(.ed25519), now: { Self.start })
        #expect(throws: Problem.self) { try verifier.verify(try other.token(for: .broker).reveal()) }
    }

    @Test func `key files are made once, private ones for the owner alone`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let keys = ServiceKeys(directory: directory)
        #expect(throws: ServiceKeys.KeyFileError.self) { try keys.privateKey(of: .vault) }
        try keys.create()
        let first = try keys.privateKey(of: .vault).pem()
        try keys.create()
        #expect(try keys.privateKey(of: .vault).pem() == first)
        #expect(try keys.publicKeys().count == ServiceName.allCases.count)
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path) where file.hasSuffix(".key") {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.appending(path: file).path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        let signer = ServiceTokenSigner(service: .vault, key: try keys.privateKey(of: .vault))
        let verifier = ServiceTokenVerifier(audience: .broker, keys: try keys.publicKeys())
        #expect(try verifier.verify(try signer.token(for: .broker).reveal()) == .vault)
    }
}

/// One service calls another.
struct ServiceClientTests {
    /// Answers every request in one way and keeps the last.
    final class Script: HTTPSender {
        private let outcome: Result<InboundResponse, ExchangeError>
        private let latest = Mutex<OutboundRequest?>(nil)

        init(_ outcome: Result<InboundResponse, ExchangeError>) { self.outcome = outcome }
        var request: OutboundRequest? { latest.withLock { $0 } }

        func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
            latest.withLock { $0 = request }
            return try outcome.get()
        }

        func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
            throw ExchangeError(.invalidRequest, "not prepared", requestMayHaveBeenSent: false)
        }
    }

    static func client(_ sender: any HTTPSender, key: PrivateKey? = nil) throws -> ServiceClient {
        let signer = ServiceTokenSigner(service: .executor, key: try key ?? .generate(.ed25519))
        return ServiceClient(sender: sender, baseURL: "http://127.0.0.1:7401/", signer: signer, audience: .registry)
    }

    @Test func `a call carries token, request id, deadline and an encoded query`() async throws {
        let script = Script(.success(InboundResponse(status: 200)))
        let call = ServiceCall(
            .post,
            "/internal/v1/a",
            query: [("q", "a b&c"), ("e", "é")],
            body: Array("{}".utf8),
            timeout: .milliseconds(2500),
            requestID: "req-1"
        )
        _ = try await Self.client(script).call(call)
        let request = try #require(script.request)
        #expect(request.url == "http://127.0.0.1:7401/internal/v1/a?q=a%20b%26c&e=%C3%A9")
        #expect(request.headers[.authorization]?.hasPrefix("Bearer ") == true)
        #expect(request.headers[.requestID] == "req-1")
        #expect(request.headers[.deadline] == "2500")
        #expect(request.destination == .service)
        #expect(request.replay == .never)
    }

    @Test func `a problem of the other service comes back as it was`() async throws {
        let problem = Problem(
            .remoteRateLimited,
            "wait",
            failures: [.init(code: "a", message: "b", pointer: "/c")],
            remote: .init(status: 429, code: "x", body: ["y": 1]),
            retryAfter: .seconds(7),
            insight: ["z": true]
        )
        let service = try InProcess([.test(.get, "/x") { _ in throw problem }])
        let client = try Self.client(service.sender)
        await #expect { try await client.call(ServiceCall(.get, "/x")) } throws: { error in
            guard let back = error as? Problem else { return false }
            return back.code == .remoteRateLimited && back.message == "wait" && back.failures == problem.failures
                && back.remote == problem.remote && back.retryAfter == .seconds(7) && back.insight == ["z": true]
        }
    }

    @Test(
        arguments: [
            (ExchangeError.Reason.connectFailed, false, nil), (.connectionLost, true, "unknown"),
            (.timeout, true, "unknown"),
        ] as [(ExchangeError.Reason, Bool, String?)]
    )
    func `a service that does not answer is 503, and a write that may have happened is unknown`(
        reason: ExchangeError.Reason,
        sent: Bool,
        outcome: String?
    ) async throws {
        let client = try Self.client(Script(.failure(ExchangeError(reason, "x", requestMayHaveBeenSent: sent))))
        await #expect { try await client.call(ServiceCall(.post, "/x")) } throws: { error in
            let problem = error as? Problem
            return problem?.code == .serviceUnavailable && problem?.retryAfter == .seconds(1)
                && problem?.outcome == outcome
        }
        await #expect { try await client.call(ServiceCall(.get, "/x")) } throws: { ($0 as? Problem)?.outcome == nil }
    }

    @Test func `a refused token is our fault, not the caller's`() async throws {
        let endpoint = Endpoint(
            .get,
            "/x",
            operationID: "x",
            summary: "x",
            access: .service([.broker]),
            responses: []
        ) { _ in .empty() }
        let key = try PrivateKey.generate(.ed25519)
        let verifier = ServiceTokenVerifier(audience: .registry, keys: [.executor: try key.publicKey()])
        let service = try InProcess([endpoint], authenticator: BearerAuthenticator(tokens: verifier))
        for key in [key, try .generate(.ed25519)] {
            let client = try Self.client(service.sender, key: key)
            await #expect { try await client.call(ServiceCall(.get, "/x")) } throws: { error in
                (error as? Problem)?.code == .internalError
            }
        }
    }

    @Test func `304 is an answer`() async throws {
        let client = try Self.client(Script(.success(InboundResponse(status: 304))))
        #expect(try await client.call(ServiceCall(.get, "/x")).status == 304)
    }
}
