import JSONValue

/// Appending from inside of this module's loops, where a call into another module would cost more than its work.
extension JSONByteWriter {
    @inline(__always)
    mutating func put(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        buffer[count] = byte
        count &+= 1
    }

    /// Whether the last four bytes are those of a null.
    @inline(__always)
    var endsInNull: Bool {
        count >= 4
            && UnsafeRawPointer(buffer + count - 4).loadUnaligned(as: UInt32.self)
                == UInt32(littleEndian: 0x6C6C_756E)
    }

    /// Puts a byte and the bytes of a string.
    @inline(__always)
    mutating func put(_ byte: UInt8, _ text: Value) {
        let added = text.byteCount
        if count &+ added &+ 1 > capacity { grow(by: added + 1) }
        buffer[count] = byte
        Self.copy(text.start, buffer + count + 1, added)
        count &+= added &+ 1
    }

    /// Puts bytes as they are.
    @inline(__always)
    mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        if count &+ bytes.count > capacity { grow(by: bytes.count) }
        Self.copy(start, buffer + count, bytes.count)
        count &+= bytes.count
    }

    /// Puts a constant as it is.
    @inline(__always)
    mutating func put(_ text: StaticString) {
        put(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Puts a string in quotes.
    @inline(__always)
    mutating func put(string: Value) {
        guard string.isPlain else {
            return append(string: string.bytes, mayHoldSurrogates: !string.isKnownASCII)
        }
        let added = string.byteCount
        if count &+ added &+ 2 > capacity { grow(by: added + 2) }
        buffer[count] = UInt8(ascii: "\"")
        Self.copy(string.start, buffer + count + 1, added)
        buffer[count + added + 1] = UInt8(ascii: "\"")
        count &+= added &+ 2
    }

    /// Copies, short texts without a call.
    @inline(__always)
    private static func copy(_ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ count: Int) {
        if count < 8 || count > 32 { return target.update(from: source, count: count) }
        let from = UnsafeRawPointer(source)
        let to = UnsafeMutableRawPointer(target)
        typealias Half = SIMD2<UInt64>
        if count >= 16 {
            // The two ends overlap in the middle.
            let last = from.loadUnaligned(fromByteOffset: count - 16, as: Half.self)
            to.storeBytes(of: from.loadUnaligned(as: Half.self), as: Half.self)
            to.storeBytes(of: last, toByteOffset: count - 16, as: Half.self)
        } else {
            let last = from.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
            to.storeBytes(of: last, toByteOffset: count - 8, as: UInt64.self)
        }
    }
}
