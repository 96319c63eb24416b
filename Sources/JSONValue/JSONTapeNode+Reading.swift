extension JSONTapeNode {
    /// Writes the decoded text of a string or key to `output`, for evaluators that keep text in memory of their own.
    ///
    /// - Parameters:
    ///   - source: The document's bytes, as lent by `withContents`.
    ///   - output: Room for `length` bytes; no text grows by decoding.
    /// - Returns: How many bytes were written: UTF-8, or WTF-8 when `hasLoneSurrogate`.
    package func decode(
        _ source: UnsafeBufferPointer<UInt8>,
        to output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let content = UnsafeBufferPointer(rebasing: source[Int(offset)..<Int(offset + length)])
        if isEscaped { return StringDecoding.decode(content, to: output) }
        if let start = content.baseAddress { output.update(from: start, count: content.count) }
        return content.count
    }

    /// The nearest double of a number; an infinity when its magnitude is beyond the range.
    ///
    /// - Parameter source: The document's bytes, as lent by `withContents`.
    /// - Returns: The double.
    package func double(_ source: UnsafeBufferPointer<UInt8>) -> Double {
        if hasSmallInteger { return Double(smallInteger) }
        let content = UnsafeBufferPointer(rebasing: source[Int(offset)..<Int(offset + length)])
        return Self.shortDecimal(content) ?? Double(String(decoding: content, as: UTF8.self)) ?? .nan
    }

    /// The value of up to fifteen digits with a small power of ten.
    ///
    /// Both are exact doubles then, and so one multiplication or division rounds right (W. Clinger, 1990).
    private static func shortDecimal(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        var digits: UInt64 = 0
        var count = 0
        var scale = 0
        var sawPoint = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits = digits &* 10 &+ UInt64(byte &- 0x30)
                count += 1
                if sawPoint { scale += 1 }
            case UInt8(ascii: "."): sawPoint = true
            case UInt8(ascii: "-"): break
            default: return nil
            }
        }
        guard count <= 15, scale < powers.count else { return nil }
        let magnitude = Double(digits) / powers[scale]
        return text.first == UInt8(ascii: "-") ? -magnitude : magnitude
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]
}
