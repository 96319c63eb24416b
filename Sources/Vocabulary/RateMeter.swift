/// How many calls a window of time allows.
package struct RateRule: Sendable, Hashable, Codable {
    /// How calls are counted.
    package enum Window: String, Sendable, Codable, CaseIterable {
        /// From one full multiple of the window's length to the next.
        case fixed
        /// In any stretch of the window's length.
        case sliding
        /// A bucket that fills evenly.
        case tokenBucket = "token_bucket"
    }

    /// How calls are counted.
    package var window: Window
    /// The window's length in seconds.
    package var seconds: Double
    /// Calls in a window.
    package var amount: Double
    /// What a token bucket holds.
    package var burst: Double

    /// Names a rule; `burst` is `amount` unless given.
    package init(_ window: Window, amount: Double, seconds: Double, burst: Double? = nil) {
        self.window = window
        self.seconds = max(seconds, 0.001)
        self.amount = max(amount, 0)
        self.burst = max(burst ?? amount, 0)
    }

    /// The most that can ever be taken at once.
    package var capacity: Double { window == .tokenBucket ? burst : amount }

    /// The same window with another amount.
    package func with(amount: Double) -> RateRule {
        RateRule(window, amount: amount, seconds: seconds, burst: window == .tokenBucket ? min(burst, amount) : nil)
    }
}

/// Counts what has been taken from a ``RateRule``: pure, with the time as a parameter in seconds since any origin.
///
/// A sliding window is counted in tenths of its length, each of which counts in full until it is wholly outside of the
/// window; so no stretch of the window's length ever sees more than the amount.
package struct RateMeter: Sendable, Equatable, Codable {
    private struct Span: Sendable, Equatable, Codable {
        /// Which tenth of a window, or which window, since the origin.
        var index: Double
        var taken: Double
    }

    private var spans: [Span] = []
    /// What a token bucket lacks, and when that was so.
    private var missing = 0.0
    private var moment: Double?

    private static let tenths = 10.0

    /// Nothing has been taken.
    package init() {}

    /// How much can be taken now.
    package func available(_ rule: RateRule, at now: Double) -> Double {
        rule.capacity - used(rule, at: now)
    }

    /// Takes `amount`, whether it is there or not.
    package mutating func take(_ amount: Double, _ rule: RateRule, at now: Double) {
        tidy(rule, at: now)
        switch rule.window {
        case .tokenBucket: missing += amount
        case .fixed, .sliding:
            let index = self.index(rule, now)
            if let last = spans.last, last.index >= index {
                spans[spans.count - 1].taken += amount
            } else {
                spans.append(Span(index: index, taken: amount))
            }
        }
    }

    /// Gives back what was taken at `moment` and not used.
    package mutating func giveBack(_ amount: Double, takenAt moment: Double, _ rule: RateRule, at now: Double) {
        tidy(rule, at: now)
        switch rule.window {
        case .tokenBucket: missing = max(0, missing - amount)
        case .fixed, .sliding:
            let index = self.index(rule, moment)
            guard let place = spans.lastIndex(where: { $0.index <= index && $0.taken > 0 }) else { return }
            spans[place].taken = max(0, spans[place].taken - amount)
        }
    }

    /// Seconds until `amount` can be taken; 0 when it can now, nil when it never can.
    package func wait(for amount: Double, _ rule: RateRule, at now: Double) -> Double? {
        guard amount <= rule.capacity else { return nil }
        var short = amount - available(rule, at: now)
        guard short > 0 else { return 0 }
        switch rule.window {
        case .tokenBucket:
            return rule.amount > 0 ? short * rule.seconds / rule.amount : nil
        case .fixed: return (index(rule, now) + 1) * rule.seconds - now
        case .sliding:
            for span in spans {
                short -= span.taken
                if short <= 0 { return max(end(of: span, rule) - now, 0.001) }
            }
            return rule.seconds
        }
    }

    /// Seconds until everything can be taken again.
    package func reset(_ rule: RateRule, at now: Double) -> Double {
        guard used(rule, at: now) > 0 else { return 0 }
        switch rule.window {
        case .tokenBucket: return rule.amount > 0 ? used(rule, at: now) * rule.seconds / rule.amount : rule.seconds
        case .fixed: return (index(rule, now) + 1) * rule.seconds - now
        case .sliding: return spans.last.map { max(end(of: $0, rule) - now, 0) } ?? 0
        }
    }

    /// Others have taken from the same window, so that only `remaining` is left.
    package mutating func correct(remaining: Double, _ rule: RateRule, at now: Double) {
        let surplus = available(rule, at: now) - max(0, remaining)
        if surplus > 0 { take(surplus, rule, at: now) }
    }

    /// Nothing that was ever taken counts any more.
    package func isIdle(_ rule: RateRule, at now: Double) -> Bool {
        used(rule, at: now) <= 0
    }

    private func used(_ rule: RateRule, at now: Double) -> Double {
        switch rule.window {
        case .tokenBucket:
            let filled = max(0, now - (moment ?? now)) * rule.amount / rule.seconds
            return max(0, missing - filled)
        case .fixed:
            let index = self.index(rule, now)
            return spans.reduce(0) { $1.index >= index ? $0 + $1.taken : $0 }
        case .sliding:
            return spans.reduce(0) { end(of: $1, rule) > now ? $0 + $1.taken : $0 }
        }
    }

    private mutating func tidy(_ rule: RateRule, at now: Double) {
        switch rule.window {
        case .tokenBucket:
            missing = used(rule, at: now)
            moment = now
        case .fixed:
            let index = self.index(rule, now)
            spans.removeAll { $0.index < index }
        case .sliding:
            let ended = spans.prefix { end(of: $0, rule) <= now }.count
            spans.removeFirst(ended)
        }
    }

    private func index(_ rule: RateRule, _ moment: Double) -> Double {
        (moment / step(rule)).rounded(.down)
    }

    private func step(_ rule: RateRule) -> Double {
        rule.window == .sliding ? rule.seconds / Self.tenths : rule.seconds
    }

    private func end(of span: Span, _ rule: RateRule) -> Double {
        (span.index + 1) * step(rule) + rule.seconds
    }
}
