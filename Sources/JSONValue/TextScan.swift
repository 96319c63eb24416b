/// The byte-level steps that parser, decoder and repair share.
enum TextScan {
    /// The first byte from `start` that a string cannot simply contain: a quote, a backslash, a control character, a
    /// byte beyond ASCII; or `end`.
    ///
    /// Eight bytes at a time.
    @inline(__always)
    static func plainEnd(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var position = start
        while end - position >= 8 {
            let word = UnsafeRawPointer(position).loadUnaligned(as: UInt64.self).littleEndian
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let found =
                (((quote &- 0x0101_0101_0101_0101) & ~quote)
                    | ((backslash &- 0x0101_0101_0101_0101) & ~backslash)
                    | (word &- 0x2020_2020_2020_2020) & ~word
                    | word) & 0x8080_8080_8080_8080
            if found != 0 { return position + found.trailingZeroBitCount >> 3 }
            position += 8
        }
        while position < end {
            let byte = position.pointee
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { return position }
            position += 1
        }
        return position
    }

    /// Whether eight bytes hold one that a JSON string cannot simply contain.
    ///
    /// - Parameters:
    ///   - word: The bytes in any order.
    ///   - orSurrogate: Whether bytes beyond ASCII count, since they may encode a surrogate.
    /// - Returns: Whether there is one; never a false no.
    @inline(__always)
    static func needsEscape(_ word: UInt64, orSurrogate: Bool) -> Bool {
        let quote = word ^ 0x2222_2222_2222_2222
        let backslash = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let found =
            ((quote &- 0x0101_0101_0101_0101) & ~quote)
            | ((backslash &- 0x0101_0101_0101_0101) & ~backslash)
            | (word &- 0x2020_2020_2020_2020) & ~word
        return (orSurrogate ? found | word : found) & 0x8080_8080_8080_8080 != 0
    }

    /// Whether two texts of the same length are the same; reads nothing beyond them.
    @inline(__always)
    static func isSame(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let left = UnsafeRawPointer(left)
        let right = UnsafeRawPointer(right)
        func differs<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ word: Word.Type) -> Bool {
            let ours = left.loadUnaligned(fromByteOffset: offset, as: word)
            return ours != right.loadUnaligned(fromByteOffset: offset, as: word)
        }
        if count >= 8 {
            var offset = 0
            while offset + 8 < count {
                if differs(offset, UInt64.self) { return false }
                offset += 8
            }
            return !differs(count - 8, UInt64.self)
        }
        if count >= 4 { return !differs(0, UInt32.self) && !differs(count - 4, UInt32.self) }
        for offset in 0..<count where differs(offset, UInt8.self) { return false }
        return true
    }

    /// How many bytes the well-formed UTF-8 sequence at `start` takes (RFC 3629), 0 when it is not well formed.
    @inline(__always)
    static func sequenceLength(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        let available = end - start
        let lead = start[0]
        switch lead {
        case 0..<0x80:
            return 1
        case 0xC2...0xDF:
            return available >= 2 && isContinuation(start[1]) ? 2 : 0
        case 0xE0...0xEF:
            guard available >= 3, isContinuation(start[1]), isContinuation(start[2]) else { return 0 }
            if lead == 0xE0, start[1] < 0xA0 { return 0 }
            if lead == 0xED, start[1] > 0x9F { return 0 }
            return 3
        case 0xF0...0xF4:
            guard available >= 4, isContinuation(start[1]), isContinuation(start[2]), isContinuation(start[3]) else {
                return 0
            }
            if lead == 0xF0, start[1] < 0x90 { return 0 }
            if lead == 0xF4, start[1] > 0x8F { return 0 }
            return 4
        default:
            return 0
        }
    }

    @inline(__always)
    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// The value of four hexadecimal digits at `start`, nil when they are not four.
    static func hexUnit(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt32? {
        guard end - start >= 4 else { return nil }
        var unit: UInt32 = 0
        for index in 0..<4 {
            let digit: UInt8
            switch start[index] {
            case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
            case let byte where byte >= 0x41 && byte <= 0x46: digit = byte - 0x37
            case let byte where byte >= 0x61 && byte <= 0x66: digit = byte - 0x57
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
