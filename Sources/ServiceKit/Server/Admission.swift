package import HTTPTypes
import Vocabulary

/// What is decided about a request from its head alone, before its body is read.
struct Admission: Sendable {
    /// The checked head.
    let head: RequestHead
    /// The operation it is for, and its index among the service's endpoints.
    let endpoint: (index: Int, value: Endpoint)?
    /// The values of the path template.
    let pathParameters: [String: String]
    /// The largest body that is read.
    let bodyBytesMax: Int
    /// Why it is not answered by the endpoint; the body is read and thrown away first, when that is little work.
    var refusal: Problem?
    /// The methods to name in `Allow` beside a refusal.
    let allow: String?
    /// Names the request in logs and answers.
    let trace: TraceIDs
    /// When the head was read.
    let started: ContinuousClock.Instant
    /// When the caller stops waiting.
    let deadline: ContinuousClock.Instant
}

/// The two ids that are taken over from a request or made, and given back with the answer.
struct TraceIDs: Sendable, Equatable {
    /// `X-Request-Id`.
    let requestID: String
    /// `traceparent` (W3C Trace Context).
    let traceparent: String

    /// Takes over what is well-formed and makes the rest.
    init(_ headers: HTTPFields) {
        let trace = headers[.traceparent].flatMap { Self.isTraceparent($0) ? $0 : nil }
        let request = headers[.requestID].flatMap { Self.isRequestID($0) ? $0 : nil }
        let made = trace == nil || request == nil ? Self.random() : ""
        requestID = request ?? made
        traceparent = trace ?? "00-\(made)-\(made.prefix(16))-00"
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

    private static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        for number in [generator.next() | 1, generator.next()] as [UInt64] {
            for shift in stride(from: 60, through: 0, by: -4) { text.append(digits[Int(number >> UInt64(shift) & 15)]) }
        }
        return String(decoding: text, as: UTF8.self)
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
