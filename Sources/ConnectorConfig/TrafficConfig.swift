import JSONValue

/// When a native call is repeated.
package struct RetryConfig: Sendable {
    /// How waits grow.
    package enum Backoff: String, Sendable, CaseIterable {
        case constant, exponential
        /// Only where the vendor says when.
        case fromHeader = "from_header"
    }

    /// What is repeated, beside statuses.
    package enum Reason: String, Sendable, CaseIterable {
        /// No connection came about.
        case connectFailed = "connect_failed"
        /// The connection broke.
        case connectionLost = "connection_lost"
        /// No answer in time.
        case timeout
        /// Any answer that means the vendor's rate limit.
        case rateLimited = "rate_limited"
        /// Any answer that means that the vendor is not available.
        case unavailable
    }

    /// Repetitions at most.
    package let max: Int
    /// Statuses after which a call is repeated.
    package let statuses: [Int]
    /// Other reasons.
    package let reasons: [Reason]
    /// HTTP methods that may be repeated although the call is not idempotent.
    package let methods: [String]
    /// How waits grow.
    package let backoff: Backoff
    /// The first wait.
    package let wait: Duration
    /// By what the next one is longer.
    package let factor: Double
    /// The share of a wait that is random, 0 to 1.
    package let jitter: Double
    /// How long an interactive call may wait in all.
    package let maxWaitInteractive: Duration
    /// How long a background call may wait in all.
    package let maxWaitBackground: Duration
    /// Whether the vendor's `Retry-After` is kept.
    package let honorsRetryAfter: Bool

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow([
            "max", "on", "methods", "backoff", "wait", "factor", "jitter", "max_wait_interactive",
            "max_wait_background", "honor_retry_after",
        ])
        max = try reader?.child("max")?.int(0...5) ?? 2
        var statuses: [Int] = []
        var reasons: [Reason] = []
        for element in reader?.child("on")?.elements() ?? [] {
            if element.value.int == nil {
                reasons.append(try element.choice(Reason.self))
            } else {
                statuses.append(try element.int(200...599))
            }
        }
        let isSaid = reader?.child("on") != nil
        self.statuses = isSaid ? statuses : [429, 502, 503, 504]
        self.reasons = isSaid ? reasons : [.connectFailed, .connectionLost]
        methods = try reader?.child("methods")?.strings().map { $0.uppercased() } ?? []
        backoff = try reader?.child("backoff")?.choice(Backoff.self) ?? .exponential
        wait = try reader?.child("wait")?.duration(0...3600) ?? .milliseconds(200)
        factor = try reader?.child("factor")?.number(1...10) ?? 2
        jitter = try reader?.child("jitter")?.number(0...1) ?? 1
        maxWaitInteractive = try reader?.child("max_wait_interactive")?.duration(0...30) ?? .seconds(2)
        maxWaitBackground = try reader?.child("max_wait_background")?.duration(0...3600) ?? .seconds(60)
        honorsRetryAfter = try reader?.child("honor_retry_after")?.bool() ?? true
    }
}

/// When an account whose vendor fails is left alone.
package struct CircuitConfig: Sendable {
    /// Failures that open the circuit, when at least half of the calls fail.
    package let threshold: Int
    /// Within how long they count together.
    package let window: Duration
    /// How long it stays open before one call tries again.
    package let cooldown: Duration

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["threshold", "window", "cooldown"])
        threshold = try reader?.child("threshold")?.int(1...1000) ?? 10
        window = try reader?.child("window")?.duration(1...3600) ?? .seconds(10)
        cooldown = try reader?.child("cooldown")?.duration(1...3600) ?? .seconds(20)
    }
}

/// How many calls may be under way at once, in one process.
package struct ConcurrencyConfig: Sendable {
    /// For one account.
    package let account: Int
    /// For all accounts of the connector.
    package let app: Int

    /// `oneByOne`: whether an account's calls must follow each other, whatever the document says.
    init(reading reader: DocumentReader?, oneByOne: Bool) throws(ConnectorConfigError) {
        try reader?.allow(["account", "app"])
        let account = try reader?.child("account")?.int(1...10_000) ?? 16
        self.account = oneByOne ? 1 : account
        app = try reader?.child("app")?.int(1...100_000) ?? 256
    }
}

extension DocumentReader {
    /// A number in a range, whole or not.
    func number(_ range: ClosedRange<Double>) throws(ConnectorConfigError) -> Double {
        guard let number = value.number.flatMap({ Double($0.text) }), number.isFinite else {
            throw error("expected a number, found \(kind)")
        }
        guard range.contains(number) else {
            throw error("expected \(range.lowerBound) to \(range.upperBound), found \(number)")
        }
        return number
    }

    /// Seconds, whole or not.
    func duration(_ range: ClosedRange<Double>) throws(ConnectorConfigError) -> Duration {
        .milliseconds(Int(try number(range) * 1000))
    }
}
