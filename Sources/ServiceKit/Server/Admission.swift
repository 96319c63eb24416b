import HTTPExchange
package import HTTPTypes
import Synchronization
import Vocabulary

/// What is decided about a request from its head alone, before its body is read.
///
/// An object, because it goes through the connection's states and the answering task many times.
final class Admission: Sendable {
    /// The checked head.
    let head: RequestHead
    /// The operation it is for.
    let endpoint: RoutedEndpoint?
    /// The values of the path template.
    let pathParameters: PathParameters
    /// The largest body that is read.
    let bodyBytesMax: Int
    /// Why it is not answered by the endpoint; the body is read and thrown away first, when that is little work.
    let refusal: Problem?
    /// The methods to name in `Allow` beside a refusal.
    let allow: String?
    /// Names the request in logs and answers.
    let trace: TraceIDs
    /// When the head was read.
    let started: ContinuousClock.Instant
    /// When the caller stops waiting.
    let deadline: ContinuousClock.Instant

    init(
        head: RequestHead,
        endpoint: RoutedEndpoint?,
        pathParameters: PathParameters,
        bodyBytesMax: Int,
        refusal: Problem?,
        allow: String?,
        trace: TraceIDs,
        started: ContinuousClock.Instant,
        deadline: ContinuousClock.Instant
    ) {
        self.head = head
        self.endpoint = endpoint
        self.pathParameters = pathParameters
        self.bodyBytesMax = bodyBytesMax
        self.refusal = refusal
        self.allow = allow
        self.trace = trace
        self.started = started
        self.deadline = deadline
    }
}

/// One of a service's operations.
final class RoutedEndpoint: Sendable {
    /// Its place among them.
    let index: Int
    /// The operation.
    let value: Endpoint

    init(index: Int, value: Endpoint) {
        self.index = index
        self.value = value
    }
}

/// The two ids that are taken over from a request or made, and given back with the answer.
struct TraceIDs: Sendable, Equatable {
    /// `X-Request-Id`.
    let requestID: String
    /// `traceparent` (W3C Trace Context).
    let traceparent: String

    /// Takes over what is well-formed and makes the rest.
    init(_ headers: HeaderFields) {
        let trace = headers[.traceparent].flatMap { Self.isTraceparent($0) ? $0 : nil }
        let request = headers[.requestID].flatMap { Self.isRequestID($0) ? $0 : nil }
        if let trace, let request {
            (requestID, traceparent) = (request, trace)
        } else {
            let made = Self.random()
            requestID = request ?? Hexadecimal.text(made.0, made.1)
            traceparent = trace ?? Self.traceparent(made.0, made.1)
        }
    }

    private static func isRequestID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "="):
                    true
                default: false
                }
            }
    }

    private static func isTraceparent(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.count == 4 && parts.map(\.count) == [2, 32, 16, 2]
            && parts.allSatisfy { part in
                part.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            }
            && !parts[1].allSatisfy { $0 == 0x30 } && !parts[2].allSatisfy { $0 == 0x30 }
    }

    /// Where the numbers of this process begin, and how many were made.
    private static let origin = UInt64.random(in: .min ... .max)
    private static let made = Atomic<UInt64>(0)

    /// 128 bits that no other request has: unguessable they need not be, so that no request asks the system for them.
    private static func random() -> (UInt64, UInt64) {
        let number = made.add(1, ordering: .relaxed).newValue
        let first = mixed(origin &+ number &* 0x9E37_79B9_7F4A_7C15) | 1
        return (first, mixed(first ^ number))
    }

    /// Version 00, a trace id of 128 bits, its first half as the id of the span, and no flags.
    private static func traceparent(_ high: UInt64, _ low: UInt64) -> String {
        var text = InlineArray<55, UInt8>(repeating: UInt8(ascii: "-"))
        for index in [0, 1, 53, 54] { text[index] = UInt8(ascii: "0") }
        for index in 0..<16 {
            text[index + 3] = Hexadecimal.digit(high, index)
            text[index + 19] = Hexadecimal.digit(low, index)
            text[index + 36] = Hexadecimal.digit(high, index)
        }
        return String(utf8: text.span) ?? ""
    }

    /// Spreads a number over all bits (the finalizer of SplitMix64).
    private static func mixed(_ number: UInt64) -> UInt64 {
        var number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number >> 31
    }
}

extension HTTPField.Name {
    /// Names a request across services.
    package static let requestID = known("X-Request-Id")
    /// W3C Trace Context.
    package static let traceparent = known("traceparent")
    /// Milliseconds that a calling service still waits.
    package static let deadline = known("X-Deadline-Ms")

    private static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("a field name of ours is not a token: \(name)") }
        return name
    }
}
