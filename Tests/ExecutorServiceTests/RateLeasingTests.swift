import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Synchronization
import Testing
import Vocabulary

@testable import ExecutorService

/// One budget, several executors.
struct RateLeasingTests {
    private static let budget: JSONValue = [
        "budget": [["name": "burst", "seconds": 10, "amount": 100]], "retry": ["max_wait_interactive": 0],
    ]

    /// An executor in front of a vendor that counts, with budgets shared through `registry`.
    private func world(_ registry: FakeRegistry, _ tenant: ExecutorWorld.Tenant) throws -> ExecutorWorld {
        let world = try ExecutorWorld(registry: registry, own: tenant, isShared: true)
        registry.state.withLock { $0.configurations[tenant.account] = world.record(tenant, layer: Self.budget) }
        return world
    }

    private func advance(_ worlds: [ExecutorWorld], _ seconds: Double) {
        for world in worlds { world.clock.advance(.milliseconds(Int(seconds * 1000))) }
        worlds[0].registry.state.withLock { $0.moment += seconds }
    }

    @Test func `two executors together keep one budget`() async throws {
        let registry = FakeRegistry()
        let tenant = ExecutorWorld.Tenant(key: "trib_own")
        let worlds = [try world(registry, tenant), try world(registry, tenant)]
        var served: [(moment: Double, count: Int)] = []
        // Both are asked for several times as much as there is, for half a minute.
        for step in 0..<120 {
            var count = 0
            for world in worlds {
                for _ in 0..<6 where try await world.list().status == 200 { count += 1 }
                _ = await world.leasing.exchange(all: step % 20 == 0)
            }
            served.append((Double(step) / 4, count))
            advance(worlds, 0.25)
        }
        let slice = 10
        var most = 0
        for (index, start) in served.enumerated() {
            let window = served[index...].prefix { $0.moment - start.moment < 10 }
            most = max(most, window.reduce(0) { $0 + $1.count })
        }
        #expect(most <= 100 + slice)
        // And the budget is not wasted either.
        let total = served.reduce(0) { $0 + $1.count }
        #expect(total >= 200)
    }

    @Test func `a warm account's calls ask the registry nothing`() async throws {
        let registry = FakeRegistry()
        let tenant = ExecutorWorld.Tenant(key: "trib_own")
        let world = try world(registry, tenant)
        #expect(try await world.list().status == 200)
        _ = await world.leasing.exchange(all: false)
        let before = registry.state.withLock { $0.calls.count }
        for _ in 0..<4 { #expect(try await world.list().status == 200) }
        #expect(registry.state.withLock { $0.calls.count } == before)
    }

    @Test func `without the registry an executor goes on with a tenth`() async throws {
        let registry = FakeRegistry()
        let tenant = ExecutorWorld.Tenant(key: "trib_own")
        let world = try world(registry, tenant)
        #expect(try await world.list().status == 200)
        registry.set(down: true)
        #expect(await world.leasing.exchange(all: true) == false)
        var good = 1
        for _ in 0..<30 where try await world.list().status == 200 { good += 1 }
        #expect(good == 10)
        let refused = try await world.list()
        #expect(refused.status == 429 && refused.json["code"] == "rate_limited")
        #expect(refused.headers[.retryAfter] != nil)
        #expect(refused.headers[.rateLimitLimit] == "100")
    }

    @Test func `what an idle executor holds goes back`() async throws {
        let registry = FakeRegistry()
        let tenant = ExecutorWorld.Tenant(key: "trib_own")
        let world = try world(registry, tenant)
        #expect(try await world.list().status == 200)
        _ = await world.leasing.exchange(all: false)
        advance([world], 2)
        _ = await world.leasing.exchange(all: true)
        advance([world], 12)
        let other = try self.world(registry, tenant)
        #expect(try await other.list().status == 200)
        _ = await other.leasing.exchange(all: false)
        let wish = RateSliceWish(
            budget: "account:\(tenant.account):burst",
            tenantID: tenant.id,
            rule: RateRule(.sliding, amount: 100, seconds: 10),
            amount: 0
        )
        let left = try await registry.rateSlices([wish])[0].remaining
        #expect(left == 89)
    }
}
