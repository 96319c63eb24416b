/// The hash of a member name by which tapes and objects find members: 32 bits over the decoded bytes, with a seed of this
/// process, so that a hostile body cannot choose names that collide.
///
/// The hash does not depend on a document: a compiled expression computes it once per name.
package enum JSONKeyHash {
    /// The seed of this process.
    package static let seed = UInt64.random(in: 1...UInt64.max) | 1

    /// The hash of a name.
    package static func hash(of name: String) -> UInt32 {
        var name = name
        return name.withUTF8 { hash($0.baseAddress, $0.count, seed: seed) }
    }

    /// The hash of the bytes of a name (UTF-8 or WTF-8).
    ///
    /// - Parameters:
    ///   - start: The first byte; unused when `count` is 0.
    ///   - count: How many bytes.
    ///   - seed: `JSONKeyHash.seed`, which hot loops read once.
    /// - Returns: The hash.
    @inline(__always)
    package static func hash(_ start: UnsafePointer<UInt8>?, _ count: Int, seed: UInt64) -> UInt32 {
        guard let start, count > 0 else { return UInt32(truncatingIfNeeded: seed) }
        let raw = UnsafeRawPointer(start)
        var state = seed
        let first: UInt64
        let last: UInt64
        if count >= 8 {
            first = raw.loadUnaligned(as: UInt64.self)
            last = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            var position = 8
            while position + 8 < count {
                let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                state = mix(state ^ word, 0x9E37_79B9_7F4A_7C15)
                position += 8
            }
        } else if count >= 4 {
            first = UInt64(raw.loadUnaligned(as: UInt32.self))
            last = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            first = UInt64(start[0]) << 16 | UInt64(start[count >> 1]) << 8 | UInt64(start[count - 1])
            last = 0
        }
        let mixed = mix(first ^ state, last ^ 0xA076_1D64_78BD_642F ^ UInt64(truncatingIfNeeded: count))
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }

    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
