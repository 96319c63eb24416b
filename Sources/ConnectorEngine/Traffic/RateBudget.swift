import Vocabulary

/// One budget in one process.
///
/// Alone, a process counts its own calls. Where several processes share the budget, each takes slices of it from the
/// registry ahead of time:
///
/// ```
///   no slice ──call──► the small local share; what it uses is told with the next wish
///      ▲                     │ wish granted
///      │ slice over          ▼
///      └──────────────── slice: calls use it up; at half of it the next one is wished for
///                            │ the registry has nothing left
///                            ▼
///                        exhausted until the moment it named
/// ```
/// Pure; times are seconds since any origin.
struct RateBudget: Sendable {
    /// Whether a call may go.
    enum Decision: Equatable {
        case reserved
        case wait(seconds: Double)
        /// The call costs more than the budget ever has.
        case never
    }

    /// What is asked of the registry.
    struct Wish: Equatable {
        var amount: Double
        /// What was used without a slice.
        var used: Double
        /// What a slice held when it was over.
        var unused: Double
        /// When that slice was granted, by the registry's clock.
        var unusedSince: Double?
        /// What the vendor said was left for all.
        var remaining: Double?
    }

    private struct Slice: Equatable {
        var left: Double
        var end: Double
        var place: Double
    }

    /// How long a call waits for a slice that is on its way before it looks again.
    private static let lookAgain = 0.02

    private(set) var rule: RateRule
    /// The amount of the configuration, which a vendor may correct.
    private var configured: RateRule
    private let reserve: Double
    private let isShared: Bool
    private var meter = RateMeter()
    private var share = RateMeter()
    private var slice: Slice?
    private var exhaustedUntil = 0.0
    private var unreported = 0.0
    private var returned: (amount: Double, place: Double)?
    private var observed: Double?
    /// What the registry had left for others after the last slice.
    private var others: Double?
    /// What the dearest call costs.
    private var dearest = 1.0
    private var isAsking = false
    /// Whether a call waits for a slice.
    private var isStarving = false
    private(set) var underWay = 0.0
    private(set) var lastUse = 0.0

    init(_ rule: RateRule, reserve: Double, isShared: Bool) {
        self.rule = rule
        configured = rule
        self.reserve = reserve
        self.isShared = isShared
    }

    /// The largest slice that one process has: what two processes may be beyond the budget at most.
    var sliceMax: Double { max(dearest, (rule.amount / 10).rounded(.up)) }

    /// The configuration says something else than before.
    mutating func configure(_ rule: RateRule) {
        guard rule != configured else { return }
        configured = rule
        self.rule = rule
    }

    // MARK: Calls

    mutating func reserve(_ cost: Double, isInteractive: Bool, at now: Double) -> Decision {
        guard cost <= rule.capacity else { return .never }
        let kept = isInteractive ? 0 : min(reserve * rule.capacity, rule.capacity - cost)
        let decision = isShared ? reserveShared(cost, kept, now) : reserveAlone(cost, kept, now)
        if decision == .reserved {
            meter.take(cost, rule, at: now)
            underWay += cost
            lastUse = now
        }
        return decision
    }

    /// The call that was reserved for was sent, or is over.
    mutating func finish(_ cost: Double) {
        underWay = max(0, underWay - cost)
    }

    /// The call that was reserved for was never sent.
    mutating func cancel(_ cost: Double, at now: Double) {
        finish(cost)
        meter.giveBack(cost, takenAt: now, rule, at: now)
        guard isShared else { return }
        if slice != nil {
            slice?.left += cost
        } else if unreported >= cost {
            unreported -= cost
            share.giveBack(cost, takenAt: now, shareRule, at: now)
        }
    }

    /// The vendor told how things stand.
    mutating func observe(limit: Double?, remaining: Double?, at now: Double) {
        if let limit, limit > 0, limit != rule.amount { rule = configured.with(amount: limit) }
        guard let remaining else { return }
        // Calls that the vendor has not seen yet are not in its number.
        let left = max(0, remaining - underWay)
        meter.correct(remaining: left, rule, at: now)
        guard isShared else { return }
        observed = remaining
        if let slice, slice.left > left { self.slice?.left = left }
    }

