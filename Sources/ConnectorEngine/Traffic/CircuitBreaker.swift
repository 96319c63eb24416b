import ConnectorConfig

/// Leaves an account alone whose vendor fails.
///
/// ```
///            threshold failures in window,
///            at least half of the calls              cooldown over
///   closed ────────────────────────────────► open ───────────────────► probing (one call)
///      ▲                                      ▲                           │        │
///      └──────────────────────────────────────┼──────── it succeeds ──────┘        │
///                                             └──────── it fails ──────────────────┘
/// ```
/// Pure; times are seconds since any origin.
struct CircuitBreaker: Sendable {
    /// Whether a call may go.
    enum Admission: Equatable {
        case go
        case refused(seconds: Double)
    }

    private enum Phase: Equatable {
        case closed
        case open(until: Double)
        case probing(since: Double)
    }

    /// A probe of which nothing is heard for so long is thought lost.
    private static let probeSecondsMax = 60.0

    private var phase = Phase.closed
    private var failures = 0
    private var successes = 0
    private var start = 0.0

    /// Whether nothing speaks against the account, so that the breaker can be forgotten.
    var isAtRest: Bool { phase == .closed && failures == 0 }

    mutating func admit(at now: Double) -> Admission {
        switch phase {
        case .closed: return .go
        case .open(let until):
            guard now >= until else { return .refused(seconds: until - now) }
            phase = .probing(since: now)
            return .go
        case .probing(let since):
            guard now - since >= Self.probeSecondsMax else { return .refused(seconds: 1) }
            phase = .probing(since: now)
            return .go
        }
    }

    mutating func record(_ outcome: TrafficReport.Outcome, _ config: CircuitConfig, at now: Double) {
        switch (phase, outcome) {
        case (.probing, .failed): open(config, now)
        case (.probing, .answered), (.probing, .limited): self = CircuitBreaker()
        // The next call is the probe instead.
        case (.probing, .abandoned): phase = .open(until: now)
        case (.closed, .failed):
            beginWindow(config, now)
            failures += 1
            if failures >= config.threshold, failures >= successes { open(config, now) }
        case (.closed, .answered), (.closed, .limited):
            guard failures > 0 else { return }
            beginWindow(config, now)
            if failures > 0 { successes += 1 }
        case (.closed, .abandoned), (.open, _): break
        }
    }

    private mutating func open(_ config: CircuitConfig, _ now: Double) {
        self = CircuitBreaker()
        phase = .open(until: now + config.cooldown / .seconds(1))
    }

    private mutating func beginWindow(_ config: CircuitConfig, _ now: Double) {
        guard failures == 0 || now - start > config.window / .seconds(1) else { return }
        start = now
        failures = 0
        successes = 0
    }
}
