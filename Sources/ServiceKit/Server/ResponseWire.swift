import HTTPExchange
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Writes the head of an answer and the framing of its body as HTTP/1.1 has them on the wire.
enum ResponseWire {
    /// How the receiver learns where the body ends.
    enum Framing: Equatable {
        /// By a length; the answer to `HEAD` has the length of what `GET` gives.
        case length(Int)
        /// By chunks.
        case chunks
        /// By the end of the connection, for HTTP/1.0.
        case close
        /// There is none: 204, 304.
        case none
    }

    /// Status line and header fields, with those that every answer has.
    ///
    /// Fields that are written here are left out where the answer itself carries them. Without `trace` the answer names
    /// its request itself.
    static func head(
        status: Int,
        headers: HeaderFields,
        trace: TraceIDs?,
        framing: Framing,
        closes: Bool,
        date: String
    ) -> [UInt8] {
        var lines: [(name: String, value: String)] = []
        lines.reserveCapacity(headers.count + 6)
        for field in headers where !isOurs(field.name) || trace == nil && field.name == .requestID {
            lines.append((field.name.rawName, field.value))
        }
        if let trace {
            lines.append(("X-Request-Id", trace.requestID))
            lines.append(("traceparent", trace.traceparent))
        }
        lines.append(("X-Content-Type-Options", "nosniff"))
        switch framing {
        case .length(let count): lines.append(("Content-Length", String(count)))
        case .chunks: lines.append(("Transfer-Encoding", "chunked"))
        case .close, .none: break
        }
        lines.append(("Date", date))
        let start = "HTTP/1.1 \(status) \(ReasonPhrase.of(status))"
        return put(together: closes ? start + "\r\nConnection: close" : start, lines)
    }

    private static func isOurs(_ name: HTTPField.Name) -> Bool {
        name.isSame(as: .date) || name.isSame(as: .contentLength) || name.isSame(as: .connection)
            || name.isSame(as: .transferEncoding) || name.isSame(as: .requestID) || name.isSame(as: .traceparent)
            || name.isSame(as: .xContentTypeOptions)
    }

    private static func put(together start: String, _ lines: [(name: String, value: String)]) -> [UInt8] {
        let count = lines.reduce(start.utf8.count + 4) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        return [UInt8](capacity: count) { output in
            append(start, UInt8(ascii: "\r"), UInt8(ascii: "\n"), &output)
            for line in lines {
                append(line.name, UInt8(ascii: ":"), UInt8(ascii: " "), &output)
                append(line.value, UInt8(ascii: "\r"), UInt8(ascii: "\n"), &output)
            }
            output.append(UInt8(ascii: "\r"))
            output.append(UInt8(ascii: "\n"))
        }
    }

    /// Appends `text` and the two characters behind it.
    private static func append(
        _ text: String,
        _ first: UInt8,
        _ second: UInt8,
        _ output: inout OutputSpan<UInt8>
    ) {
        let bytes = text.utf8Span.span
        for index in bytes.indices { output.append(bytes[index]) }
        output.append(first)
        output.append(second)
    }

    /// Appends one chunk; an empty piece is left out, because it would end the body.
    static func writeChunk(_ piece: [UInt8], into buffer: inout ByteBuffer) {
        guard !piece.isEmpty else { return }
        buffer.writeString(String(piece.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(piece)
        buffer.writeStaticString("\r\n")
    }

    /// What ends a body in chunks.
    static let lastChunk: StaticString = "0\r\n\r\n"
}

/// The words that go with a status (RFC 9110 section 15, RFC 6585).
enum ReasonPhrase {
    /// The words for `status`; empty when none are known.
    static func of(_ status: Int) -> String {
        HTTPResponseStatus(statusCode: status).reasonPhrase
    }
}
