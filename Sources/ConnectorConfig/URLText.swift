/// Puts text into one segment of a path, whatever bytes it has.
package enum PathSegment {
    /// `text` with everything but unreserved characters percent-encoded (RFC 3986 section 2.3).
    ///
    /// - Throws: `ExpressionError` for the empty text and for `.` and `..`, which would leave the segment.
    package static func encoded(_ text: String) throws(ExpressionError) -> String {
        guard !text.isEmpty, text != ".", text != ".." else {
            throw ExpressionError(code: "bad_segment", message: "an empty or dotted value cannot be part of a path")
        }
        return URLText.encoded(text)
    }
}

/// Percent-encoding over UTF-8 bytes (RFC 3986 section 2.1).
package enum URLText {
    /// `text` with every byte but the unreserved ones and `also` encoded.
    package static func encoded(_ text: String, allowing also: String = "") -> String {
        func isKept(_ byte: UInt8) -> Bool { isUnreserved(byte) || also.utf8.contains(byte) }
        if text.utf8.allSatisfy(isKept) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isKept(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
