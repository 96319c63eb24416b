import BrokerContract
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Synchronization
import Testing
import VaultContract
import Vocabulary

/// Sessions, assertions and chains, from the connect form to usable access and back.
struct SessionTests {
    private static let session: JSONValue = [
        "kind": "session_login", "fields": ["username": [:], "password": ["type": "secret"]],
        "steps": [
            [
                "method": "POST", "path": "/login",
                "body": ["user": "{{credentials.username}}", "word": "{{credentials.password}}"],
            ]
        ],
        "extract": ["token": "{{response.sid}}", "expiry": 1200, "extra": ["csrf": "{{response.csrf}}"]],
        "token_error": ["when": ["$jsonata": "response.ok = false"], "code": "why", "permanent": ["BAD_PASSWORD"]],
        "inject": ["headers": ["Authorization": "{{credentials.access_token}}"]],
        "keepalive": ["method": "POST", "path": "/keep-alive"], "logout": ["method": "DELETE", "path": "/session"],
        "revoke_on_delete": true, "verify": ["path": "/me"],
    ]
    private let typed = [("username", "ann"), ("password", "p4ss")]

    private final class Mood: Sendable {
        private let state = Mutex(false)
        var isLockedOut: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    private func vendor(_ mood: Mood = Mood()) -> ScriptedVendor {
        ScriptedVendor { (request, index) in
            if mood.isLockedOut { return .json(["ok": false, "why": "BAD_PASSWORD"]) }
            return request.url.hasSuffix("/login")
                ? .json(["sid": .string("s\(index)"), "csrf": "c"]) : .json(["ok": true])
        }
    }

    private func paths(_ world: BrokerWorld) -> [String] {
        world.vendor.requests.map { String($0.url.dropFirst("https://api.acme.example/v1".count)) }
    }

