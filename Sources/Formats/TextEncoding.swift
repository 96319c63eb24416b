/// How characters stand as bytes in a text from outside.
package enum TextEncoding: String, Sendable, CaseIterable {
    case utf8 = "utf-8"
    case ascii = "us-ascii"
    case latin1 = "iso-8859-1"
    case windows1252 = "windows-1252"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"

    /// The encoding with an IANA name or a common alias, in any case; nil for encodings we do not read.
    ///
    /// - Parameter name: As in a `charset` parameter or an XML declaration.
    package init?(named name: String) {
        switch name.lowercased() {
        case "utf8", "utf-8": self = .utf8
        case "ascii", "us-ascii": self = .ascii
        case "latin1", "iso-8859-1", "iso8859-1": self = .latin1
        case "cp1252", "windows-1252": self = .windows1252
        case "utf-16le": self = .utf16LittleEndian
        case "utf-16be", "utf-16": self = .utf16BigEndian
        default: return nil
        }
    }

    /// The encoding that a byte order mark at the start of `bytes` tells, nil without one.
    ///
    /// - Parameter bytes: The start of a text is enough.
    package init?(markOf bytes: [UInt8]) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            self = .utf8
        } else if bytes.starts(with: [0xFF, 0xFE]) {
            self = .utf16LittleEndian
        } else if bytes.starts(with: [0xFE, 0xFF]) {
            self = .utf16BigEndian
        } else {
            return nil
        }
    }

    /// The text as UTF-8, without a byte order mark, which wins over this encoding when there is one.
    ///
    /// - Parameter bytes: The text in this encoding.
    /// - Returns: The same text in UTF-8.
    /// - Throws: `FormatError` `malformed` when the bytes are not in the encoding.
    package func decoded(_ bytes: [UInt8]) throws(FormatError) -> [UInt8] {
        if let marked = TextEncoding(markOf: bytes) {
            return try marked.plain(Array(bytes.dropFirst(marked == .utf8 ? 3 : 2)))
        }
        return try plain(bytes)
    }

    private func plain(_ bytes: [UInt8]) throws(FormatError) -> [UInt8] {
        switch self {
        case .utf8:
            guard String(validating: bytes, as: UTF8.self) != nil else { throw invalid }
            return bytes
        case .ascii:
            guard bytes.allSatisfy({ $0 < 0x80 }) else { throw invalid }
            return bytes
        case .latin1:
            return bytes.allSatisfy { $0 < 0x80 } ? bytes : Array(Self.text(bytes.lazy.map { UInt16($0) }).utf8)
        case .windows1252:
            return Array(
                Self.text(bytes.lazy.map { 0x80...0x9F ~= $0 ? Self.windows[Int($0 - 0x80)] : UInt16($0) }).utf8
            )
        case .utf16LittleEndian, .utf16BigEndian:
            guard bytes.count % 2 == 0 else { throw invalid }
            let high = self == .utf16BigEndian ? 0 : 1
            let units = stride(from: 0, to: bytes.count, by: 2).map {
                UInt16(bytes[$0 + high]) << 8 | UInt16(bytes[$0 + 1 - high])
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw invalid }
            return Array(text.utf8)
        }
    }

    private var invalid: FormatError { FormatError(.malformed, "the text is not \(rawValue)") }

    private static func text(_ units: some Collection<UInt16>) -> String { String(decoding: units, as: UTF16.self) }

    /// What windows-1252 has in place of the control characters 80 to 9F (WHATWG Encoding).
    private static let windows: [UInt16] = [
        0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D,
        0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D,
        0x17E, 0x178,
    ]
}
