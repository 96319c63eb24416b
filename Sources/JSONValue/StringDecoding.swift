/// Turns the source of a JSON string (between the quotes, already checked by the parser) into its text.
enum StringDecoding {
    /// Writes the decoded bytes to `output`, which has room for `source.count` bytes; no text grows by decoding.
    ///
    /// - Returns: How many bytes were written. Lone surrogates come out as WTF-8.
    static func decode(_ source: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) -> Int {
        guard var position = source.baseAddress else { return 0 }
        let end = position + source.count
        var write = output
        while position < end {
            guard position.pointee == UInt8(ascii: "\\") else {
                write.pointee = position.pointee
                write += 1
                position += 1
                continue
            }
            let letter = position[1]
            position += 2
            guard letter == UInt8(ascii: "u") else {
                write.pointee = plainEscape(letter) ?? letter
                write += 1
                continue
            }
            guard var scalar = TextScan.hexUnit(position, end) else { break }
            position += 4
            if scalar & 0xFC00 == 0xD800, end - position >= 6, position[0] == UInt8(ascii: "\\"),
                position[1] == UInt8(ascii: "u"), let low = TextScan.hexUnit(position + 2, end), low & 0xFC00 == 0xDC00
            {
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF)
                position += 6
            }
            write += append(scalar, to: write)
        }
        return write - output
    }

    /// The text of an escaped string; a lone surrogate becomes U+FFFD.
    static func string(_ source: UnsafeBufferPointer<UInt8>, hasLoneSurrogate: Bool) -> String {
        withDecoded(source, replacesSurrogates: hasLoneSurrogate) { String(decoding: $0, as: UTF8.self) }
    }

    /// Lends the decoded bytes of a string or key.
    ///
    /// - Parameters:
    ///   - source: Between the quotes.
    ///   - replacesSurrogates: Whether lone surrogates become U+FFFD instead of WTF-8.
    ///   - body: Gets the bytes.
    /// - Returns: What `body` returns.
    static func withDecoded<Result>(
        _ source: UnsafeBufferPointer<UInt8>,
        replacesSurrogates: Bool,
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(source.count, 1)) { buffer in
            guard let output = buffer.baseAddress else { return body(source) }
            let count = decode(source, to: output)
            if replacesSurrogates { replaceSurrogates(output, count) }
            return body(UnsafeBufferPointer(start: output, count: count))
        }
    }

    /// The byte a two-character escape stands for, nil when there is no such escape.
    static func plainEscape(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// Writes a scalar, or a surrogate on its own, in the pattern of UTF-8.
    private static func append(_ scalar: UInt32, to output: UnsafeMutablePointer<UInt8>) -> Int {
        func low(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift) & 0x3F) }
        switch scalar {
        case 0..<0x80:
            output[0] = UInt8(truncatingIfNeeded: scalar)
            return 1
        case 0x80..<0x800:
            output[0] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
            output[1] = low(0)
            return 2
        case 0x800..<0x10000:
            output[0] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
            output[1] = low(6)
            output[2] = low(0)
            return 3
        default:
            output[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
            output[1] = low(12)
            output[2] = low(6)
            output[3] = low(0)
            return 4
        }
    }

    /// Overwrites each encoded surrogate (ED A0..BF xx) by U+FFFD, which is as long.
    private static func replaceSurrogates(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
        var index = 0
        while index + 2 < count {
            if bytes[index] == 0xED, bytes[index + 1] >= 0xA0 {
                bytes[index] = 0xEF
                bytes[index + 1] = 0xBF
                bytes[index + 2] = 0xBD
                index += 2
            }
            index += 1
        }
    }
}
