/// Bytes as lower-case hexadecimal digits (RFC 4648 section 8, in lower case).
package enum Hexadecimal {
    /// Two digits for each byte.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 0xF))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The thirty-two digits of two numbers.
    package static func text(_ high: UInt64, _ low: UInt64) -> String {
        var text = InlineArray<32, UInt8>(repeating: 0)
        for index in 0..<16 {
            text[index] = digit(high, index)
            text[index + 16] = digit(low, index)
        }
        return string(text.span)
    }

    /// The two halves of a UUID in its canonical text form (RFC 9562 section 4).
    static func hyphened(_ high: UInt64, _ low: UInt64) -> String {
        var text = InlineArray<36, UInt8>(repeating: UInt8(ascii: "-"))
        for index in 0..<8 { text[index] = digit(high, index) }
        for index in 8..<12 { text[index + 1] = digit(high, index) }
        for index in 12..<16 { text[index + 2] = digit(high, index) }
        for index in 0..<4 { text[index + 19] = digit(low, index) }
        for index in 4..<16 { text[index + 20] = digit(low, index) }
        return string(text.span)
    }

    /// One of the sixteen digits of a number, the first for the highest bits.
    package static func digit(_ number: UInt64, _ index: Int) -> UInt8 {
        digit(UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * index)) & 0xF)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    private static func string(_ digits: Span<UInt8>) -> String {
        guard let text = try? UTF8Span(validating: digits) else { preconditionFailure("digits are not ASCII") }
        return String(copying: text)
    }

    /// The value of one digit in lower case; nil for any other byte.
    package static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
