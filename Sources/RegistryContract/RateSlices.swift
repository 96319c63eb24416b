package import Vocabulary

/// What a process asks of one budget that several processes share.
package struct RateSliceWish: Sendable, Codable, Equatable {
    /// The budget's name, at most 200 bytes.
    package var budget: String
    /// Whose it is; nil when all tenants share it.
    package var tenantID: TenantID?
    /// Its window.
    package var rule: RateRule
    /// Calls wanted.
    package var amount: Double
    /// Calls made without a slice.
    package var used: Double
    /// Calls that an earlier slice had left when it was over.
    package var unused: Double
    /// When that slice was granted: its `place`.
    package var unusedSince: Double?
    /// What the vendor said was left for all.
    package var remaining: Double?

    /// Describes a wish.
    package init(
        budget: String,
        tenantID: TenantID?,
        rule: RateRule,
        amount: Double,
        used: Double = 0,
        unused: Double = 0,
        unusedSince: Double? = nil,
        remaining: Double? = nil
    ) {
        self.budget = budget
        self.tenantID = tenantID
        self.rule = rule
        self.amount = amount
        self.used = used
        self.unused = unused
        self.unusedSince = unusedSince
        self.remaining = remaining
    }

    enum CodingKeys: String, CodingKey {
        case budget, rule, amount, used, unused, remaining
        case tenantID = "tenant_id"
        case unusedSince = "unused_since"
    }
}

/// The books of one shared budget: who took how much of it, as a pure value with the time as a parameter.
///
/// Calls of a slice count at the end of its lifetime in a sliding window, so that no stretch of the window's length sees
/// more than the amount however late they are made.
package struct RateLedger: Sendable, Codable, Equatable {
    private var meter = RateMeter()

    /// Nothing has been taken.
    package init() {}

    /// Enters what a process used and gives back, and cuts a slice for it.
    ///
    /// - Parameters:
    ///   - wish: what it asks.
    ///   - now: seconds since any origin, the same for all processes.
    /// - Returns: the slice; it may be empty.
    package mutating func grant(_ wish: RateSliceWish, at now: Double) -> RateSlice {
        let rule = wish.rule
        if wish.unused > 0, let since = wish.unusedSince {
            meter.giveBack(wish.unused, takenAt: since, rule, at: now)
        }
        if wish.used > 0 { meter.take(wish.used, rule, at: now) }
        if let remaining = wish.remaining { meter.correct(remaining: remaining, rule, at: now) }
        var lifetime = min(max(rule.seconds / 10, 0.1), 30)
        if rule.window == .fixed {
            lifetime = min(lifetime, max(((now / rule.seconds).rounded(.down) + 1) * rule.seconds - now, 0.001))
        }
        let available = max(0, meter.available(rule, at: now).rounded(.down))
        let granted = min(max(wish.amount, 0), available)
        let place = rule.window == .sliding ? now + lifetime : now
        if granted > 0 { meter.take(granted, rule, at: place) }
        return RateSlice(
            granted: granted,
            lifetime: lifetime,
            place: place,
            retry: granted < wish.amount ? meter.wait(for: 1, rule, at: now) ?? rule.seconds : nil,
            remaining: available - granted
        )
    }
}
