#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The value of a hexadecimal digit.
@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

/// How many bytes the code point starting with this byte has.
@inline(__always)
func sequenceLength(_ byte: UInt8) -> Int {
    if byte < 0x80 { return 1 }
    if byte < 0xE0 { return 2 }
    return byte < 0xF0 ? 3 : 4
}

/// The code point at an offset and its length, for bytes that are well-formed WTF-8 (others give U+FFFD, never a
/// read past the end).
@inline(__always)
func decodeScalar(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (scalar: UInt32, length: Int) {
    let first = bytes[offset]
    if first < 0x80 { return (UInt32(first), 1) }
    return decodeLong(bytes, at: offset, first: first)
}

@inline(never)
private func decodeLong(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, first: UInt8) -> (
    scalar: UInt32, length: Int
) {
    let length = sequenceLength(first)
    guard first >= 0xC0, offset + length <= bytes.count else { return (0xFFFD, 1) }
    var scalar = UInt32(first) & (0xFF >> UInt32(length + 1))
    for index in 1..<length { scalar = scalar << 6 | UInt32(bytes[offset + index] & 0x3F) }
    return (scalar, length)
}

/// Whether all bytes are below 0x80.
func isASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    let raw = UnsafeRawPointer(start)
    var index = 0
    while index + 8 <= bytes.count {
        if raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
        index += 8
    }
    while index < bytes.count {
        if bytes[index] >= 0x80 { return false }
        index += 1
    }
    return true
}

/// The double nearest to decimal text in the grammar of JSON (or a superset that `strtod` knows).
func parseDecimal(_ digits: UnsafeBufferPointer<UInt8>) -> Double {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: digits.count + 1) { buffer in
        for index in 0..<digits.count { buffer[index] = CChar(bitPattern: digits[index]) }
        buffer[digits.count] = 0
        guard let start = buffer.baseAddress else { return .nan }
        return strtod(start, nil)
    }
}

extension Value {
    /// Whether a string has only ASCII bytes.
    @inline(__always)
    var isASCIIText: Bool { isKnownASCII || isASCII(bytes) }

    /// The number of code points of a string.
    var scalarCount: Int {
        if isASCIIText { return byteCount }
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// The number of UTF-16 units of a string.
    var utf16Count: Int {
        if isASCIIText { return byteCount }
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += byte >= 0xF0 ? 2 : 1 }
        return count
    }

    /// The string as Swift text; a lone surrogate becomes U+FFFD.
    var text: String {
        let bytes = bytes
        if isKnownASCII || !bytes.contains(0xED) { return String(decoding: bytes, as: UTF8.self) }
        var units: [UInt16] = []
        var offset = 0
        while offset < bytes.count {
            let (scalar, length) = decodeScalar(bytes, at: offset)
            if scalar < 0x10000 {
                units.append(UInt16(scalar))
            } else {
                units.append(UInt16(0xD800 + (scalar - 0x10000) >> 10))
                units.append(UInt16(0xDC00 + (scalar - 0x10000) & 0x3FF))
            }
            offset += length
        }
        return String(decoding: units, as: UTF16.self)
    }
}

/// Whether two strings have the same bytes.
@inline(__always)
func equalText(_ left: Value, _ right: Value) -> Bool {
    let count = left.byteCount
    return count == right.byteCount && (left.payload == right.payload || memcmp(left.start, right.start, count) == 0)
}

/// The order of two strings by UTF-16 units, as JavaScript compares: negative, zero or positive.
func compareText(_ left: Value, _ right: Value) -> Int {
    let count = min(left.byteCount, right.byteCount)
    let a = left.start
    let b = right.start
    var index = 0
    while index < count, a[index] == b[index] { index += 1 }
    if index == count { return left.byteCount - right.byteCount }
    // Bytes order like code points; only astral ones (a lead byte from 0xF0) sort below U+E000...U+FFFF in UTF-16.
    var start = index
    while start > 0, a[start] & 0xC0 == 0x80 { start -= 1 }
    let leftIsAstral = a[start] >= 0xF0
    let rightIsAstral = b[start] >= 0xF0
    if leftIsAstral != rightIsAstral {
        let other = leftIsAstral ? b : a
        if other[start] >= 0xEE { return leftIsAstral ? -1 : 1 }
    }
    return Int(a[index]) - Int(b[index])
}
