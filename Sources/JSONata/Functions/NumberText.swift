#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes numbers as ECMAScript does.
enum NumberText {
    /// The significant digits of a number and where its point is: the value is 0.digits times 10 to the `point`.
    struct Decimal {
        var isNegative = false
        var digits: [UInt8] = []
        var point = 0
    }

    /// The shortest digits that read back as the same number.
    static func shortest(_ number: Double) -> Decimal { decimal(from: number.description.utf8) }

    /// The digits rounded to `precision` significant ones.
    static func rounded(_ number: Double, precision: Int) -> Decimal {
        decimal(from: formatted(number, "%.\(precision - 1)e").utf8)
    }

    /// The number in a format of `printf` that takes one double.
    static func formatted(_ number: Double, _ format: String) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
            let length = withVaList([number]) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
            let bytes = buffer.prefix(min(Int(length), buffer.count - 1)).map { UInt8(bitPattern: $0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func decimal(from text: some Sequence<UInt8>) -> Decimal {
        var result = Decimal()
        var exponent = 0
        var exponentIsNegative = false
        var inExponent = false
        var afterPoint = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): if inExponent { exponentIsNegative = true } else { result.isNegative = true }
            case UInt8(ascii: "."): afterPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
            case 0x30...0x39:
                if inExponent {
                    exponent = exponent * 10 + Int(byte - 0x30)
                } else if result.digits.isEmpty, byte == 0x30 {
                    if afterPoint { result.point -= 1 }
                } else {
                    result.digits.append(byte - 0x30)
                    if !afterPoint { result.point += 1 }
                }
            default: break
            }
        }
        result.point += exponentIsNegative ? -exponent : exponent
        while result.digits.last == 0 { result.digits.removeLast() }
        if result.digits.isEmpty { result.point = 0 }
        return result
    }

    /// Writes a finite number; `precision` 15 is what `$string` shows, nil the shortest exact form.
    @inline(__always)
    static func write(_ number: Double, precision: Int? = nil, to text: inout ByteBuilder) {
        if number.magnitude < 1e15, number == number.rounded(.towardZero) {
            writeInteger(Int(number), to: &text)
        } else {
            writeLong(number, precision: precision, to: &text)
        }
    }

    static func writeInteger(_ number: Int, to text: inout ByteBuilder) {
        var rest = number.magnitude
        if rest < 10 {
            if number < 0 { text.append(UInt8(ascii: "-")) }
            return text.append(0x30 + UInt8(rest))
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            while rest > 0 {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            if number < 0 { text.append(UInt8(ascii: "-")) }
            if let base = digits.baseAddress { text.append(UnsafePointer(base + start), count: 20 - start) }
        }
    }

    @inline(never)
    private static func writeLong(_ number: Double, precision: Int?, to text: inout ByteBuilder) {
        var decimal = shortest(number)
        let isInteger = number == number.rounded(.towardZero)
        if let precision, !isInteger, decimal.digits.count > precision {
            decimal = rounded(number, precision: precision)
        }
        write(decimal, to: &text)
    }

    /// ECMAScript's Number::toString from digits.
    static func write(_ decimal: Decimal, to text: inout ByteBuilder) {
        if decimal.digits.isEmpty { return text.append(UInt8(ascii: "0")) }
        if decimal.isNegative { text.append(UInt8(ascii: "-")) }
        let digits = decimal.digits
        let point = decimal.point
        if point > 21 || point < -5 {
            text.append(0x30 + digits[0])
            if digits.count > 1 {
                text.append(UInt8(ascii: "."))
                for digit in digits.dropFirst() { text.append(0x30 + digit) }
            }
            text.append(UInt8(ascii: "e"))
            text.append(point - 1 < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
            writeInteger(abs(point - 1), to: &text)
        } else if point <= 0 {
            text.append("0.")
            for _ in 0..<(-point) { text.append(UInt8(ascii: "0")) }
            for digit in digits { text.append(0x30 + digit) }
        } else {
            for index in 0..<Swift.max(point, digits.count) {
                if index == point { text.append(UInt8(ascii: ".")) }
                text.append(index < digits.count ? 0x30 + digits[index] : UInt8(ascii: "0"))
            }
        }
    }

    /// A number as Swift text, as ECMAScript prints it.
    static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        let arena = Arena(firstChunk: 256)
        defer { arena.destroy() }
        var builder = ByteBuilder(arena)
        write(number, to: &builder)
        return String(decoding: builder.built, as: UTF8.self)
    }
}
