package import CoreMetrics
import Synchronization

/// Keeps the metrics of this process and writes them in the Prometheus text format (version 0.0.4) for `/metrics`.
///
/// Counters, gauges (meters and recorders that do not aggregate) and histograms (timers, in seconds, and recorders).
/// Give it to `MetricsSystem.bootstrap` once, and to the ``TributaryApplication``.
package final class PrometheusMetrics: MetricsFactory {
    private struct Series: Hashable {
        let name: String
        let labels: String
    }

    private enum Metric {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)

        var kind: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    private let metrics = Mutex<[Series: Metric]>([:])

    /// Makes an empty set of metrics.
    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
        -> any FloatingPointCounterHandler
    {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, PrometheusHistogram.countBounds) : gauge(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, PrometheusHistogram.secondBounds)
    }

    // Series live as long as the process: a counter that vanishes and starts again at zero is read as a reset.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// All metrics as text, sorted by name.
    package func text() -> String {
        let all = metrics.withLock { $0 }.sorted { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }
        var lines: [String] = []
        var latest: String?
        for (series, metric) in all {
            if series.name != latest { lines.append("# TYPE \(series.name) \(metric.kind)") }
            latest = series.name
            switch metric {
            case .counter(let counter): lines.append("\(series.name)\(braces(series.labels)) \(counter.value)")
            case .gauge(let gauge): lines.append("\(series.name)\(braces(series.labels)) \(gauge.value)")
            case .histogram(let histogram): lines += histogram.lines(series.name, series.labels)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> PrometheusCounter {
        let series = Self.series(label, dimensions)
        return metrics.withLock { metrics in
            if case .counter(let known) = metrics[series] { return known }
            let made = PrometheusCounter()
            metrics[series] = .counter(made)
            return made
        }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge {
        let series = Self.series(label, dimensions)
        return metrics.withLock { metrics in
            if case .gauge(let known) = metrics[series] { return known }
            let made = PrometheusGauge()
            metrics[series] = .gauge(made)
            return made
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], _ bounds: [Double])
        -> PrometheusHistogram
    {
        let series = Self.series(label, dimensions)
        return metrics.withLock { metrics in
            if case .histogram(let known) = metrics[series] { return known }
            let made = PrometheusHistogram(bounds: bounds)
            metrics[series] = .histogram(made)
            return made
        }
    }

    private func braces(_ labels: String) -> String {
        labels.isEmpty ? "" : "{\(labels)}"
    }

    private static func series(_ label: String, _ dimensions: [(String, String)]) -> Series {
        let labels = dimensions.map { name, value in "\(clean(name))=\"\(escaped(value))\"" }
        return Series(name: clean(label), labels: labels.joined(separator: ","))
    }

    private static func clean(_ name: String) -> String {
        String(
            decoding: name.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    byte
                default: UInt8(ascii: "_")
                }
            },
            as: UTF8.self
        )
    }

    private static func escaped(_ value: String) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(value.utf8.count)
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): output += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): output += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
