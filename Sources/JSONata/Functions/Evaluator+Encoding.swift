/// Base64 and URL encoding.
extension Evaluator {
    func encoded(_ builtin: Builtin, _ string: Value) throws(Fault) -> Value {
        if string.isUndefined { return .undefined }
        try checkString(bytes: string.byteCount * 3)
        switch builtin {
        case .base64encode: return base64(latin1(string), alphabet: .standard)
        case .base64decode:
            var text = ByteBuilder(arena)
            for byte in Base64.decode(string.bytes) { text.append(scalar: UInt32(byte)) }
            return text.finish()
        case .encodeUrlComponent:
            return try percentEncoded(string, keeping: "-_.!~*'()", name: Value("encodeUrlComponent"))
        case .encodeUrl: return try percentEncoded(string, keeping: ";,/?:@&=+$-_.!~*'()#", name: Value("encodeUrl"))
        case .decodeUrlComponent: return try percentDecoded(string, keeping: "", name: Value("decodeUrlComponent"))
        default: return try percentDecoded(string, keeping: ";/?:@&=+$,#", name: Value("decodeUrl"))
        }
    }

    /// The code points up to U+00FF as bytes, as JavaScript's `btoa` takes them; others in UTF-8.
    private func latin1(_ string: Value) -> [UInt8] {
        if string.isASCIIText { return Array(string.bytes) }
        var result: [UInt8] = []
        let bytes = string.bytes
        var offset = 0
        while offset < bytes.count {
            let (scalar, length) = decodeScalar(bytes, at: offset)
            if scalar > 0xFF { return Array(bytes) }
            result.append(UInt8(scalar))
            offset += length
        }
        return result
    }

    func base64(_ bytes: [UInt8], alphabet: Base64.Alphabet) -> Value {
        arena.string(Base64.encode(bytes, alphabet))
    }

    func percentEncoded(_ string: Value, keeping: StaticString, name: Value) throws(Fault) -> Value {
        let kept = UnsafeBufferPointer(start: keeping.utf8Start, count: keeping.utf8CodeUnitCount)
        let hex = Array("0123456789ABCDEF".utf8)
        var text = ByteBuilder(arena, capacity: string.byteCount + 16)
        let bytes = string.bytes
        for index in 0..<bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: text.append(byte)
            default:
                if kept.contains(byte) {
                    text.append(byte)
                    continue
                }
                if byte == 0xED, index + 1 < bytes.count, bytes[index + 1] >= 0xA0 {
                    throw fail(.d3140, token: name, value: string)
                }
                text.append(UInt8(ascii: "%"))
                text.append(hex[Int(byte >> 4)])
                text.append(hex[Int(byte & 15)])
            }
        }
        return text.finish()
    }

    func percentDecoded(_ string: Value, keeping: StaticString, name: Value) throws(Fault) -> Value {
        let kept = UnsafeBufferPointer(start: keeping.utf8Start, count: keeping.utf8CodeUnitCount)
        var text = ByteBuilder(arena, capacity: string.byteCount)
        let bytes = string.bytes
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                text.append(bytes[index])
                index += 1
                continue
            }
            guard let byte = escape(bytes, index) else { throw fail(.d3140, token: name, value: string) }
            if byte < 0x80 {
                if kept.contains(byte) { text.append(string.start + index, count: 3) } else { text.append(byte) }
                index += 3
                continue
            }
            let length = sequenceLength(byte)
            var sequence = [byte]
            for position in 1..<Swift.max(2, length) {
                guard byte >= 0xC2, byte < 0xF5, let next = escape(bytes, index + position * 3), next & 0xC0 == 0x80
                else {
                    throw fail(.d3140, token: name, value: string)
                }
                sequence.append(next)
            }
            guard String(validating: sequence, as: UTF8.self) != nil else {
                throw fail(.d3140, token: name, value: string)
            }
            for part in sequence { text.append(part) }
            index += length * 3
        }
        return text.finish()
    }

    private func escape(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> UInt8? {
        guard index + 2 < bytes.count, bytes[index] == UInt8(ascii: "%"), let high = hexDigit(bytes[index + 1]),
            let low = hexDigit(bytes[index + 2])
        else { return nil }
        return high << 4 | low
    }
}

/// RFC 4648.
enum Base64 {
    enum Alphabet {
        case standard
        /// `-` and `_`, without padding.
        case url
    }

    static func encode(_ bytes: [UInt8], _ alphabet: Alphabet) -> String {
        let letters = Array(
            (alphabet == .standard
                ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_").utf8
        )
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (rest > 2 ? UInt32(bytes[index + 2]) : 0)
            result.append(letters[Int(group >> 18)])
            result.append(letters[Int(group >> 12 & 63)])
            if rest > 1 {
                result.append(letters[Int(group >> 6 & 63)])
            } else if alphabet == .standard {
                result.append(0x3D)
            }
            if rest > 2 {
                result.append(letters[Int(group & 63)])
            } else if alphabet == .standard {
                result.append(0x3D)
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Decodes either alphabet; what is no letter of it is skipped.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            let value: UInt32
            switch byte {
            case 0x41...0x5A: value = UInt32(byte - 0x41)
            case 0x61...0x7A: value = UInt32(byte - 0x61 + 26)
            case 0x30...0x39: value = UInt32(byte - 0x30 + 52)
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            default: continue
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }
}
