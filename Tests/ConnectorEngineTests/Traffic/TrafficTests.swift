import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// Budgets, repetitions and the circuit, through the engine's own door.
struct TrafficTests {
    /// An engine with a clock that stands still, whose waits move it on.
    private struct World {
        let engine: Engine
        let connector: CompiledConnector
        let sender: ScriptedSender
        let traffic: TrafficControl
        let clock = StillClock()

        private static let document = AcmeVendor.document(["kind": "none"]).overlaid(
            by: [
                "mappings": [
                    "crm": ["contacts": ["*": ["response_mapping": ["$jsonata": "response.{\"id\": $string(id)}"]]]]
                ]
            ]
        )

        init(_ words: JSONValue, sender: ScriptedSender) throws {
            self.sender = sender
            connector = try TestWorld.connector(Self.document.overlaid(by: words))
            let clock = clock
            traffic = TrafficControl(now: { clock.now }, random: { 0.5 }, sleep: { clock.advance($0) })
            engine = Engine(
                model: try TestWorld.model(),
                sender: sender,
                digests: ToyDigests(),
                cursorKey: Secret(Array(repeating: 7, count: 32)),
                traffic: traffic
            )
        }

        @discardableResult
        func get(
            _ account: AccountID = TestWorld.account,
            priority: TrafficPriority = .interactive,
            integration: IntegrationID? = nil
        ) async throws -> UnifiedResult {
            let call = contact(of: account, TrafficSubject(integration: integration, priority: priority))
            return try await engine.execute(
                call,
                connector: connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        }

        func problem(_ account: AccountID = TestWorld.account) async -> Problem? {
            do {
                try await get(account)
                return nil
            } catch { return error as? Problem }
        }
    }

    private static let good = InboundResponse.json(["id": "1", "name": "Ada Ek"])

    @Test func `a vendor that hiccups is asked again, and the caller does not notice`() async throws {
        let world = try World([:], sender: ScriptedSender(InboundResponse(status: 503), Self.good))
        let result = try await world.get()
        #expect(result.count == 1)
        #expect(world.sender.requests.count == 2)
        #expect(world.clock.elapsed == .milliseconds(100))
    }

    @Test func `a vendor that stays away is asked three times and no more`() async throws {
        let world = try World([:], sender: ScriptedSender(InboundResponse(status: 503)))
        #expect(await world.problem()?.code == .remoteUnavailable)
        #expect(world.sender.requests.count == 3)
    }

    @Test func `a connection that breaks is a reason to ask again`() async throws {
        let sender = ScriptedSender { (_, index) throws(ExchangeError) in
            if index == 0 { throw ExchangeError(.connectionLost, "the host", requestMayHaveBeenSent: true) }
            return Self.good
        }
        let world = try World([:], sender: sender)
        try await world.get()
        #expect(sender.requests.count == 2)
    }

    @Test func `a told wait is waited when it is short, and keeps all calls back when it is not`() async throws {
        let short = InboundResponse(status: 429, headers: [.retryAfter: "1"])
        let world = try World([:], sender: ScriptedSender(short, Self.good))
        try await world.get()
        #expect(world.clock.elapsed >= .seconds(1))

        let refusal = InboundResponse(status: 429, headers: [.retryAfter: "30"])
        let long = try World([:], sender: ScriptedSender(refusal, Self.good))
        #expect(await long.problem()?.code == .remoteRateLimited)
        let parked = await long.problem()
        #expect(parked?.code == .remoteRateLimited && parked?.retryAfter == .seconds(30))
        #expect(long.sender.requests.count == 1)
        // Another account is not concerned, and this one is not for ever.
        try await long.get(.random())
        long.clock.advance(.seconds(31))
        try await long.get()
        #expect(long.sender.requests.count == 3)
    }

    @Test func `a budget that is used up refuses early, says when, and is not overdrawn`() async throws {
        let world = try World(
            ["budget": [["name": "burst", "seconds": 10, "amount": 3]]],
            sender: ScriptedSender(Self.good)
        )
        for left in [2, 1, 0] {
            let result = try await world.get()
            #expect(result.rateLimit?.remaining == left && result.rateLimit?.limit == 3)
        }
        let problem = try #require(await world.problem())
        #expect(problem.code == .rateLimited)
        #expect(problem.rateLimit?.policy == "3;w=10;name=\"burst\"")
        #expect((problem.retryAfter ?? .zero) >= .seconds(10))
        #expect(world.sender.requests.count == 3)
        try await world.get(.random())
        // The background has the time to wait.
        try await world.get(priority: .background)
        #expect(world.clock.elapsed >= .seconds(10))
        #expect(world.sender.requests.count == 5)
    }

    @Test func `accounts of one application share its budget`() async throws {
        let world = try World(
            ["budget": [["scope": "app", "seconds": 10, "amount": 2]]],
            sender: ScriptedSender(Self.good)
        )
        let integration = IntegrationID.random()
        try await world.get(.random(), integration: integration)
        try await world.get(.random(), integration: integration)
        await #expect(throws: Problem.self) { try await world.get(.random(), integration: integration) }
        try await world.get(.random(), integration: .random())
    }

    @Test func `the amount may depend on the account's plan, and an override changes it`() async throws {
        let world = try World(
            ["budget": [["seconds": 10, "amount": ["$jsonata": "context.plan = \"pro\" ? 5 : 1"]]]],
            sender: ScriptedSender(Self.good)
        )
        try await world.get()
        #expect(await world.problem()?.code == .rateLimited)
    }

