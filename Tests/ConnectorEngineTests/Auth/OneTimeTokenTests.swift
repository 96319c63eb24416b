import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// Tokens that are good for one call, where each answer brings the next one, and sessions that end inside of good answers.
struct OneTimeTokenTests {
    private static let way: JSONValue = [
        "kind": "oauth2_client_credentials", "token_url": "https://api.acme.example/auth",
        "token_response": ["from_headers": ["access_token": "authorization"], "each_call": true],
    ]

    private static func document(_ way: JSONValue, more: JSONValue = [:]) -> JSONValue {
        JSONValue.object([
            "name": "acme", "hosts": ["api.acme.example"], "auth": .object(["way": way]),
            "http": ["base_url": "https://api.acme.example/v1"],
            "resources": [
                "people": [
                    "list": ["path": "/people", "records_path": "items"]
                ]
            ],
            "mappings": [
                "crm": [
                    "contacts": [
                        "list": ["resource": "people", "method": "list", "response_mapping": "{'id': response.id}"]
                    ]
                ]
            ],
        ]).overlaid(by: more)
    }

    /// Tokens that were used.
    private final class Spent: Sendable {
        private let tokens: Mutex<[String]>
        init(_ tokens: [String] = []) { self.tokens = Mutex(tokens) }
        var count: Int { tokens.withLock { $0.count } }
        /// False when it was used before.
        func use(_ token: String) -> Bool {
            tokens.withLock { tokens in
                guard !tokens.contains(token) else { return false }
                tokens.append(token)
                return true
            }
        }
    }

    /// A chain of tokens, each of which works once.
    private static func vendor(_ spent: Spent) -> ScriptedSender {
        ScriptedSender { (request, index) in
            let token = request.headers[.authorization] ?? ""
            guard spent.use(token) else { return .json([:], status: 401) }
            return .json(["items": [["id": .string("\(index)")]]], headers: [.authorization: "Bearer t\(index + 1)"])
        }
    }

    /// Access as the executor keeps it.
    private final class Chain: AccessSource {
        private let state = Mutex((access: Chain.access("t0", 1), renewals: 0))
        var renewals: Int { state.withLock { $0.renewals } }

        private static func access(_ token: String, _ version: Int) -> UsableAccess {
            UsableAccess(method: "way", values: ["access_token": Secret(token)], version: version)
        }

        func current() async throws -> UsableAccess { state.withLock { $0.access } }
        func renewed(after rejected: UsableAccess) async throws -> UsableAccess {
            state.withLock { state in
                state.renewals += 1
                state.access = Self.access("fresh\(state.renewals)", state.access.version + 1)
                return state.access
            }
        }
        func keep(_ token: Secret<String>, inPlaceOf used: UsableAccess) {
            state.withLock { $0.access = used.carrying(token) }
        }
    }

    private func list(_ engine: Engine, _ connector: CompiledConnector, _ source: any AccessSource) async throws {
        _ = try await engine.execute(
            UnifiedCall(category: "crm", resource: "contacts", method: "list", account: TestWorld.account),
            connector: connector,
            variables: [:],
            access: source
        )
    }

