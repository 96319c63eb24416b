import ConnectorConfig
import HTTPExchange

/// Decides whether and when a native call is sent again.
///
/// ```
///   sent ──► good, or nothing a repetition can mend ──► done
///     ▲ │
///     │ └──► a failure of the list, the call may be repeated, attempts and patience are left ──► wait
///     └──────────────────────────────────────────────────────────────────────────────────────────┘
/// ```
/// Pure: randomness is a parameter, waiting is done by others.
struct RetryPolicy {
    /// What went wrong.
    struct Failure {
        /// The vendor's status; nil when there was no answer.
        var status: Int?
        /// The kind, beside the status.
        var reason: RetryConfig.Reason?
        /// When the vendor said to come again.
        var told: Duration?
        /// Whether an error rule of the connector asks for a repetition.
        var isAskedFor = false
        /// Whether no byte of the request can have reached the vendor, so that even a write may be sent again.
        var wasNeverSent = false
    }

    /// What to do.
    enum Action: Equatable {
        case giveUp
        case sendAgain(after: Duration)
    }

    private let config: RetryConfig
    private let mayRepeat: Bool
    private let isInteractive: Bool
    private(set) var repetitions = 0

    init(_ config: RetryConfig, method: String, isIdempotent: Bool, priority: TrafficPriority) {
        self.config = config
        mayRepeat = isIdempotent || config.methods.contains(method)
        isInteractive = priority == .interactive
    }

    /// What to do after a failure.
    ///
    /// `patience`: how long the call may still wait; what is waited is taken off.
    /// `random`: 0 to 1.
    mutating func action(after failure: Failure, patience: inout Duration, random: Double) -> Action {
        guard mayRepeat || failure.wasNeverSent, repetitions < config.max, isListed(failure) else { return .giveUp }
        let wait: Duration
        switch (failure.told, config.honorsRetryAfter) {
        case (let told?, true): wait = told + jittered(config.wait, random) / 4
        default:
            // A limit that ends nobody knows when is not tried out while somebody waits.
            let isBlind = failure.status == 429 || failure.reason == .rateLimited
            if config.backoff == .fromHeader || (isBlind && isInteractive) { return .giveUp }
            wait = jittered(grown, random)
        }
        guard wait <= patience else { return .giveUp }
        patience -= wait
        repetitions += 1
        return .sendAgain(after: wait)
    }

    private func isListed(_ failure: Failure) -> Bool {
        if failure.isAskedFor { return true }
        if let status = failure.status, config.statuses.contains(status) { return true }
        return failure.reason.map(config.reasons.contains) ?? false
    }

    private var grown: Duration {
        guard config.backoff == .exponential else { return config.wait }
        var wait = config.wait
        for _ in 0..<repetitions { wait = wait * config.factor }
        return wait
    }

    private func jittered(_ wait: Duration, _ random: Double) -> Duration {
        wait * (1 - config.jitter) + wait * config.jitter * random
    }
}

/// Keeps repetitions to a tenth of all calls, so that they cannot multiply the load on a vendor that struggles.
struct RetryAllowance: Sendable {
    private static let most = 10.0
    private static let earned = 0.1
    private var saved = Self.most

    /// A call is made.
    mutating func earn() { saved = min(saved + Self.earned, Self.most) }

    /// Whether one more may be repeated.
    mutating func spend() -> Bool {
        guard saved >= 1 else { return false }
        saved -= 1
        return true
    }
}

extension RetryConfig.Reason {
    /// The kind of a failed exchange; nil when a repetition makes no sense.
    init?(_ reason: ExchangeError.Reason) {
        switch reason {
        case .unresolvable, .connectFailed, .tlsFailed: self = .connectFailed
        case .connectionLost: self = .connectionLost
        case .timeout: self = .timeout
        case .invalidRequest, .blockedAddress, .responseTooLarge, .badResponse, .redirectRefused, .cancelled:
            return nil
        }
    }
}
