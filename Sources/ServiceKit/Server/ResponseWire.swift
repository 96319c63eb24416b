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

    /// Appends status line and header fields.
    ///
    /// Framing fields that the answer itself carries are left out.
    static func writeHead(
        status: Int,
        headers: HTTPFields,
        framing: Framing,
        closes: Bool,
        date: String,
        into buffer: inout ByteBuffer
    ) {
        // One write into the buffer, which looks at its bounds and its owner each time.
        var head: [UInt8] = []
        head.reserveCapacity(512)
        head.append(contentsOf: "HTTP/1.1 ".utf8)
        head.append(contentsOf: String(status).utf8)
        head.append(UInt8(ascii: " "))
        head.append(contentsOf: ReasonPhrase.of(status).utf8)
        head.append(contentsOf: "\r\n".utf8)
        for field in headers {
            switch field.name {
            case .contentLength, .transferEncoding, .connection, .date: continue
            default: break
            }
            head.append(contentsOf: field.name.rawName.utf8)
            head.append(contentsOf: ": ".utf8)
            head.append(contentsOf: field.value.utf8)
            head.append(contentsOf: "\r\n".utf8)
        }
        switch framing {
        case .length(let count):
            head.append(contentsOf: "Content-Length: ".utf8)
            head.append(contentsOf: String(count).utf8)
            head.append(contentsOf: "\r\n".utf8)
        case .chunks: head.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        case .close, .none: break
        }
        if closes { head.append(contentsOf: "Connection: close\r\n".utf8) }
        head.append(contentsOf: "Date: ".utf8)
        head.append(contentsOf: date.utf8)
        head.append(contentsOf: "\r\n\r\n".utf8)
        buffer.writeBytes(head)
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
