import CoreMetrics
import Synchronization
import Vocabulary

/// What is counted of requests: answers by operation and status, their duration, those in flight, and refusals.
struct RequestMetrics: Sendable {
    private final class Operation: Sendable {
        let name: String
        let duration: CoreMetrics.Timer
        let answers = Mutex<[Int: Counter]>([:])

        init(_ name: String, _ factory: PrometheusMetrics) {
            self.name = name
            duration = CoreMetrics.Timer(
                label: "tributary_http_request_seconds",
                dimensions: [("operation", name)],
                factory: factory
            )
        }
    }

    /// How many connections are open.
    let connections: Meter

    private let operations: [Operation]
    private let inFlight: Meter
    private let factory: PrometheusMetrics

    init(operations: [String], factory: PrometheusMetrics) {
        self.operations = operations.map { Operation($0, factory) }
        self.factory = factory
        connections = Meter(label: "tributary_http_connections", dimensions: [], factory: factory)
        inFlight = Meter(label: "tributary_http_requests_in_flight", dimensions: [], factory: factory)
    }

    /// A handler starts.
    func begin() {
        inFlight.increment()
    }

    /// A handler has answered.
    func end(_ index: Int, status: Int, duration: Duration) {
        inFlight.decrement()
        let operation = operations[index]
        let (seconds, attoseconds) = duration.components
        operation.duration.recordNanoseconds(seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
        let counter = operation.answers.withLock { answers in
            if let known = answers[status] { return known }
            let made = Counter(
                label: "tributary_http_requests_total",
                dimensions: [("operation", operation.name), ("status", String(status))],
                factory: factory
            )
            answers[status] = made
            return made
        }
        counter.increment()
    }

    /// A request was refused before its handler.
    func refused(_ code: ErrorCode) {
        Counter(
            label: "tributary_http_requests_refused_total",
            dimensions: [("code", code.rawValue)],
            factory: factory
        ).increment()
    }
}
