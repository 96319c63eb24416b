import Postgres
import RegistryContract
import TestSupport
import Testing
import Vocabulary

@testable import RegistryService

/// Shared rate budgets over a real database.
struct RateBudgetTests {
    private static let rule = RateRule(.sliding, amount: 100, seconds: 600)

    private func store() async throws -> RateBudgetStore {
        let config = try await TestDatabase.make([.init("registry")], role: "tributary_registry")
        return RateBudgetStore(pool: PostgresPool(config))
    }

    private func wish(_ amount: Double, of budget: String = "account:a:burst", used: Double = 0) -> RateSliceWish {
        RateSliceWish(budget: budget, tenantID: nil, rule: Self.rule, amount: amount, used: used)
    }

    @Test func `two processes that take slices at once never get more than the budget`() async throws {
        let store = try await store()
        let granted = try await withThrowingTaskGroup(of: Double.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var sum = 0.0
                    for _ in 0..<15 { sum += try await store.slices(for: [wish(10)])[0].granted }
                    return sum
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(granted == 100)
        let slice = try await store.slices(for: [wish(10)])[0]
        #expect(slice.granted == 0 && slice.remaining == 0 && (slice.retry ?? 0) > 500)
    }

    @Test func `what is given back can be taken by another`() async throws {
        let store = try await store()
        let first = try await store.slices(for: [wish(100)])[0]
        #expect(first.granted == 100 && first.retry == nil)
        var back = wish(0)
        back.unused = 40
        back.unusedSince = first.place
        #expect(try await store.slices(for: [back])[0].remaining == 40)
        #expect(try await store.slices(for: [wish(50)])[0].granted == 40)
    }

    @Test func `what was used without a slice counts, and so does what the vendor says`() async throws {
        let store = try await store()
        #expect(try await store.slices(for: [wish(10, used: 30)])[0].remaining == 60)
        var told = wish(10)
        told.remaining = 25
        #expect(try await store.slices(for: [told])[0].remaining == 15)
    }

    @Test func `each wish has its slice, in the order of the wishes, and budgets do not mix`() async throws {
        let store = try await store()
        let slices = try await store.slices(for: [wish(1, of: "z"), wish(2, of: "a"), wish(200, of: "m")])
        #expect(slices.map(\.granted) == [1, 2, 100])
        #expect(slices.map(\.remaining) == [99, 98, 0])
    }

    @Test func `wishes for the same budgets in other orders do not lock one another out`() async throws {
        let store = try await store()
        let names = (0..<8).map { "b\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in 0..<12 {
                let order = turn % 2 == 0 ? names : names.reversed()
                group.addTask { _ = try await store.slices(for: order.map { wish(1, of: $0) }) }
            }
            try await group.waitForAll()
        }
        let left = try await store.slices(for: names.map { wish(0, of: $0) }).map(\.remaining)
        #expect(left == Array(repeating: 88, count: 8))
    }
}

/// The books themselves, without a database.
struct RateLedgerTests {
    @Test func `slices that are used at the end of their lifetime still keep every stretch of time`() {
        let rule = RateRule(.sliding, amount: 50, seconds: 10)
        var ledger = RateLedger()
        var uses: [(moment: Double, amount: Double)] = []
        var now = 1000.0
        while now < 1120 {
            let slice = ledger.grant(RateSliceWish(budget: "b", tenantID: nil, rule: rule, amount: 5), at: now)
            // The latest moment that a process may use it.
            if slice.granted > 0 { uses.append((now + slice.lifetime, slice.granted)) }
            now += 0.3
        }
        for (index, start) in uses.enumerated() {
            let window = uses[index...].prefix { $0.moment - start.moment < 10 }
            #expect(window.reduce(0) { $0 + $1.amount } <= 50)
        }
        #expect(uses.reduce(0) { $0 + $1.amount } >= 400)
    }

    @Test func `a slice of a fixed window ends with it`() {
        let rule = RateRule(.fixed, amount: 50, seconds: 60)
        var ledger = RateLedger()
        let slice = ledger.grant(RateSliceWish(budget: "b", tenantID: nil, rule: rule, amount: 50), at: 118)
        #expect(slice.granted == 50 && slice.lifetime == 2)
        let next = ledger.grant(RateSliceWish(budget: "b", tenantID: nil, rule: rule, amount: 1), at: 119)
        #expect(next.granted == 0 && next.retry == 1)
        let late = ledger.grant(RateSliceWish(budget: "b", tenantID: nil, rule: rule, amount: 1), at: 120)
        #expect(late.granted == 1)
    }
}
