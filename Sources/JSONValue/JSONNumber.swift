/// A JSON number that keeps the digits it was written with, so that money never passes through binary floating point.
package struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The number as RFC 8259 writes it.
    package let text: String

    /// Wraps text already known to be a number in the grammar of RFC 8259 section 6.
    package init(uncheckedText text: String) {
        self.text = text
    }

    /// Writes an integer.
    package init(_ value: Int) {
        text = String(value)
    }

    /// Writes a finite double in its shortest form; nil for infinities and NaN, which JSON cannot say.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        if value == value.rounded(.towardZero), abs(value) < 1e15 {
            text = String(Int(value))
        } else {
            text = String(describing: value)
        }
    }

    /// The value as an integer, when it has no fraction and fits.
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