    @Test func `a session is opened once, kept alive, and opened anew by one of many when the vendor forgets it`()
        async throws
    {
        let world = try await BrokerWorld(auth: Self.session, vendor: vendor())
        let last = try await world.connect(texts: typed)
        #expect(String(decoding: last.body, as: UTF8.self).contains("Acme is connected"))
        let first = try await world.access()
        #expect(first.values.mapValues { $0.reveal() } == ["access_token": "s0", "csrf": "c", "username": "ann"])
        world.clock.move(by: 1000)
        #expect(try await world.access().values["access_token"]?.reveal() == "s0")
        #expect(try await world.access().version == 2)
        #expect(paths(world) == ["/login", "/me", "/keep-alive"])
        let sessions = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 {
                group.addTask { try await world.access(rejected: 2).values["access_token"]?.reveal() }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(sessions == ["s3"])
        #expect(paths(world) == ["/login", "/me", "/keep-alive", "/login"])
    }

    @Test func `a password that is no longer good asks for the user, a wrong one is told in the form`() async throws {
        let mood = Mood()
        let world = try await BrokerWorld(auth: Self.session, vendor: vendor(mood))
        mood.isLockedOut = true
        let refused = try await world.connect(texts: typed)
        let page = String(decoding: refused.body, as: UTF8.self)
        #expect(page.contains("Acme does not accept these credentials"))
        #expect(!page.contains("p4ss"))
        mood.isLockedOut = false
        _ = try await world.connect(texts: typed)
        mood.isLockedOut = true
        for _ in 0..<2 {
            do {
                _ = try await world.access(rejected: 1)
                Issue.record("a dead session was handed out")
            } catch let problem as Problem { #expect(problem.code == .accountNeedsReauth) }
        }
        #expect(paths(world).filter { $0 == "/login" }.count == 3)
    }

    @Test func `a deleted account's session is logged out before its secrets are shredded`() async throws {
        let world = try await BrokerWorld(auth: Self.session, vendor: vendor())
        _ = try await world.connect(texts: typed)
        world.registry.deleteAccount()
        try await world.background()
        #expect(paths(world) == ["/login", "/me", "/session"])
        #expect(world.vendor.requests[2].headers[.authorization] == "s0")
        #expect(world.vault.shredded == 1)
        #expect(try await world.registry.accountDeletions().isEmpty)
    }

    @Test func `the integration's private key signs assertions and never leaves the broker`() async throws {
        let auth: JSONValue = [
            "kind": "oauth2_jwt_bearer", "token_url": "https://login.acme.example/token", "fields": ["username": [:]],
            "assertion": ["alg": "HS256", "claims": ["iss": "{{credentials.client_id}}"]],
        ]
        let vendor = ScriptedVendor { (_, _) in .json(["access_token": "t", "expires_in": 600]) }
        let world = try await BrokerWorld(auth: auth, vendor: vendor)
        let deposit: JSONValue = ["client_id": "app", "private_key": "k3y-text", "key_id": "k1"]
        #expect(try await world.deposit(deposit).status == 204)
        _ = try await world.connect(texts: [("username", "ann")])
        let body = String(decoding: vendor.requests.first?.body ?? [], as: UTF8.self)
        #expect(body.contains("assertion=") && !body.contains("k3y-text"))
        #expect(try await world.access().values.keys.sorted() == ["access_token", "username"])
    }

    @Test func `too few scopes are told by name, and no account is made`() async throws {
        let auth: JSONValue = [
            "kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/token",
            "fields": ["client_id": [:], "client_secret": ["type": "secret"]], "scopes": ["people", "pay"],
            "granted_scopes": "scope",
        ]
        let vendor = ScriptedVendor { (_, index) in
            .json(["access_token": "t", "scope": .string(index == 0 ? "people" : "pay people more")])
        }
        let world = try await BrokerWorld(auth: auth, vendor: vendor)
        let client = [("client_id", "c"), ("client_secret", "s")]
        let refused = String(decoding: try await world.connect(texts: client).body, as: UTF8.self)
        #expect(refused.contains("did not allow everything that is needed (pay)"))
        #expect(world.registry.account == nil)
        _ = try await world.connect(texts: client)
        #expect(world.registry.account?.status == .active)
    }

    @Test func `a token with a short life is not renewed before a fifth of it is left`() async throws {
        let auth: JSONValue = [
            "kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/token",
            "fields": ["client_id": [:], "client_secret": ["type": "secret"]],
        ]
        let vendor = ScriptedVendor { (_, index) in
            .json(["access_token": .string("t\(index)"), "expires_in": 60])
        }
        let world = try await BrokerWorld(auth: auth, vendor: vendor)
        _ = try await world.connect(texts: [("client_id", "c"), ("client_secret", "s")])
        for (seconds, token) in [(30.0, "t0"), (17, "t0"), (2, "t1")] {
            world.clock.move(by: seconds)
            #expect(try await world.access().values["access_token"]?.reveal() == token)
        }
    }

    @Test func `a grant that nobody uses is renewed for its own sake in time`() async throws {
        let auth: JSONValue = [
            "kind": "oauth2_authorization_code", "authorize_url": "https://login.acme.example/a",
            "token_url": "https://login.acme.example/token", "keepalive_days": 30, "pkce": "off",
            "refresh_token_lifetime": 7_776_000, "refresh_token_rotation": "rotating",
        ]
        let vendor = ScriptedVendor { (_, index) in
            .json(["access_token": .string("t\(index)"), "refresh_token": .string("r\(index)"), "expires_in": 3600])
        }
        let world = try await BrokerWorld(auth: auth, vendor: vendor)
        _ = try await world.deposit(["client_id": "app", "client_secret": "word"])
        _ = try await world.consent(code: "c0de")
        #expect(world.registry.account?.status == .active)
        try await world.background()
        #expect(vendor.requests.count == 1)
        world.vault.clock = "2026-12-25T12:00:00Z"
        try await world.background()
        #expect(vendor.requests.count == 2)
        #expect(String(decoding: vendor.requests[1].body ?? [], as: UTF8.self).contains("refresh_token=r0"))
        try await world.background()
        #expect(vendor.requests.count == 3, "renewed from the time of the test's own clock")
        // The last refresh token ends ninety days after it came.
        world.clock.move(by: 7_776_001)
        do {
            _ = try await world.access()
            Issue.record("a dead refresh token was sent")
        } catch let problem as Problem { #expect(problem.code == .accountNeedsReauth) }
        #expect(vendor.requests.count == 3)
    }
}
