/// A JSON number that keeps the digits it was written with, so that money never passes through binary floating point.
///
/// Equality is that of the digits: `1.0` and `1` are two texts. Compare `double` or `int` to compare magnitudes.
package struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The number as RFC 8259 writes it.
    package let text: String

    /// Wraps text already known to be a number in the grammar of RFC 8259 section 6.
    package init(uncheckedText text: String) {
        self.text = text
    }

    /// Takes text that is a number in the grammar of RFC 8259 section 6; nil for anything else.
    package init?(_ text: String) {
        guard let first = text.utf8.first, first != UInt8(ascii: " "),
            let parsed = try? JSONValue(parsing: text), let number = parsed.number,
            number.text.utf8.count == text.utf8.count
        else { return nil }
        self = number
    }

    /// Writes an integer.
    package init(_ value: some BinaryInteger) {
        text = String(value)
    }

    /// Writes a finite double as ECMAScript does; nil for infinities and NaN, which JSON cannot say.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = Self.shortestText(of: value)
    }

    /// The value as an integer, when it has no fraction and fits: exactly for digits alone, up to 2^53 for `1e3` or `1.0`.
    package var int: Int? {
        if let value = Int(text) { return value }
        guard let value = Double(text), value == value.rounded(.towardZero), abs(value) <= 9_007_199_254_740_992 else {
            return nil
        }
        return Int(value)
    }

    /// The nearest double; an infinity when the magnitude is beyond its range.
    package var double: Double {
        Double(text) ?? .nan
    }

    package var description: String { text }
}

extension JSONNumber {
    /// The shortest text that reads back as `value`, in the form of ECMAScript's `Number::toString`, which RFC 8785
    /// also prescribes: digits alone up to 1e21, an exponent beyond and below 1e-6, `0` for both zeros.
    ///
    /// - Parameter value: A finite double; infinities and NaN come out as `null`.
    /// - Returns: The text.
    package static func shortestText(of value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == value.rounded(.towardZero), abs(value) < 9_007_199_254_740_992 { return String(Int(value)) }
        // Swift's description has the shortest digits too, but other rules for the exponent.
        var digits: [UInt8] = []
        var exponent = 0
        var fraction = 0
        var sawPoint = false
        var text = Array(value.magnitude.description.utf8)
        if let mark = text.firstIndex(of: UInt8(ascii: "e")) {
            exponent = Int(String(decoding: text[(mark + 1)...], as: UTF8.self)) ?? 0
            text.removeSubrange(mark...)
        }
        for byte in text {
            if byte == UInt8(ascii: ".") {
                sawPoint = true
            } else {
                digits.append(byte)
                fraction += sawPoint ? 1 : 0
            }
        }
        while digits.last == UInt8(ascii: "0"), digits.count > 1 {
            digits.removeLast()
            fraction -= 1
        }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leading)
        // The value is 0.d1d2d3... times ten to the power of `point`.
        let point = digits.count - fraction + exponent
        return (value < 0 ? "-" : "") + place(digits, point)
    }

    private static func place(_ digits: [UInt8], _ point: Int) -> String {
        let text = String(decoding: digits, as: UTF8.self)
        let count = digits.count
        switch point {
        case count...21 where count <= 21:
            return text + String(repeating: "0", count: point - count)
        case 1...21:
            return String(text.prefix(point)) + "." + String(text.dropFirst(point))
        case -5...0:
            return "0." + String(repeating: "0", count: -point) + text
        default:
            let rest = count > 1 ? "." + String(text.dropFirst()) : ""
            return String(text.prefix(1)) + rest + "e" + (point > 0 ? "+" : "-") + String(abs(point - 1))
        }
    }
}