    /// How things stand, for the caller: what is left, and seconds until all is there again.
    func standing(at now: Double) -> (limit: Double, remaining: Double, reset: Double) {
        var remaining = max(0, meter.available(rule, at: now))
        if isShared, exhaustedUntil > now { remaining = min(remaining, slice?.left ?? 0) }
        return (rule.capacity, remaining, max(meter.reset(rule, at: now), exhaustedUntil - now))
    }

    /// Whether nothing is left to remember.
    func isIdle(at now: Double) -> Bool {
        underWay <= 0 && unreported <= 0 && slice == nil && returned == nil && meter.isIdle(rule, at: now)
    }

    private mutating func reserveAlone(_ cost: Double, _ kept: Double, _ now: Double) -> Decision {
        guard let wait = meter.wait(for: cost + kept, rule, at: now) else { return .never }
        return wait > 0 ? .wait(seconds: wait) : .reserved
    }

    private mutating func reserveShared(_ cost: Double, _ kept: Double, _ now: Double) -> Decision {
        retire(now)
        dearest = max(dearest, cost)
        // What this process has used is known here best.
        if let wait = meter.wait(for: cost, rule, at: now), wait > 0 { return .wait(seconds: wait) }
        let held = slice?.left ?? 0
        if kept > 0, let others, others + held - cost < kept {
            return .wait(seconds: max(exhaustedUntil - now, rule.seconds / 10))
        }
        if held >= cost {
            slice?.left -= cost
            return .reserved
        }
        if exhaustedUntil > now { return .wait(seconds: exhaustedUntil - now) }
        guard slice == nil else {
            isStarving = true
            return .wait(seconds: Self.lookAgain)
        }
        if let wait = share.wait(for: cost, shareRule, at: now), wait > 0 {
            isStarving = true
            return .wait(seconds: isAsking ? Self.lookAgain : min(wait, 1))
        }
        share.take(cost, shareRule, at: now)
        unreported += cost
        return .reserved
    }

    private var shareRule: RateRule { rule.with(amount: sliceMax) }

    // MARK: Slices

    /// What to ask of the registry now; nil when nothing is needed.
    mutating func wish(at now: Double) -> Wish? {
        retire(now)
        let needsSlice = needsSlice(now)
        guard isShared, !isAsking, needsSlice || returned != nil || unreported > 0 else { return nil }
        isAsking = true
        let wish = Wish(
            amount: needsSlice ? max(0, sliceMax - (slice?.left ?? 0)) : 0,
            used: unreported,
            unused: returned?.amount ?? 0,
            unusedSince: returned?.place,
            remaining: observed
        )
        unreported = 0
        returned = nil
        observed = nil
        return wish
    }

    /// Whether a wish is due.
    func needsSlice(_ now: Double) -> Bool {
        guard isShared, !isAsking, exhaustedUntil <= now else { return false }
        if isStarving { return true }
        guard lastUse > 0, now - lastUse < min(rule.seconds, 60) else { return false }
        guard let slice, slice.end > now else { return true }
        return slice.left <= sliceMax / 2
    }

    /// The registry's answer to a wish.
    mutating func accept(_ granted: RateSlice, for wish: Wish, at now: Double) {
        isAsking = false
        isStarving = false
        others = granted.remaining
        retire(now)
        if granted.granted > 0 {
            slice = Slice(left: (slice?.left ?? 0) + granted.granted, end: now + granted.lifetime, place: granted.place)
        }
        exhaustedUntil = granted.granted < wish.amount ? now + max(granted.retry ?? 1, Self.lookAgain) : 0
    }

    /// The registry could not be asked.
    mutating func fail(_ wish: Wish) {
        isAsking = false
        isStarving = false
        unreported += wish.used
        if wish.unused > 0, let since = wish.unusedSince, returned == nil { returned = (wish.unused, since) }
    }

    private mutating func retire(_ now: Double) {
        guard let slice, slice.end <= now else { return }
        if slice.left > 0 { returned = ((returned?.amount ?? 0) + slice.left, slice.place) }
        self.slice = nil
    }
}