    @Test func `each call goes out with the token that the call before has brought, also when many want to call`()
        async throws
    {
        let spent = Spent()
        let sender = Self.vendor(spent)
        let engine = try TestWorld.engine(sender, traffic: TestWorld.patientTraffic())
        let connector = try TestWorld.connector(Self.document(Self.way))
        #expect(connector.document.concurrency.account == 1)
        let source = Chain()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { try await list(engine, connector, source) } }
            try await group.waitForAll()
        }
        #expect(source.renewals == 0)
        #expect(sender.requests.count == 8)
        #expect(spent.count == 8)
    }

    @Test func `a chain that was lost is begun anew once`() async throws {
        let spent = Spent(["Bearer t0"])
        let sender = Self.vendor(spent)
        let source = Chain()
        let connector = try TestWorld.connector(Self.document(Self.way))
        try await list(TestWorld.engine(sender), connector, source)
        try await list(TestWorld.engine(sender), connector, source)
        #expect(sender.requests.map { $0.headers[.authorization] } == ["Bearer t0", "Bearer fresh1", "Bearer t2"])
        #expect(source.renewals == 1)
    }

    private func proxy(_ sender: ScriptedSender, _ way: JSONValue, _ source: any AccessSource) async throws -> String {
        let result = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic()).execute(
            ProxyCall(
                method: .get,
                target: .raw(path: "/x"),
                rawQuery: nil,
                headers: [:],
                body: .none,
                key: Secret("trib_caller"),
                account: TestWorld.account
            ),
            connector: TestWorld.connector(Self.document(way)),
            variables: [:],
            access: source
        )
        let bytes = try await StreamedResponse(status: result.status, headers: [:], body: result.body)
            .collected(upTo: .max)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    @Test func `the proxy goes along with the chain`() async throws {
        let sender = Self.vendor(Spent())
        let source = Chain()
        for _ in 0..<3 { _ = try await proxy(sender, Self.way, source) }
        #expect(sender.requests.map { $0.headers[.authorization] } == ["Bearer t0", "Bearer t1", "Bearer t2"])
    }

    @Test func `the proxy opens another session when a short good answer knows none`() async throws {
        let session: JSONValue = [
            "kind": "session_login", "steps": [["path": "/login"]], "extract": ["token": "{{response.sid}}"],
            "invalid_session": ["status": [200], "expr": ["$jsonata": "response.why = 'NO_SESSION'"]],
        ]
        let length = { (text: String) -> InboundResponse in
            InboundResponse(
                status: 200,
                headers: [.contentType: "application/json", .contentLength: String(text.utf8.count)],
                body: Array(text.utf8)
            )
        }
        let source = Chain()
        let sender = ScriptedSender(length(#"{"why":"NO_SESSION"}"#), length(#"{"a":1}"#))
        #expect(try await proxy(sender, session, source) == #"{"a":1}"#)
        #expect(sender.requests.map { $0.headers[.authorization] } == ["Bearer t0", "Bearer fresh1"])
        let good = ScriptedSender(length(#"{"why":"NOTHING"}"#))
        #expect(try await proxy(good, session, source) == #"{"why":"NOTHING"}"#)
        #expect(good.requests.count == 1)
    }

    @Test func `the proxy signs the body that it sends`() async throws {
        let way: JSONValue = [
            "kind": "hmac_signature", "fields": ["secret": ["type": "secret"]], "key": "{{credentials.secret}}",
            "parts": ["method", "body"], "header": "X-Sign",
        ]
        let sender = ScriptedSender(.json([:]))
        let tools = SigningTools(digests: ToyDigests()) { 1 }
        _ = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic(), tools: tools).execute(
            ProxyCall(
                method: .post,
                target: .raw(path: "/x"),
                rawQuery: nil,
                headers: [:],
                body: .bytes(Array("{}".utf8)),
                key: Secret("trib_caller"),
                account: TestWorld.account
            ),
            connector: TestWorld.connector(Self.document(way)),
            variables: [:],
            access: FixedAccess(UsableAccess(method: "way", values: ["secret": Secret("w")]))
        )
        let expected = try ToyDigests().hmac(.sha256, of: Array("POST\n{}".utf8), key: Array("w".utf8))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(sender.requests[0].headers[try #require(HTTPField.Name("x-sign"))] == expected)
    }

    private static let inside: JSONValue = [
        "kind": "api_key", "fields": ["key": ["type": "secret"]], "in": "body", "name": "token",
        "verify": ["method": "POST", "path": "/me", "body": ["a": 1]],
    ]

    @Test func `a key goes into a body, masked when it is explained, and into the caller's own`() async throws {
        let connector = try TestWorld.connector(Self.document(Self.inside))
        let access = UsableAccess(method: "way", values: ["key": Secret("k3y")])
        let flow = try #require(VerificationFlow(connector: connector.document, method: "way", variables: [:]))
        #expect(try flow.request(access: access, partition: "p").json == ["a": 1, "token": "k3y"])
        let sender = ScriptedSender(.json([:]))
        for (body, isTaken) in [("{\"b\":2}", true), ("text", false)] {
            do {
                _ = try await ProxyEngine(sender: sender, traffic: TestWorld.traffic()).execute(
                    ProxyCall(
                        method: .post,
                        target: .raw(path: "/x"),
                        rawQuery: nil,
                        headers: [:],
                        body: .bytes(Array(body.utf8)),
                        key: Secret("trib_caller"),
                        account: TestWorld.account
                    ),
                    connector: connector,
                    variables: [:],
                    access: FixedAccess(access)
                )
                #expect(isTaken)
            } catch let problem as Problem {
                #expect(!isTaken && problem.code == .invalidRequest)
            }
        }
        #expect(sender.requests.map(\.json) == [["b": 2, "token": "k3y"]])
    }

    @Test func `a body that is explained shows no key`() async throws {
        let sender = ScriptedSender(.json(["items": []]))
        let document = Self.document(
            Self.inside,
            more: ["resources": ["people": ["list": ["method": "POST", "body": ["q": "x"], "idempotent": true]]]]
        )
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: "list",
                query: [("explain", "true")],
                account: TestWorld.account
            ),
            connector: TestWorld.connector(document),
            variables: [:],
            access: FixedAccess(UsableAccess(method: "way", values: ["key": Secret("k3y")]))
        )
        let text = String(decoding: result.body, as: UTF8.self)
        #expect(text.contains("\"q\":\"x\"") && !text.contains("k3y"))
        #expect(sender.requests.map(\.json) == [["q": "x", "token": "k3y"]])
    }
}
