/// Builds a string in the arena.
///
/// Strings hold UTF-8, and lone surrogates in the same manner (WTF-8).
struct ByteBuilder {
    private let arena: Arena
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(_ arena: Arena, capacity: Int = 48) {
        self.arena = arena
        self.capacity = max(16, capacity)
        bytes = arena.allocate(UInt8.self, count: self.capacity)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(1) }
        bytes[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ start: UnsafePointer<UInt8>, count added: Int) {
        if count + added > capacity { grow(added) }
        (bytes + count).update(from: start, count: added)
        count &+= added
    }

    /// Appends a string, joining a high surrogate at the end with a low one at its start.
    @inline(__always)
    mutating func append(_ string: Value) {
        let added = string.byteCount
        if added == 0 { return }
        if string.start[0] == 0xED, count >= 3, added >= 3 {
            joinSurrogates(string)
        } else {
            append(string.start, count: added)
        }
    }

    mutating func append(_ text: StaticString) {
        append(text.utf8Start, count: text.utf8CodeUnitCount)
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// Appends a code point, which may be a surrogate.
    mutating func append(scalar: UInt32) {
        switch scalar {
        case 0..<0x80: append(UInt8(scalar))
        case 0x80..<0x800:
            append(0xC0 | UInt8(scalar >> 6))
            append(0x80 | UInt8(scalar & 0x3F))
        case 0x800..<0x10000:
            if scalar >= 0xDC00, scalar < 0xE000, let high = trailingHighSurrogate {
                count -= 3
                append(scalar: 0x10000 + (high - 0xD800) << 10 + (scalar - 0xDC00))
                return
            }
            append(0xE0 | UInt8(scalar >> 12))
            append(0x80 | UInt8((scalar >> 6) & 0x3F))
            append(0x80 | UInt8(scalar & 0x3F))
        default:
            append(0xF0 | UInt8((scalar >> 18) & 7))
            append(0x80 | UInt8((scalar >> 12) & 0x3F))
            append(0x80 | UInt8((scalar >> 6) & 0x3F))
            append(0x80 | UInt8(scalar & 0x3F))
        }
    }

    /// Appends a UTF-16 unit; a low surrogate joins the high one before it.
    mutating func append(utf16 unit: UInt16) { append(scalar: UInt32(unit)) }

    /// Forgets what comes after the first `newCount` bytes.
    mutating func truncate(to newCount: Int) { count = newCount }

    /// The string built; the builder is not used afterwards.
    func finish() -> Value {
        Value(string: UnsafePointer(bytes), count: count)
    }

    /// The bytes built so far.
    var built: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: bytes, count: count) }

    private var trailingHighSurrogate: UInt32? {
        guard count >= 3, bytes[count - 3] == 0xED, bytes[count - 2] >= 0xA0, bytes[count - 2] < 0xB0 else {
            return nil
        }
        return 0xD000 | UInt32(bytes[count - 2] & 0x3F) << 6 | UInt32(bytes[count - 1] & 0x3F)
    }

    @inline(never)
    private mutating func joinSurrogates(_ string: Value) {
        let start = string.start
        if start[1] >= 0xB0, trailingHighSurrogate != nil {
            append(scalar: 0xD000 | UInt32(start[1] & 0x3F) << 6 | UInt32(start[2] & 0x3F))
            append(start + 3, count: string.byteCount - 3)
        } else {
            append(start, count: string.byteCount)
        }
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let wanted = max(capacity * 2, count + extra)
        if !arena.extend(UnsafeMutableRawPointer(bytes), from: capacity, to: wanted) {
            let grown = arena.allocate(UInt8.self, count: wanted)
            grown.update(from: bytes, count: count)
            bytes = grown
        }
        capacity = wanted
    }
}

extension Arena {
    /// A copy of a Swift string.
    func string(_ text: String) -> Value {
        var copy = text
        return copy.withUTF8 { string(copying: $0) }
    }

    /// A copy of bytes that are UTF-8 or WTF-8.
    func string(copying bytes: UnsafeBufferPointer<UInt8>) -> Value {
        let target = allocate(UInt8.self, count: bytes.count)
        if let start = bytes.baseAddress { target.update(from: start, count: bytes.count) }
        return Value(string: UnsafePointer(target), count: bytes.count)
    }
}
