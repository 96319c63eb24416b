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
        var writer = JSONByteWriter(capacity: 4_096)
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

    private mutating func append(_ value: borrowing JSONValue, _ style: JSONValue.Style, depth: Int) {
        switch value {
        case .null: append(raw: "null")
        case .bool(let bool): append(raw: bool ? "true" : "false")
        case .number(let number):
            append(raw: style == .canonical ? JSONNumber.shortestText(of: number.double) : number.text)
        case .string(let string): append(string: string)
        case .array(let elements):
            // Through the buffers, here and below, so that no element is retained for being looked at.
            elements.withUnsafeBufferPointer { append($0, style, depth: depth + 1) }
        case .object(let object):
            let members = style == .canonical ? Self.sorted(object) : object.memberArray
            members.withUnsafeBufferPointer { append($0, style, depth: depth + 1) }
        }
    }

    private mutating func append(_ elements: UnsafeBufferPointer<JSONValue>, _ style: JSONValue.Style, depth: Int) {
        append(UInt8(ascii: "["))
        for index in 0..<elements.count {
            if index > 0 { append(UInt8(ascii: ",")) }
            if style == .pretty { newLine(depth) }
            append(elements[index], style, depth: depth)
        }
        if style == .pretty, !elements.isEmpty { newLine(depth - 1) }
        append(UInt8(ascii: "]"))
    }

    private mutating func append(
        _ members: UnsafeBufferPointer<JSONObject.Member>,
        _ style: JSONValue.Style,
        depth: Int
    ) {
        append(UInt8(ascii: "{"))
        for index in 0..<members.count {
            if index > 0 { append(UInt8(ascii: ",")) }
            if style == .pretty { newLine(depth) }
            append(string: members[index].key)
            append(UInt8(ascii: ":"))
            if style == .pretty { append(UInt8(ascii: " ")) }
            append(members[index].value, style, depth: depth)
        }
        if style == .pretty, !members.isEmpty { newLine(depth - 1) }
        append(UInt8(ascii: "}"))
    }

    private mutating func newLine(_ depth: Int) {
        append(UInt8(ascii: "\n"))
        for _ in 0..<depth * 2 { append(UInt8(ascii: " ")) }
    }

    private static func sorted(_ object: JSONObject) -> [JSONObject.Member] {
        object.memberArray.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
    }
}
