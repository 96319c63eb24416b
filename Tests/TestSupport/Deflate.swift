/// A zlib stream (RFC 1950) of zeros: one block with fixed codes, a zero and then matches of 258 bytes at distance 1.
package enum Deflate {
    /// The stream of so many zeros.
    package static func zeros(count: Int) -> [UInt8] {
        var bits = BitWriter(bytes: [0x78, 0x9C])
        bits.put(0b011, 3)
        bits.putReversed(0x30, 8)
        for _ in 0..<(count - 1) / 258 {
            bits.putReversed(0b1100_0101, 8)
            bits.put(0, 5)
        }
        for _ in 0..<(count - 1) % 258 { bits.putReversed(0x30, 8) }
        bits.putReversed(0, 7)
        // Adler-32 of zeros: the low half stays 1, the high half counts the bytes.
        let sum = UInt32(count % 65_521) << 16 | 1
        return bits.finished() + [UInt8(sum >> 24), UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)]
    }

    private struct BitWriter {
        var bytes: [UInt8]
        var pending: UInt32 = 0
        var count: UInt32 = 0

        mutating func put(_ value: UInt32, _ width: UInt32) {
            pending |= value << count
            count += width
            while count >= 8 {
                bytes.append(UInt8(pending & 255))
                pending >>= 8
                count -= 8
            }
        }

        mutating func putReversed(_ value: UInt32, _ width: UInt32) {
            for bit in stride(from: Int(width) - 1, through: 0, by: -1) { put(value >> UInt32(bit) & 1, 1) }
        }

        mutating func finished() -> [UInt8] {
            if count > 0 { put(0, 8 - count) }
            return bytes
        }
    }
}
