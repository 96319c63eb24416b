#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The clock that limits are measured with.
enum MonotonicClock {
    /// Nanoseconds since some fixed moment.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Milliseconds since 1970, for hosts that give no time of their own.
    static func wallMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec / 1_000_000)
    }
}
