/// Finds the encoding of an XML document and turns the document into UTF-8.
enum XMLDeclaration {
    /// The document in UTF-8; a byte order mark wins over the declaration.
    static func decoded(_ bytes: [UInt8]) throws(FormatError) -> [UInt8] {
        guard TextEncoding(markOf: bytes) == nil, let name = encodingName(bytes) else {
            return try TextEncoding.utf8.decoded(bytes)
        }
        guard let encoding = TextEncoding(named: name), encoding != .utf16LittleEndian, encoding != .utf16BigEndian
        else {
            throw FormatError(.refused, "an encoding that is not read; expected utf-8, iso-8859-1 or windows-1252")
        }
        return try encoding.decoded(bytes)
    }

    /// What `encoding="..."` says in a declaration at the start.
    private static func encodingName(_ bytes: [UInt8]) -> String? {
        guard bytes.starts(with: "<?xml".utf8), let end = bytes.prefix(512).firstIndex(of: UInt8(ascii: ">")) else {
            return nil
        }
        let declaration = String(decoding: bytes[..<end], as: UTF8.self)
        let parts = declaration.split(whereSeparator: { $0 == "\"" || $0 == "'" })
        guard
            let place = parts.firstIndex(where: { part in
                let words = part.split(whereSeparator: { " \t\r\n=".contains($0) })
                return words.last == "encoding" && part.contains("=")
            }), place + 1 < parts.count
        else { return nil }
        return String(parts[place + 1])
    }
}
