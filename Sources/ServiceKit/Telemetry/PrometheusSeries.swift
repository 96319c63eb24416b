import CoreMetrics
import Synchronization

/// A number that only grows.
final class PrometheusCounter: CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<Int64>(0)
    private let fraction = Mutex(0.0)

    /// The count.
    var value: String {
        let fraction = fraction.withLock { $0 }
        let whole = whole.load(ordering: .relaxed)
        return fraction == 0 ? String(whole) : String(Double(whole) + fraction)
    }

    func increment(by amount: Int64) {
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        fraction.withLock { $0 += amount }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.withLock { $0 = 0 }
    }
}

/// A number that goes up and down.
final class PrometheusGauge: MeterHandler, RecorderHandler {
    private let number = Mutex(0.0)

    /// The number.
    var value: String {
        PrometheusHistogram.text(number.withLock { $0 })
    }

    func set(_ value: Int64) {
        set(Double(value))
    }

    func set(_ value: Double) {
        number.withLock { $0 = value }
    }

    func increment(by amount: Double) {
        number.withLock { $0 += amount }
    }

    func decrement(by amount: Double) {
        number.withLock { $0 -= amount }
    }

    func record(_ value: Int64) {
        set(Double(value))
    }

    func record(_ value: Double) {
        set(value)
    }
}

/// How many observations fell below each bound.
final class PrometheusHistogram: TimerHandler, RecorderHandler {
    /// Bounds for durations: from half a millisecond to half a minute.
    static let secondBounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// Bounds for counts and sizes.
    static let countBounds: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]

    private struct Observations {
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let observations: Mutex<Observations>

    init(bounds: [Double]) {
        self.bounds = bounds
        observations = Mutex(Observations(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1e9)
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        observations.withLock { observations in
            observations.counts[index] += 1
            observations.sum += value
        }
    }

    /// The series of the text format.
    func lines(_ name: String, _ labels: String) -> [String] {
        let observations = observations.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        var lines: [String] = []
        var total = 0
        for (bound, count) in zip(bounds.map(Self.text) + ["+Inf"], observations.counts) {
            total += count
            lines.append("\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)")
        }
        lines.append("\(name)_sum\(braces) \(observations.sum)")
        lines.append("\(name)_count\(braces) \(total)")
        return lines
    }

    /// Writes whole numbers without a fraction.
    static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
