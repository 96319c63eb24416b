/// Reads JSON text into an arena.
///
/// Duplicate names: the last wins. Bad UTF-8 in strings becomes U+FFFD.
struct ValueReader {
    let bytes: UnsafeBufferPointer<UInt8>
    let arena: Arena
    var offset = 0
    private var isValid = true
    let depthMax: Int

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ arena: Arena, depthMax: Int) {
        self.bytes = bytes
        self.arena = arena
        self.depthMax = depthMax
    }

    /// The value of a text, or nil when it is not JSON or nests deeper than `depthMax`.
    ///
    /// Strings without escapes point into `bytes`, which must outlive the value.
    ///
    /// With `fields`, other fields are checked and passed over.
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ arena: Arena,
        depthMax: Int = 512,
        fields: ReadFieldPointer? = nil
    ) -> Value? {
        var reader = ValueReader(bytes, arena, depthMax: depthMax)
        reader.skipBlanks()
        let value = fields.map { reader.value(depth: 0, fields: $0) } ?? reader.value(depth: 0)
        reader.skipBlanks()
        return reader.isValid && reader.offset == bytes.count ? value : nil
    }

    @inline(__always)
    mutating func skipBlanks() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset &+= 1
        }
    }

    mutating func fail() -> Value {
        isValid = false
        offset = bytes.count
        return .null
    }

    mutating func value(depth: Int) -> Value {
        guard offset < bytes.count, depth <= depthMax else { return fail() }
        switch bytes[offset] {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "t"): return word("true", Value(true))
        case UInt8(ascii: "f"): return word("false", Value(false))
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number()
        }
    }

    private mutating func word(_ text: StaticString, _ value: Value) -> Value {
        let count = text.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return fail() }
        for index in 0..<count where bytes[offset + index] != text.utf8Start[index] { return fail() }
        offset += count
        return value
    }

    private mutating func object(depth: Int) -> Value {
        let object = arena.object()
        offset += 1
        skipBlanks()
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "}") {
            offset += 1
            return Value(object)
        }
        while true {
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { return fail() }
            let key = string().keyed
            skipBlanks()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else { return fail() }
            offset += 1
            skipBlanks()
            let member = value(depth: depth + 1)
            arena.set(member, for: key, in: object)
            skipBlanks()
            guard offset < bytes.count else { return fail() }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "}") { return Value(object) }
            guard byte == UInt8(ascii: ",") else { return fail() }
            skipBlanks()
        }
    }

    private mutating func array(depth: Int) -> Value {
        let array = arena.array()
        offset += 1
        skipBlanks()
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "]") {
            offset += 1
            return Value(array)
        }
        while true {
            arena.push(value(depth: depth + 1), to: array)
            skipBlanks()
            guard offset < bytes.count else { return fail() }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "]") { return Value(array) }
            guard byte == UInt8(ascii: ",") else { return fail() }
            skipBlanks()
        }
    }

    private mutating func number() -> Value {
        let start = offset
        var isInteger = true
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        let digits = offset
        guard skipDigits() else { return fail() }
        if bytes[digits] == 0x30, offset > digits + 1 { return fail() }
        var magnitude = 0
        if offset - digits <= 15 {
            for index in digits..<offset { magnitude = magnitude &* 10 &+ Int(bytes[index] &- 0x30) }
        } else {
            isInteger = false
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            guard skipDigits() else { return fail() }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            guard skipDigits() else { return fail() }
        }
        let isNegative = bytes[start] == UInt8(ascii: "-")
        if isInteger { return Value(isNegative ? -Double(magnitude) : Double(magnitude)) }
        return Value(parseDecimal(UnsafeBufferPointer(rebasing: bytes[start..<offset])))
    }

    private mutating func skipDigits() -> Bool {
        let start = offset
        while offset < bytes.count, bytes[offset] >= 0x30, bytes[offset] <= 0x39 { offset += 1 }
        return offset > start
    }

    mutating func string() -> Value {
        guard let base = bytes.baseAddress else { return fail() }
        offset += 1
        let start = offset
        var high: UInt8 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 0x22 {
                let value = Value(string: base + start, count: offset - start, ascii: high < 0x80)
                offset += 1
                return high < 0x80 ? value.plain : repaired(value)
            }
            if byte == 0x5C { return escapedString(from: start) }
            if byte < 0x20 { return fail() }
            high |= byte
            offset &+= 1
        }
        return fail()
    }

    private mutating func escapedString(from start: Int) -> Value {
        guard let base = bytes.baseAddress else { return fail() }
        var text = ByteBuilder(arena, capacity: offset - start + 32)
        text.append(base + start, count: offset - start)
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == 0x22 { return repaired(text.finish()) }
            if byte < 0x20 { return fail() }
            guard byte == 0x5C else {
                text.append(byte)
                continue
            }
            guard offset < bytes.count else { return fail() }
            let escape = bytes[offset]
            offset += 1
            switch escape {
            case 0x22, 0x5C, 0x2F: text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                guard offset + 4 <= bytes.count else { return fail() }
                var unit: UInt16 = 0
                for index in 0..<4 {
                    guard let digit = hexDigit(bytes[offset + index]) else { return fail() }
                    unit = unit << 4 | UInt16(digit)
                }
                text.append(utf16: unit)
                offset += 4
            default: return fail()
            }
        }
        return fail()
    }

    /// The string itself when it is well-formed (surrogates allowed), otherwise with U+FFFD for what is not.
    private func repaired(_ string: Value) -> Value { WTF8.repaired(string, arena) }
}

/// Text that is UTF-8 but for lone surrogates.
enum WTF8 {
    /// The string, with U+FFFD for bytes that are not text.
    static func repaired(_ string: Value, _ arena: Arena) -> Value {
        let bytes = string.bytes
        var offset = 0
        while offset < bytes.count {
            let length = wellFormedLength(bytes, offset)
            if length == 0 { return repair(bytes, arena) }
            offset += length
        }
        return string
    }

    private static func repair(_ bytes: UnsafeBufferPointer<UInt8>, _ arena: Arena) -> Value {
        var text = ByteBuilder(arena, capacity: bytes.count + 16)
        var offset = 0
        while offset < bytes.count {
            let length = wellFormedLength(bytes, offset)
            if length == 0 {
                text.append("\u{FFFD}")
                offset += 1
            } else {
                for index in offset..<(offset + length) { text.append(bytes[index]) }
                offset += length
            }
        }
        return text.finish()
    }

    /// The length of the code point at an offset, 0 when the bytes there are not well-formed.
    private static func wellFormedLength(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Int {
        let first = bytes[offset]
        if first < 0x80 { return 1 }
        guard first >= 0xC2, first <= 0xF4 else { return 0 }
        let length = sequenceLength(first)
        guard offset + length <= bytes.count else { return 0 }
        for index in 1..<length where bytes[offset + index] & 0xC0 != 0x80 { return 0 }
        let second = bytes[offset + 1]
        if first == 0xE0, second < 0xA0 { return 0 }
        if first == 0xF0, second < 0x90 { return 0 }
        if first == 0xF4, second > 0x8F { return 0 }
        return length
    }
}
