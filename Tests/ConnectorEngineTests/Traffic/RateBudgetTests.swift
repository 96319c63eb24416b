import Testing
import Vocabulary

@testable import ConnectorEngine

/// One budget in one process, alone and with slices.
struct RateBudgetTests {
    private func budget(_ amount: Double = 100, reserve: Double = 0, isShared: Bool = false) -> RateBudget {
        RateBudget(RateRule(.sliding, amount: amount, seconds: 10), reserve: reserve, isShared: isShared)
    }

    @Test func `alone it gives what the window has and then says when`() {
        var budget = budget(3)
        for _ in 0..<3 { #expect(budget.reserve(1, isInteractive: true, at: 50) == .reserved) }
        guard case .wait(let seconds) = budget.reserve(1, isInteractive: true, at: 50) else {
            Issue.record("a fourth call of three must wait")
            return
        }
        #expect((10...11).contains(seconds))
        #expect(budget.reserve(4, isInteractive: true, at: 50) == .never)
        #expect(budget.reserve(1, isInteractive: true, at: 50 + seconds) == .reserved)
    }

    @Test func `what is not sent is given back`() {
        var budget = budget(1)
        #expect(budget.reserve(1, isInteractive: true, at: 50) == .reserved)
        budget.cancel(1, at: 50)
        #expect(budget.reserve(1, isInteractive: true, at: 50) == .reserved)
    }

    @Test func `the background stops at the reserve, an interactive call does not`() {
        var budget = budget(10, reserve: 0.3)
        for _ in 0..<7 { #expect(budget.reserve(1, isInteractive: false, at: 50) == .reserved) }
        #expect(budget.reserve(1, isInteractive: false, at: 50) != .reserved)
        for _ in 0..<3 { #expect(budget.reserve(1, isInteractive: true, at: 50) == .reserved) }
        #expect(budget.reserve(1, isInteractive: true, at: 50) != .reserved)
    }

    @Test func `the vendor's headers correct it, less the calls that the vendor has not seen`() {
        var budget = budget(100)
        for _ in 0..<3 { _ = budget.reserve(1, isInteractive: true, at: 50) }
        budget.finish(1)
        // Others use the same account: ten are left, two of which are ours and under way.
        budget.observe(limit: 100, remaining: 10, at: 50)
        #expect(budget.standing(at: 50).remaining == 8)
        budget.observe(limit: 40, remaining: nil, at: 50)
        #expect(budget.standing(at: 50).limit == 40)
    }

    @Test func `without a slice there is the small local share, and a wish that tells of it`() {
        var budget = budget(100, isShared: true)
        for _ in 0..<10 { #expect(budget.reserve(1, isInteractive: true, at: 50) == .reserved) }
        #expect(budget.reserve(1, isInteractive: true, at: 50) != .reserved)
        let wish = budget.wish(at: 50)
        #expect(wish == RateBudget.Wish(amount: 10, used: 10, unused: 0, unusedSince: nil, remaining: nil))
        // One wish at a time.
        #expect(budget.wish(at: 50) == nil)
    }

    @Test func `a slice is used up, renewed at half, and what is left at its end is given back`() throws {
        var budget = budget(100, isShared: true)
        _ = budget.reserve(1, isInteractive: true, at: 50)
        let wishFound = budget.wish(at: 50)
        let wish = try #require(wishFound)
        budget.accept(RateSlice(granted: 10, lifetime: 1, place: 7000, retry: nil, remaining: 80), for: wish, at: 50)
        #expect(!budget.needsSlice(50))
        for _ in 0..<5 { #expect(budget.reserve(1, isInteractive: true, at: 50.1) == .reserved) }
        #expect(budget.needsSlice(50.1))
        let secondFound = budget.wish(at: 50.1)
        let second = try #require(secondFound)
        #expect(second.amount == 5 && second.used == 0)
        budget.accept(
            RateSlice(granted: 5, lifetime: 1, place: 7000.1, retry: nil, remaining: 75),
            for: second,
            at: 50.1
        )
        let thirdFound = budget.wish(at: 52)
        let third = try #require(thirdFound)
        #expect(third.unused == 10 && third.unusedSince == 7000.1)
    }

    @Test func `when the registry has nothing left, calls are refused until it has`() throws {
        var budget = budget(100, isShared: true)
        _ = budget.reserve(1, isInteractive: true, at: 50)
        let wishFound = budget.wish(at: 50)
        let wish = try #require(wishFound)
        budget.accept(RateSlice(granted: 0, lifetime: 1, place: 7000, retry: 4, remaining: 0), for: wish, at: 50)
        #expect(budget.reserve(1, isInteractive: true, at: 50) == .wait(seconds: 4))
        #expect(budget.standing(at: 50).remaining == 0)
        #expect(!budget.needsSlice(51) && budget.wish(at: 51) == nil)
        #expect(budget.wish(at: 54.1)?.amount == 10)
    }

    @Test func `when the registry is away the local share goes on, and what was used is told later`() throws {
        var budget = budget(100, isShared: true)
        for _ in 0..<4 { _ = budget.reserve(1, isInteractive: true, at: 50) }
        let wishFound = budget.wish(at: 50)
        let wish = try #require(wishFound)
        budget.fail(wish)
        for _ in 0..<6 { #expect(budget.reserve(1, isInteractive: true, at: 50) == .reserved) }
        #expect(budget.reserve(1, isInteractive: true, at: 50) != .reserved)
        #expect(budget.wish(at: 50)?.used == 10)
    }

    @Test func `the reserve is kept in what all processes have together`() throws {
        var budget = budget(100, reserve: 0.2, isShared: true)
        _ = budget.reserve(1, isInteractive: true, at: 50)
        let wishFound = budget.wish(at: 50)
        let wish = try #require(wishFound)
        budget.accept(RateSlice(granted: 10, lifetime: 5, place: 7000, retry: nil, remaining: 10), for: wish, at: 50)
        #expect(budget.reserve(1, isInteractive: false, at: 50) != .reserved)
        #expect(budget.reserve(1, isInteractive: true, at: 50) == .reserved)
    }

    @Test func `a call that is dearer than a slice gets a slice of its size`() {
        var budget = budget(20, isShared: true)
        #expect(budget.reserve(5, isInteractive: true, at: 50) == .reserved)
        let wish = budget.wish(at: 50)
        #expect(wish?.amount == 5)
    }

    @Test func `an idle budget is forgotten`() {
        var budget = budget()
        _ = budget.reserve(1, isInteractive: true, at: 50)
        #expect(!budget.isIdle(at: 50))
        budget.finish(1)
        #expect(budget.isIdle(at: 62))
    }
}