    @Test func `the vendor's own numbers are told, the strictest of several windows, and kept`() async throws {
        let headers = [("x-left", "7"), ("x-day-left", "0"), ("x-day-reset", "120"), ("x-limit", "100")]
        var fields = HeaderFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        let world = try World(
            [
                "rate_limit": [
                    "limit": ["$jsonata": "headers.`x-limit`"], "remaining": ["$jsonata": "headers.`x-left`"],
                    "windows": [
                        [
                            "name": "day", "limit": 1000, "remaining": ["$jsonata": "headers.`x-day-left`"],
                            "reset": ["$jsonata": "headers.`x-day-reset`"],
                        ]
                    ],
                ]
            ],
            sender: ScriptedSender(.json(["id": "1"], headers: fields))
        )
        let result = try await world.get()
        #expect(result.remoteRateLimit?.remaining == 0 && result.remoteRateLimit?.reset == 120)
        // Known before the vendor says no.
        let problem = await world.problem()
        #expect(problem?.code == .remoteRateLimited && problem?.retryAfter == .seconds(120))
        #expect(world.sender.requests.count == 1)
    }

    @Test func `a good status that means a limit is a limit`() async throws {
        let world = try World(
            [
                "rate_limit": [
                    "limited_when": ["$jsonata": "response.error = \"quota\""],
                    "retry_after": ["$jsonata": "response.wait"],
                ]
            ],
            sender: ScriptedSender(.json(["error": "quota", "wait": 90]))
        )
        let problem = await world.problem()
        #expect(problem?.code == .remoteRateLimited && problem?.retryAfter == .seconds(90))
    }

    @Test func `an account whose vendor fails is left alone for a while, others are not`() async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            if request.identity.partition == TestWorld.account.description {
                throw ExchangeError(.timeout, "the host", requestMayHaveBeenSent: true)
            }
            return Self.good
        }
        let world = try World(["circuit": ["threshold": 4, "cooldown": 20]], sender: sender)
        for _ in 0..<4 { #expect(await world.problem()?.code == .remoteTimeout) }
        let problem = await world.problem()
        #expect(problem?.code == .circuitOpen && problem?.retryAfter == .seconds(20))
        #expect(sender.requests.count == 4)
        try await world.get(.random())
        world.clock.advance(.seconds(21))
        #expect(await world.problem()?.code == .remoteTimeout)
        #expect(await world.problem()?.code == .circuitOpen)
    }

    @Test func `calls beyond an account's places wait for one, in turn`() async throws {
        let world = try World(
            ["concurrency": ["account": 2]],
            sender: ScriptedSender { (_, _) throws(ExchangeError) in Self.good }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 { group.addTask { try await world.get() } }
            try await group.waitForAll()
        }
        #expect(world.sender.requests.count == 40)
    }

    @Test func `a vendor that hangs for one tenant leaves the calls of another alone`() async throws {
        let hung = AccountID.random()
        let document = try World(["concurrency": ["account": 4, "app": 8]], sender: ScriptedSender(Self.good)).connector
        let engine = Engine(
            model: try TestWorld.model(),
            sender: HangingSender(partition: hung.description, answer: Self.good),
            digests: ToyDigests(),
            cursorKey: Secret(Array(repeating: 7, count: 32)),
            traffic: TestWorld.traffic()
        )
        let tenants = [TenantID.random(), TenantID.random()]
        func get(_ account: AccountID, _ tenant: TenantID) async throws {
            let call = contact(of: account, TrafficSubject(tenant: tenant))
            let access = FixedAccess(TestWorld.access())
            _ = try await engine.execute(call, connector: document, variables: [:], access: access)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 { group.addTask { try? await get(hung, tenants[0]) } }
            for _ in 0..<100 { try await get(TestWorld.account, tenants[1]) }
            group.cancelAll()
        }
    }

    @Test func `a proxied call is limited like any other`() async throws {
        let world = try World(
            ["budget": [["seconds": 10, "amount": 1]]],
            sender: ScriptedSender(Self.good)
        )
        try await world.get()
        await #expect(throws: Problem.self) {
            _ = try await ProxyEngine(sender: world.sender, traffic: world.traffic).execute(
                ProxyCall(
                    method: .get,
                    target: .raw(path: "/v1/people"),
                    rawQuery: nil,
                    headers: [:],
                    body: .none,
                    account: TestWorld.account
                ),
                connector: world.connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        }
        #expect(world.sender.requests.count == 1)
    }
}

/// A clock that stands still until somebody waits.
final class StillClock: Sendable {
    private let start = ContinuousClock.now
    private let offset = Mutex(Duration.zero)

    var now: ContinuousClock.Instant { start + elapsed }
    var elapsed: Duration { offset.withLock { $0 } }
    func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
}

/// A vendor that never answers one account.
private struct HangingSender: HTTPSender {
    let partition: String
    let answer: InboundResponse

    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        guard request.identity.partition == partition else { return answer }
        // Until the test is over.
        while !Task.isCancelled { await Task.yield() }
        throw ExchangeError(.cancelled, "the host", requestMayHaveBeenSent: true)
    }

    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        throw ExchangeError(.cancelled, "the host", requestMayHaveBeenSent: false)
    }
}

/// A call for one contact.
private func contact(of account: AccountID, _ traffic: TrafficSubject) -> UnifiedCall {
    UnifiedCall(category: "crm", resource: "contacts", method: "get", id: "1", account: account, traffic: traffic)
}
