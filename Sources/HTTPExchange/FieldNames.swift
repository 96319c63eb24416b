package import HTTPTypes

/// The names of header fields that most messages have, checked once.
///
/// To check a name and to make its lower-case form costs more than all else that is done with a field.
package enum FieldNames {
    private struct Known: Sendable {
        let spelling: [UInt8]
        let name: HTTPField.Name
    }

    private static let spellings = [
        "Accept", "Accept-Encoding", "Accept-Language", "Accept-Ranges", "Age", "Allow", "Authorization",
        "Cache-Control", "Connection", "Content-Disposition", "Content-Encoding", "Content-Language",
        "Content-Length", "Content-Range", "Content-Type", "Cookie", "Date", "ETag", "Expect", "Expires", "Host",
        "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "Keep-Alive", "Last-Modified", "Link",
        "Location", "Origin", "Pragma", "Prefer", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
        "Referer", "Retry-After", "Server", "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding",
        "traceparent", "tracestate", "Upgrade", "User-Agent", "Vary", "Via", "X-Api-Key", "X-Content-Type-Options",
        "X-Deadline-Ms", "X-Forwarded-For", "X-Forwarded-Proto", "X-Frame-Options", "X-Integrated-Account-Id",
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id", "X-Tributary-Priority",
    ]

    /// The known names by a number that their length and ends give.
    private static let buckets: [[Known]] = {
        var buckets = [[Known]](repeating: [], count: 256)
        for spelling in spellings {
            for text in [spelling, spelling.lowercased()] {
                guard let name = HTTPField.Name(text) else { continue }
                let bytes = Array(text.utf8)
                buckets[bucket(bytes.span)].append(Known(spelling: bytes, name: name))
            }
        }
        return buckets
    }()

    private static func bucket(_ bytes: Span<UInt8>) -> Int {
        guard let last = bytes.indices.last else { return 0 }
        let middle = bytes[bytes.count / 2]
        return (bytes.count &* 31 &+ Int(bytes[0]) &* 7 &+ Int(bytes[last]) &* 3 &+ Int(middle)) & 0xFF
    }

    /// The name that bytes spell; nil when they are not a token.
    package static func name(_ bytes: Span<UInt8>) -> HTTPField.Name? {
        search: for known in buckets[bucket(bytes)] where known.spelling.count == bytes.count {
            let spelling = known.spelling.span
            for index in bytes.indices where spelling[index] != bytes[index] { continue search }
            return known.name
        }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for index in bytes.indices { text.append(bytes[index]) }
        return HTTPField.Name(String(decoding: text, as: UTF8.self))
    }

    /// The name that a text spells; nil when it is not a token.
    package static func name(_ text: String) -> HTTPField.Name? { name(text.utf8Span.span) }
}
