/// A part of a budget that one process may use up.
package struct RateSlice: Sendable, Codable, Equatable {
    /// Calls granted; may be none.
    package var granted: Double
    /// Seconds that they may be used.
    package var lifetime: Double
    /// When they count, by the registry's clock; told again when some are given back.
    package var place: Double
    /// Seconds until there is more; nil when everything was granted.
    package var retry: Double?
    /// Calls left for others.
    package var remaining: Double

    /// Describes a slice.
    package init(granted: Double, lifetime: Double, place: Double, retry: Double?, remaining: Double) {
        self.granted = granted
        self.lifetime = lifetime
        self.place = place
        self.retry = retry
        self.remaining = remaining
    }
}
