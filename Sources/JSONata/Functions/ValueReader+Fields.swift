/// Reading only the fields that an expression reads.
///
/// What is passed over is checked as JSON all the same.
extension ValueReader {
    /// The value at the offset, with only `fields` of its objects.
    mutating func value(depth: Int, fields: ReadFieldPointer) -> Value {
        if fields.pointee.isWhole { return value(depth: depth) }
        guard offset < bytes.count, depth <= depthMax else { return fail() }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return object(depth: depth, fields: fields)
        case UInt8(ascii: "["): return array(depth: depth, fields: fields)
        default: return value(depth: depth)
        }
    }

    private mutating func object(depth: Int, fields: ReadFieldPointer) -> Value {
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
            if let field = fields.field(key) {
                arena.set(value(depth: depth + 1, fields: field), for: key, in: object)
                skipBlanks()
            } else if !skipValue(depth: depth + 1) {
                return fail()
            }
            guard offset < bytes.count else { return fail() }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "}") { return Value(object) }
            guard byte == UInt8(ascii: ",") else { return fail() }
            skipBlanks()
        }
    }

    private mutating func array(depth: Int, fields: ReadFieldPointer) -> Value {
        let array = arena.array()
        offset += 1
        skipBlanks()
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "]") {
            offset += 1
            return Value(array)
        }
        while true {
            arena.push(value(depth: depth + 1, fields: fields), to: array)
            skipBlanks()
            guard offset < bytes.count else { return fail() }
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "]") { return Value(array) }
            guard byte == UInt8(ascii: ",") else { return fail() }
            skipBlanks()
        }
    }

    /// Moves past a value and the blanks after it.
    /// - Returns: false when it is not JSON or nests too deep.
    private mutating func skipValue(depth: Int) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let levels = depthMax - depth
        guard levels >= 0 else { return false }
        let end = base + bytes.count
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: levels + 1) { closers in
            guard let after = ValueSkipper(end: end).skip(base + offset, closers: closers) else { return false }
            offset = after - base
            return true
        }
    }
}

/// Checks JSON text without keeping anything of it.
struct ValueSkipper {
    typealias Position = UnsafePointer<UInt8>

    let end: Position

    /// The position after the value at `start` and the blanks that follow; nil when it is not JSON or nests deeper than
    /// `closers` has room for.
    func skip(_ start: Position, closers: UnsafeMutableBufferPointer<UInt8>) -> Position? {
        var position = start
        var level = 0
        var closer: UInt8 = 0
        value: while true {
            guard position < end else { return nil }
            let byte = position.pointee
            switch byte {
            case UInt8(ascii: "\""):
                guard let after = string(position + 1) else { return nil }
                position = after
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                position = blanks(position + 1)
                // The closing bracket is two places after the opening one in ASCII.
                guard position < end, position.pointee == byte + 2 else {
                    guard level < closers.count else { return nil }
                    closers[level] = closer
                    level += 1
                    closer = byte + 2
                    if closer == UInt8(ascii: "}") {
                        guard let after = name(position) else { return nil }
                        position = after
                    }
                    continue value
                }
                position += 1
            case UInt8(ascii: "t"):
                guard let after = word(position, 0x6575_7274, 4) else { return nil }
                position = after
            case UInt8(ascii: "f"):
                guard let after = word(position + 1, 0x6573_6C61, 4) else { return nil }
                position = after
            case UInt8(ascii: "n"):
                guard let after = word(position, 0x6C6C_756E, 4) else { return nil }
                position = after
            default:
                guard let after = number(position) else { return nil }
                position = after
            }
            while true {
                position = blanks(position)
                if level == 0 { return position }
                guard position < end else { return nil }
                let byte = position.pointee
                if byte == UInt8(ascii: ",") {
                    position = blanks(position + 1)
                    if closer == UInt8(ascii: "}") {
                        guard let after = name(position) else { return nil }
                        position = after
                    }
                    continue value
                }
                guard byte == closer else { return nil }
                position += 1
                level -= 1
                closer = closers[level]
            }
        }
    }

    @inline(__always)
    private func blanks(_ start: Position) -> Position {
        var position = start
        while position < end, position.pointee <= 0x20 {
            let byte = position.pointee
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return position }
            position += 1
        }
        return position
    }

    @inline(__always)
    private func name(_ start: Position) -> Position? {
        guard start < end, start.pointee == UInt8(ascii: "\""), let after = string(start + 1) else { return nil }
        let colon = blanks(after)
        guard colon < end, colon.pointee == UInt8(ascii: ":") else { return nil }
        return blanks(colon + 1)
    }

    /// The position after the closing quote of a string whose first byte is at `start`.
    @inline(__always)
    private func string(_ start: Position) -> Position? {
        var position = start
        while end - position >= 8 {
            let word = UnsafeRawPointer(position).loadUnaligned(as: UInt64.self).littleEndian
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let found =
                (((quote &- 0x0101_0101_0101_0101) & ~quote) | ((backslash &- 0x0101_0101_0101_0101) & ~backslash)
                    | ((word &- 0x2020_2020_2020_2020) & ~word)) & 0x8080_8080_8080_8080
            guard found != 0 else {
                position += 8
                continue
            }
            position += found.trailingZeroBitCount >> 3
            if position.pointee == 0x22 { return position + 1 }
            return rest(of: position)
        }
        return rest(of: position)
    }

    /// The end of a string from a byte that needs a closer look.
    @inline(never)
    private func rest(of start: Position) -> Position? {
        var position = start
        while position < end {
            let byte = position.pointee
            if byte == 0x22 { return position + 1 }
            if byte < 0x20 { return nil }
            guard byte == 0x5C else {
                position += 1
                continue
            }
            guard end - position >= 2 else { return nil }
            switch position[1] {
            case 0x22, 0x5C, 0x2F, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
                UInt8(ascii: "t"):
                position += 2
            case UInt8(ascii: "u"):
                guard end - position >= 6 else { return nil }
                for index in 2..<6 where hexDigit(position[index]) == nil { return nil }
                position += 6
            default: return nil
            }
        }
        return nil
    }

    @inline(__always)
    private func word(_ start: Position, _ letters: UInt32, _ count: Int) -> Position? {
        guard end - start >= count,
            UnsafeRawPointer(start).loadUnaligned(as: UInt32.self).littleEndian == letters
        else { return nil }
        return start + count
    }

    @inline(__always)
    private func number(_ start: Position) -> Position? {
        var position = start
        if position.pointee == UInt8(ascii: "-") { position += 1 }
        let integer = position
        position = digits(position)
        guard position > integer else { return nil }
        if integer.pointee == 0x30, position > integer + 1 { return nil }
        if position < end, position.pointee == UInt8(ascii: ".") {
            let fraction = position + 1
            position = digits(fraction)
            guard position > fraction else { return nil }
        }
        if position < end, position.pointee | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < end, position.pointee == UInt8(ascii: "+") || position.pointee == UInt8(ascii: "-") {
                position += 1
            }
            let exponent = position
            position = digits(exponent)
            guard position > exponent else { return nil }
        }
        return position
    }

    @inline(__always)
    private func digits(_ start: Position) -> Position {
        var position = start
        while position < end, position.pointee &- 0x30 < 10 { position += 1 }
        return position
    }
}
