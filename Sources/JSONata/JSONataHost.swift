package import Vocabulary

/// What the functions of an expression may use from outside.
///
/// Everything is a parameter, so an evaluation is repeatable; nothing here does input or output.
package struct JSONataHost: Sendable {
    /// The time that `$now` and `$millis` give, in milliseconds since 1970; nil for the system's clock.
    package var nowMilliseconds: Double?
    /// The seed of `$random`, `$shuffle` and `$uuid`; nil for one that differs each time.
    package var randomSeed: UInt64?
    /// Hashes and signatures for `$digest`, `$hmac` and `$sign`; without it they fail with `U2007`.
    package var digests: (any Digests)?

    /// Describes a host.
    package init(nowMilliseconds: Double? = nil, randomSeed: UInt64? = nil, digests: (any Digests)? = nil) {
        self.nowMilliseconds = nowMilliseconds
        self.randomSeed = randomSeed
        self.digests = digests
    }

    /// A host with the system's clock and no digests.
    package static let plain = JSONataHost()
}
