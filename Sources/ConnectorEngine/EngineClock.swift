import FoundationEssentials

/// Time as the engine needs it: what o'clock it is, and waiting.
package struct EngineClock: Sendable {
    /// Seconds since 1970.
    package let now: @Sendable () -> Int
    /// Waits.
    package let wait: @Sendable (Duration) async throws -> Void

    /// Makes a clock.
    package init(
        now: @escaping @Sendable () -> Int,
        wait: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.wait = wait
    }

    /// The machine's clock.
    package static let system = EngineClock(
        now: { Int(Date.now.timeIntervalSince1970) },
        wait: { try await ContinuousClock().sleep(for: $0) }
    )
}
