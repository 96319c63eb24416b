import ConnectorConfig
import HTTPExchange
import JSONValue
import Synchronization
import Vocabulary

/// What happened during one call, for `explain=true`: every native request with its outcome and its time.
///
/// Made only for calls that ask for it.
final class CallTrace: Sendable {
    private struct Record {
        var requests: [JSONValue] = []
        var first: NativeAnswer?
        var vendorTime = Duration.zero
        var waitingTime = Duration.zero
    }

    /// Requests that are told; a list over very many pages tells of the first ones.
    private static let requestsMax = 100

    private let record = Mutex(Record())
    private let now: @Sendable () -> ContinuousClock.Instant
    private let start: ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.now = now
        start = now()
    }

    /// The time, to measure with.
    var moment: ContinuousClock.Instant { now() }

    /// A request came back, or did not.
    ///
    /// - Parameters:
    ///   - request: with the credentials masked.
    ///   - status: the vendor's; nil when there was no answer.
    ///   - word: what became of it, when that was no good answer.
    ///   - sent: when it was sent.
    ///   - waited: how long it had waited before, for budgets and a place.
    func note(
        _ request: JSONValue,
        status: Int?,
        word: String?,
        sent: ContinuousClock.Instant,
        waited: Duration
    ) {
        let time = now() - sent
        record.withLock { record in
            record.vendorTime += time
            record.waitingTime += waited
            guard record.requests.count < Self.requestsMax else { return }
            var entry = request.object ?? JSONObject()
            entry["status"] = status.map { .number(JSONNumber($0)) } ?? .null
            entry["outcome"] = .string(word ?? "good")
            entry["milliseconds"] = time.explained
            if waited > .zero { entry["waited_milliseconds"] = waited.explained }
            record.requests.append(.object(entry))
        }
    }

    /// A good answer, whose records show where fields come from.
    func note(_ answer: NativeAnswer) {
        record.withLock { if $0.first == nil { $0.first = answer } }
    }

    /// Some time passed between two attempts.
    func noteWait(_ wait: Duration) {
        record.withLock { $0.waitingTime += wait }
    }

    /// The first good answer.
    var firstAnswer: NativeAnswer? { record.withLock { $0.first } }

    /// The requests in their order.
    var requests: JSONValue { .array(record.withLock { $0.requests }) }

    /// Where the time went.
    var timings: JSONValue {
        let total = now() - start
        let (vendor, waiting) = record.withLock { ($0.vendorTime, $0.waitingTime) }
        return [
            "total_milliseconds": total.explained, "vendor_milliseconds": vendor.explained,
            "waiting_milliseconds": waiting.explained, "own_milliseconds": (total - vendor - waiting).explained,
        ]
    }
}

extension Duration {
    /// Milliseconds with two digits.
    fileprivate var explained: JSONValue {
        let value = max(0, (self / .milliseconds(1) * 100).rounded() / 100)
        return JSONNumber(value).map(JSONValue.number) ?? .null
    }
}
