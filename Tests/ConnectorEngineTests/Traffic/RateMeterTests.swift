import Testing
import Vocabulary

/// Windows of time, counted.
struct RateMeterTests {
    private static let windows = RateRule.Window.allCases

    @Test(arguments: windows) func `what has been taken is not there, and comes back`(window: RateRule.Window) {
        let rule = RateRule(window, amount: 10, seconds: 5)
        var meter = RateMeter()
        meter.take(10, rule, at: 100)
        #expect(meter.available(rule, at: 100) == 0)
        let wait = meter.wait(for: 1, rule, at: 100) ?? .infinity
        #expect(wait > 0 && wait <= 6)
        #expect(meter.available(rule, at: 100 + wait + 0.001) >= 1)
        #expect(meter.available(rule, at: 111) == 10)
        #expect(meter.isIdle(rule, at: 111) && !meter.isIdle(rule, at: 100))
    }

    @Test(arguments: windows) func `more than the window ever has is never there`(window: RateRule.Window) {
        #expect(RateMeter().wait(for: 11, RateRule(window, amount: 10, seconds: 5), at: 3) == nil)
    }

    @Test func `a sliding window never sees more than its amount in any stretch of its length`() {
        let rule = RateRule(.sliding, amount: 7, seconds: 10)
        var meter = RateMeter()
        var taken: [Double] = []
        var generator = SplitMix(state: 7)
        var now = 1000.0
        for _ in 0..<4000 {
            now += Double(generator.next() % 1000) / 700
            guard meter.wait(for: 1, rule, at: now) == 0 else { continue }
            meter.take(1, rule, at: now)
            taken.append(now)
        }
        for (index, moment) in taken.enumerated() {
            #expect(taken[index...].prefix { $0 - moment < 10 }.count <= 7)
        }
        #expect(taken.count > 1000)
    }

    @Test func `a fixed window begins anew at each multiple of its length`() {
        let rule = RateRule(.fixed, amount: 3, seconds: 60)
        var meter = RateMeter()
        meter.take(3, rule, at: 119)
        #expect(meter.wait(for: 1, rule, at: 119) == 1)
        #expect(meter.available(rule, at: 120) == 3)
    }

    @Test func `a bucket fills evenly and holds no more than its size`() {
        let rule = RateRule(.tokenBucket, amount: 10, seconds: 10, burst: 4)
        var meter = RateMeter()
        #expect(meter.available(rule, at: 0) == 4)
        meter.take(4, rule, at: 1)
        #expect(meter.wait(for: 2, rule, at: 1) == 2)
        #expect(meter.available(rule, at: 3) == 2)
        #expect(meter.available(rule, at: 500) == 4)
        #expect(meter.wait(for: 5, rule, at: 500) == nil)
    }

    @Test(arguments: windows) func `what is given back is there again`(window: RateRule.Window) {
        let rule = RateRule(window, amount: 10, seconds: 5)
        var meter = RateMeter()
        meter.take(6, rule, at: 100)
        meter.giveBack(4, takenAt: 100, rule, at: 101)
        #expect(abs(meter.available(rule, at: 101) - 8) < (window == .tokenBucket ? 2.1 : 0.001))
        // Never more than there ever was.
        meter.giveBack(100, takenAt: 100, rule, at: 101)
        #expect(meter.available(rule, at: 101) == 10)
    }

    @Test func `the vendor's number counts when it is smaller`() {
        let rule = RateRule(.sliding, amount: 100, seconds: 10)
        var meter = RateMeter()
        meter.take(10, rule, at: 50)
        meter.correct(remaining: 95, rule, at: 50)
        #expect(meter.available(rule, at: 50) == 90)
        meter.correct(remaining: 20, rule, at: 50)
        #expect(meter.available(rule, at: 50) == 20)
    }

    @Test func `a meter survives being written down`() throws {
        let rule = RateRule(.sliding, amount: 100, seconds: 10)
        var meter = RateMeter()
        meter.take(10, rule, at: 50.5)
        let text = try JSONText.encode(meter)
        #expect(try JSONText.decode(RateMeter.self, text) == meter)
    }
}

/// Numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
