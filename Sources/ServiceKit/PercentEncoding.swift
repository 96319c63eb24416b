import HTTPExchange

/// Percent-encoding of RFC 3986, strict: a broken escape, an escaped NUL or bytes that are not UTF-8 have no decoded
/// form.
package enum PercentEncoding {
    /// The text behind `bytes`; nil when an escape is broken or the result is not UTF-8 without NUL.
    ///
    /// With `isForm` a `+` is a space, as in a query or an HTML form.
    package static func decoded(_ bytes: Span<UInt8>, isForm: Bool = false) -> String? {
        var isPlain = true
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") || byte == 0 || (isForm && byte == UInt8(ascii: "+")) { isPlain = false }
        }
        if isPlain { return String(utf8: bytes) }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.count, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2])
                else { return nil }
                output.append(high << 4 | low)
                index += 3
            case let byte:
                output.append(isForm && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return output.contains(0) ? nil : String(utf8: output.span)
    }

    /// `text` with everything but the unreserved characters of RFC 3986 escaped, for a query or one path segment.
    package static func encoded(_ text: String) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(hexadecimal(byte >> 4))
                output.append(hexadecimal(byte & 0xF))
            }
        }
        return String(decoding: output, as: UTF8.self)
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

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }
}
