import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Sessions that requests of the vendor's own kind open, keep alive and end.
struct SessionLoginTests {
    private static let words: JSONValue = [
        "kind": "session_login", "fields": ["username": [:], "password": ["type": "secret"]],
        "steps": [
            ["id": "hello", "path": "/hello", "headers": ["X-Tenant": "{{tenant}}"]],
            [
                "id": "login", "method": "POST", "path": "/login", "request_format": "form",
                "body": [
                    "user": "{{credentials.username}}", "word": "{{credentials.password}}",
                    "challenge": "{{steps.hello.response.challenge}}",
                ],
            ],
        ],
        "extract": [
            "token": "{{response.sid}}", "expiry": ["$jsonata": "response.minutes * 60"],
            "extra": ["csrf": ["$jsonata": "headers.`x-csrf`"]], "keep": ["shard": "{{steps.hello.response.shard}}"],
        ],
        "token_error": [
            "when": ["$jsonata": "response.ok = false"], "code": "why", "permanent": ["BAD_PASSWORD"],
            "permanent_when": ["$jsonata": "response.tenant != context.tenant"],
        ],
        "inject": ["headers": ["Authorization": "{{credentials.access_token}}", "X-CSRF": "{{credentials.csrf}}"]],
        "keepalive": ["method": "POST", "path": "/keep-alive", "max_age_seconds": 86_400],
        "logout": ["method": "DELETE", "path": "/session"], "max_sessions": 2, "revoke_on_delete": true,
        "invalid_session": ["status": [200, 401], "expr": ["$jsonata": "response.why = 'NO_SESSION'"]],
        "verify": ["path": "/me"],
    ]
    private static let values = ["username": "ann", "password": "p w"]
    private static let hello = InboundResponse.json(["challenge": "7", "shard": "eu1"])

