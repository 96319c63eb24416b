#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Functions over numbers.
extension Evaluator {
    func numeric(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        if builtin == .random { return Value(state.pointee.random.unit()) }
        if a[0].isUndefined { return .undefined }
        if builtin == .number { return try number(a[0]) }
        let value = a[0].number
        switch builtin {
        case .abs: return Value(value.magnitude)
        case .floor: return Value(value.rounded(.down))
        case .ceil: return Value(value.rounded(.up))
        case .round: return Value(NumberText.round(value, places: a[1].isNumber ? a[1].number : 0) + 0.0)
        case .sqrt:
            if value < 0 { throw fail(.d3060, value: a[0], index: 1) }
            return Value(value.squareRoot())
        case .power:
            guard a[1].isNumber else { return .undefined }
            let result = pow(value, a[1].number)
            if !result.isFinite { throw fail(.d3061, value: a[0], second: a[1], index: 1) }
            return Value(result)
        default: return try formatBase(value, a[1])
        }
    }

    /// `$number`: a number from a string, a truth value or a number.
    func number(_ value: Value) throws(Fault) -> Value {
        switch value.kind {
        case .number: return value
        case .bool: return Value(value.bool ? 1 : 0)
        case .string:
            if let number = NumberText.parse(value.bytes) { return Value(number) }
            throw fail(.d3030, value: value, index: 1)
        default: throw fail(.d3030, value: value, index: 1)
        }
    }

    private func formatBase(_ value: Double, _ radix: Value) throws(Fault) -> Value {
        let base = radix.isNumber ? NumberText.round(radix.number, places: 0) : 10
        if !(base >= 2 && base <= 36) { throw fail(.d3100, value: radix) }
        let whole = NumberText.round(value, places: 0)
        guard whole.magnitude < 0x1p63 else {
            var text = ByteBuilder(arena)
            NumberText.write(whole, to: &text)
            return text.finish()
        }
        return arena.string(String(Int64(whole), radix: Int(base)))
    }
}

extension NumberText {
    /// The number that `$number` reads from text: JSON's grammar, or `0x`, `0o`, `0b` with digits.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        if bytes.count > 2, bytes[0] == 0x30 {
            let radix: Double
            switch bytes[1] | 0x20 {
            case UInt8(ascii: "x"): radix = 16
            case UInt8(ascii: "o"): radix = 8
            case UInt8(ascii: "b"): radix = 2
            default: radix = 0
            }
            if radix > 0 {
                var result = 0.0
                for byte in bytes.dropFirst(2) {
                    guard let digit = hexDigit(byte), Double(digit) < radix else { return nil }
                    result = result * radix + Double(digit)
                }
                return result.isFinite ? result : nil
            }
        }
        var index = 0
        func digits() -> Int {
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
            return index - start
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let count = digits()
        guard count > 0 else { return nil }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() > 0 else { return nil }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
                index += 1
            }
            guard digits() > 0 else { return nil }
        }
        guard index == bytes.count else { return nil }
        if count == bytes.count, count <= 15 { return Double(bytes.reduce(0) { $0 &* 10 &+ Int($1 &- 0x30) }) }
        let result = parseDecimal(bytes)
        return result.isFinite ? result : nil
    }

    /// Rounds to decimal places, halves to even, judged on the decimal digits.
    static func round(_ value: Double, places: Double) -> Double {
        if places == 0 { return value.magnitude < 0x1p52 ? value.rounded(.toNearestOrEven) : value }
        guard value.isFinite, places.magnitude < 400 else { return value }
        let shifted = shift(value, by: Int(places))
        guard shifted.isFinite else { return value }
        return shift(shifted.rounded(.toNearestOrEven), by: -Int(places))
    }

    /// Moves the decimal point by changing the exponent of the text, so that no binary error comes in.
    private static func shift(_ value: Double, by places: Int) -> Double {
        var decimal = shortest(value)
        if decimal.digits.isEmpty { return value }
        decimal.point += places
        var text: [UInt8] = decimal.isNegative ? [UInt8(ascii: "-")] : []
        text += Array("0.".utf8) + decimal.digits.map { 0x30 + $0 } + Array("e\(decimal.point)".utf8)
        return text.withUnsafeBufferPointer { parseDecimal($0) }
    }
}
