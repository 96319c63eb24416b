/// Bodies that are packed by themselves, whatever the transport does: gzip (RFC 1952) and zip archives.
package enum Packed {
    /// Whether bytes start as gzip does.
    package static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// Whether bytes start as an archive does, an empty one included.
    package static func isZip(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
    }

    /// What gzip holds.
    ///
    /// - Parameters:
    ///   - bytes: one member or several, one after the other.
    ///   - limit: most bytes of what it holds.
    /// - Returns: the bytes of all members.
    /// - Throws: `FormatError`, also for a checksum that does not fit.
    package static func gunzipped(_ bytes: [UInt8], limit: Int) throws(FormatError) -> [UInt8] {
        var output: [UInt8] = []
        var at = 0
        repeat {
            at = try dataStart(bytes, at)
            let (member, end) = try Inflate.decoded(bytes[at...], limit: limit - output.count)
            guard bytes.count - end >= 8 else { throw FormatError(.malformed, "the gzip data ends too early") }
            guard number(bytes, end, 4) == Int(CRC32.of(member[...])),
                number(bytes, end + 4, 4) == member.count & 0xFFFF_FFFF
            else { throw FormatError(.malformed, "the gzip data does not fit its checksum") }
            output += member
            at = end + 8
        } while at < bytes.count && bytes[at...].starts(with: [0x1F, 0x8B])
        return output
    }

    /// One file of an archive.
    ///
    /// - Parameters:
    ///   - bytes: the archive.
    ///   - limit: most bytes of the file.
    ///   - wanted: whether a name is the one; the first that fits is taken.
    /// - Returns: its bytes; nil when no file fits.
    /// - Throws: `FormatError`, also for a checksum that does not fit, and for encrypted or split archives.
    package static func unzipped(
        _ bytes: [UInt8],
        limit: Int,
        where wanted: (String) -> Bool
    ) throws(FormatError) -> [UInt8]? {
        guard var at = directoryStart(bytes) else { throw FormatError(.malformed, "the archive has no directory") }
        while at + 46 <= bytes.count, number(bytes, at, 4) == 0x0201_4B50 {
            let nameLength = number(bytes, at + 28, 2)
            guard at + 46 + nameLength <= bytes.count else { break }
            let name = String(decoding: bytes[(at + 46)..<(at + 46 + nameLength)], as: UTF8.self)
            if !name.hasSuffix("/"), wanted(name) { return try file(bytes, entry: at, limit: limit) }
            at += 46 + nameLength + number(bytes, at + 30, 2) + number(bytes, at + 32, 2)
        }
        return nil
    }

    private static func file(_ bytes: [UInt8], entry: Int, limit: Int) throws(FormatError) -> [UInt8] {
        let packedSize = number(bytes, entry + 20, 4)
        let start = number(bytes, entry + 42, 4)
        guard number(bytes, entry + 8, 2) & 1 == 0 else { throw FormatError(.refused, "the archive is encrypted") }
        guard packedSize != 0xFFFF_FFFF, start != 0xFFFF_FFFF else {
            throw FormatError(.refused, "archives of more than 4 GB are not read")
        }
        guard start + 30 <= bytes.count, number(bytes, start, 4) == 0x0403_4B50 else {
            throw FormatError(.malformed, "the archive's directory leads nowhere")
        }
        let data = start + 30 + number(bytes, start + 26, 2) + number(bytes, start + 28, 2)
        guard data + packedSize <= bytes.count else { throw FormatError(.malformed, "the archive ends too early") }
        let output: [UInt8]
        switch number(bytes, entry + 10, 2) {
        case 0:
            guard packedSize <= limit else {
                throw FormatError(.limitExceeded, "the file has more than \(limit) bytes")
            }
            output = Array(bytes[data..<data + packedSize])
        case 8: output = try Inflate.decoded(bytes[data..<data + packedSize], limit: limit).bytes
        default: throw FormatError(.refused, "only stored and deflated files of an archive are read")
        }
        guard number(bytes, entry + 16, 4) == Int(CRC32.of(output[...])) else {
            throw FormatError(.malformed, "the file does not fit its checksum")
        }
        return output
    }

    /// Where the directory of an archive starts: its place stands in a record at the end, ahead of a comment.
    private static func directoryStart(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 22 else { return nil }
        for at in stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 65_535), by: -1)
        where number(bytes, at, 4) == 0x0605_4B50 {
            return number(bytes, at + 16, 4)
        }
        return nil
    }

    /// Where the data of a gzip member starts.
    private static func dataStart(_ bytes: [UInt8], _ start: Int) throws(FormatError) -> Int {
        guard bytes.count - start >= 18, bytes[start...].starts(with: [0x1F, 0x8B, 8]), bytes[start + 3] & 0xE0 == 0
        else {
            throw FormatError(.malformed, "the data is not gzip")
        }
        let flags = bytes[start + 3]
        var at = start + 10
        if flags & 4 != 0 { at += 2 + number(bytes, at, 2) }
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            while at < bytes.count, bytes[at] != 0 { at += 1 }
            at += 1
        }
        if flags & 2 != 0 { at += 2 }
        guard at < bytes.count else { throw FormatError(.malformed, "the gzip data ends too early") }
        return at
    }

    /// A number, its low byte first; 0 beyond the end.
    private static func number(_ bytes: [UInt8], _ at: Int, _ length: Int) -> Int {
        guard at >= 0, at + length <= bytes.count else { return 0 }
        return (0..<length).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
}

/// The checksum of gzip and zip (RFC 1952 section 8).
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
    }
}
