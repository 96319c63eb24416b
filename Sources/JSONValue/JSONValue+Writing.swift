extension JSONValue {
    /// How JSON text is laid out.
    package enum Style: Sendable {
        /// No space at all, members in their order, numbers with their digits.
        case compact
        /// One member or element per line, indented by two spaces.
        case pretty
        /// RFC 8785: names sorted by UTF-16 code units, numbers as ECMAScript writes their double. For hashing and signing.
        case canonical
    }

    /// The value as UTF-8 text.
    package func bytes(_ style: Style = .compact) -> [UInt8] {
        var writer = JSONByteWriter(capacity: 1024)
        writer.append(self, style: style)
        return writer.finish()
    }

    /// The value as text.
    package func text(_ style: Style = .compact) -> String {
        String(decoding: bytes(style), as: UTF8.self)
    }
}

extension JSONValue: CustomStringConvertible {
    package var description: String { text() }
}

extension JSONByteWriter {
    /// Writes a tree.
    package mutating func append(_ value: JSONValue, style: JSONValue.Style = .compact) {
        append(value, style, depth: 0)
    }

    private mutating func append(_ value: JSONValue, _ style: JSONValue.Style, depth: Int) {
        switch value {
        case .null: append(raw: "null")
        case .bool(let bool): append(raw: bool ? "true" : "false")
        case .number(let number):
            append(raw: style == .canonical ? JSONNumber.shortestText(of: number.double) : number.text)
        case .string(let string): append(string: string)
        case .array(let elements):
            append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { append(UInt8(ascii: ",")) }
                isFirst = false
                newLine(style, depth + 1)
                append(element, style, depth: depth + 1)
            }
            if !elements.isEmpty { newLine(style, depth) }
            append(UInt8(ascii: "]"))
        case .object(let object):
            append(UInt8(ascii: "{"))
            var isFirst = true
            for member in style == .canonical ? Self.sorted(object) : object.memberArray {
                if !isFirst { append(UInt8(ascii: ",")) }
                isFirst = false
                newLine(style, depth + 1)
                append(string: member.key)
                append(UInt8(ascii: ":"))
                if style == .pretty { append(UInt8(ascii: " ")) }
                append(member.value, style, depth: depth + 1)
            }
            if !object.isEmpty { newLine(style, depth) }
            append(UInt8(ascii: "}"))
        }
    }

    private mutating func newLine(_ style: JSONValue.Style, _ depth: Int) {
        guard style == .pretty else { return }
        append(UInt8(ascii: "\n"))
        for _ in 0..<depth * 2 { append(UInt8(ascii: " ")) }
    }

    private static func sorted(_ object: JSONObject) -> [JSONObject.Member] {
        object.memberArray.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
    }
}