    private static var login: InboundResponse {
        get throws {
            .json(["sid": "s1", "minutes": 20], headers: [try #require(HTTPField.Name("x-csrf")): "cs"])
        }
    }

    @Test func `a login is step after step, and gives token, end, further secrets and variables`() throws {
        let world = try AuthWorld(Self.words)
        let (requests, outcome) = try world.run(
            try world.source(Self.values).attempt(world.material(Self.values)),
            Self.hello,
            Self.login
        )
        #expect(requests.map(\.url) == ["https://api.acme.example/v1/hello", "https://api.acme.example/v1/login"])
        #expect(requests[0].headers[try #require(HTTPField.Name("x-tenant"))] == "t1")
        #expect(requests[1].form == ["user": "ann", "word": "p w", "challenge": "7"])
        #expect(requests.allSatisfy { $0.replay == .never && $0.identity == AuthWorld.identity })
        let grant = try #require(outcome.grant)
        #expect(grant.accessToken.reveal() == "s1")
        #expect(grant.end(grantedAt: 0) == 1200)
        #expect(grant.values["csrf"]?.reveal() == "cs")
        #expect(grant.variables == ["shard": "eu1"])
        #expect(try world.method.fieldsForTokensOnly == ["password", "client_secret"])
    }

    @Test(
        arguments: [
            (200, ["ok": false, "why": "BAD_PASSWORD"], TokenRefusal.Kind.permanent),
            (200, ["ok": false, "why": "LOCKED", "tenant": "t1"], .temporary),
            (200, ["ok": false, "why": "WRONG_PLACE", "tenant": "t2"], .permanent),
            (503, ["why": "BAD_PASSWORD"], .temporary),
        ] as [(Int, JSONValue, TokenRefusal.Kind)]
    )
    func `a refusal is known by what the document says`(status: Int, body: JSONValue, kind: TokenRefusal.Kind) throws {
        let world = try AuthWorld(Self.words)
        let (requests, outcome) = try world.run(
            try world.source(Self.values).attempt(world.material(Self.values)),
            Self.hello,
            .json(body, status: status)
        )
        #expect(requests.count == 2)
        #expect(outcome.refusal?.kind == kind)
    }

    @Test func `an answer without a session is no session`() throws {
        let world = try AuthWorld(Self.words)
        #expect(throws: Problem.self) {
            try world.run(
                try world.source(Self.values).attempt(world.material(Self.values)),
                Self.hello,
                .json(["sid": ""])
            )
        }
    }

    private static let open = values.merging([
        "access_token": "s2", "csrf": "c2", "session_opened": "1795590000", "token_lifetime": "1200",
        "open_sessions": "[\"s1\"]",
    ]) { $1 }

    @Test func `a session near its end is kept alive by itself, not opened anew`() throws {
        let world = try AuthWorld(Self.words)
        let (requests, outcome) = try world.run(
            try world.source(Self.open).attempt(world.material(Self.open, isSpent: false)),
            .json(["ok": true, "tenant": "t1"])
        )
        #expect(requests.map(\.url) == ["https://api.acme.example/v1/keep-alive"])
        #expect(requests[0].headers[.authorization] == "s2")
        #expect(requests[0].headers[try #require(HTTPField.Name("x-csrf"))] == "c2")
        #expect(outcome.grant?.accessToken.reveal() == "s2")
        #expect(outcome.grant?.end(grantedAt: 0) == 1200)
    }

    @Test func `a session that cannot be kept gives room for another one`() throws {
        let world = try AuthWorld(Self.words)
        // Refused; too old; known to be over.
        for (now, isSpent, answers) in [
            (1_795_600_000, false, [InboundResponse.json(["ok": false])]), (1_795_690_000, false, []),
            (1_795_600_000, true, []),
        ] {
            world.clock.value = now
            var attempt = try world.source(Self.open).attempt(world.material(Self.open, isSpent: isSpent))
            var urls: [String] = []
            var tokens: [String?] = []
            var answer: InboundResponse?
            var rest = answers + [InboundResponse(status: 500), Self.hello, try Self.login]
            var grant: TokenGrant?
            while grant == nil {
                switch try attempt.next(after: answer) {
                case .send(let request):
                    urls.append(String(request.url.dropFirst("https://api.acme.example/v1".count)))
                    tokens.append(request.headers[.authorization])
                    answer = rest.removeFirst()
                case .done(let outcome): grant = try #require((outcome as TokenOutcome?).grant)
                }
            }
            #expect(urls.suffix(3) == ["/session", "/hello", "/login"])
            #expect(urls.count == 3 + answers.count)
            #expect(tokens[answers.count] == "s1")
            #expect(grant?.accessToken.reveal() == "s1")
            #expect(grant?.values["open_sessions"]?.reveal() == "[\"s2\"]")
        }
    }

    @Test func `the sessions of a deleted account are logged out`() throws {
        let world = try AuthWorld(Self.words)
        let farewell = try world.source(Self.open).farewell(world.material(Self.open))
        #expect(farewell.map { $0.headers[.authorization] } == ["s1", "s2"])
        #expect(farewell.allSatisfy { $0.method == .delete && $0.url == "https://api.acme.example/v1/session" })
    }

    @Test func `an answer that knows no session renews the access and is asked for again`() async throws {
        let document: JSONValue = [
            "name": "acme", "hosts": ["api.acme.example"], "http": ["base_url": "https://api.acme.example/v1"],
            "auth": ["way": Self.words],
            "resources": ["people": ["get": ["path": "/people/{{id}}"]]],
            "mappings": [
                "crm": [
                    "contacts": [
                        "get": ["resource": "people", "method": "get", "response_mapping": "{'id': response.id}"]
                    ]
                ]
            ],
        ]
        let sender = ScriptedSender(
            .json(["ok": false, "why": "NO_SESSION"]),
            .json(["id": "1", "last_name": "Oak"])
        )
        let source = RenewingSession()
        let connector = try TestWorld.connector(document)
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: "get",
                id: "1",
                account: TestWorld.account
            ),
            connector: connector,
            variables: [:],
            access: source
        )
        #expect(sender.requests.map { $0.headers[.authorization] } == ["old", "new"])
        #expect(try JSONValue(parsing: result.body)["id"] == "1")
    }

    /// Access that is renewed once.
    private struct RenewingSession: AccessSource {
        func current() async throws -> UsableAccess {
            UsableAccess(method: "way", values: ["access_token": Secret("old"), "csrf": Secret("c")], version: 1)
        }
        func renewed(after rejected: UsableAccess) async throws -> UsableAccess {
            UsableAccess(method: "way", values: ["access_token": Secret("new"), "csrf": Secret("c")], version: 2)
        }
    }
}
