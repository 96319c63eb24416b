import BrokerContract
import HTTPExchange
import JSONValue
import Synchronization
import Testing
import VaultContract
import Vocabulary

/// Renewal of tokens that a client asks for with its own secret.
struct AccessTests {
    private static let auth: JSONValue = [
        "kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/token",
        "fields": ["client_id": [:], "client_secret": ["type": "secret"]],
    ]

    private final class Mood: Sendable {
        private let refusal = Mutex<InboundResponse?>(nil)
        var answer: InboundResponse? {
            get { refusal.withLock { $0 } }
            set { refusal.withLock { $0 = newValue } }
        }
    }

    private func connected(_ mood: Mood = Mood()) async throws -> BrokerWorld {
        let world = try await BrokerWorld(
            auth: Self.auth,
            vendor: ScriptedVendor { (_, index) in
                mood.answer ?? .json(["access_token": .string("token-\(index)"), "expires_in": 3600])
            }
        )
        _ = try await world.connect(texts: [("client_id", "c"), ("client_secret", "s")])
        return world
    }

    @Test func `a token is kept while it is good and asked for again before its end`() async throws {
        let world = try await connected()
        #expect(try await world.access().values["access_token"]?.reveal() == "token-0")
        world.clock.move(by: 3200)
        #expect(try await world.access().values["access_token"]?.reveal() == "token-0")
        world.clock.move(by: 200)
        let renewed = try await world.access()
        #expect(renewed.values["access_token"]?.reveal() == "token-1")
        #expect(renewed.version == 2)
        #expect(world.vendor.tokenRequests.count == 2)
    }

    @Test func `of many callers with a refused token one asks the vendor`() async throws {
        let world = try await connected()
        let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<40 {
                group.addTask { try await world.access(rejected: 1).values["access_token"]?.reveal() }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(tokens == ["token-1"])
        #expect(world.vendor.tokenRequests.count == 2)
    }

    @Test func `a client that the vendor has withdrawn must be connected again`() async throws {
        let mood = Mood()
        let world = try await connected(mood)
        mood.answer = .json(["error": "invalid_client"], status: 401)
        for _ in 0..<2 {
            await #expect(throws: Problem.self) { try await world.access(rejected: 1) }
        }
        #expect(world.vendor.tokenRequests.count == 2)
        do { _ = try await world.access() } catch let problem as Problem {
            #expect(problem.code == .accountNeedsReauth)
        }
    }

    @Test func `a token endpoint in trouble leaves the token in use until its end`() async throws {
        let mood = Mood()
        let world = try await connected(mood)
        mood.answer = InboundResponse(status: 503)
        world.clock.move(by: 3400)
        #expect(try await world.access().values["access_token"]?.reveal() == "token-0")
        world.clock.move(by: 190)
        do {
            _ = try await world.access()
            Issue.record("a dead token was handed out")
        } catch let problem as Problem { #expect(problem.code == .credentialUnavailable) }
        mood.answer = nil
        #expect(try await world.access().version == 2)
    }
}
