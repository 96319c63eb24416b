package import JSONValue

/// Reads XML 1.0 into the JSON of `XMLForm`, within its limits.
///
/// There is no document type, so there are no entities but the five predefined ones and character references: nothing can
/// grow, and nothing outside is ever fetched. The loop keeps open elements on a stack of its own.
package struct XMLReader {
    /// An element whose end tag has not come yet.
    private struct Open {
        var tag: ArraySlice<UInt8>
        var name: String
        var attributes: [(name: String, value: String)]
        var children: [(name: String, values: [JSONValue])] = []
        /// Where the children of each name are; empty while there are few names.
        var places: [[UInt8]: Int] = [:]
        var text: [UInt8] = []

        /// Adds a child element to those of its name.
        mutating func append(_ name: String, _ value: JSONValue) {
            if let place = place(of: name) {
                children[place].values.append(value)
                return
            }
            children.append((name, [value]))
            guard children.count > 16 else { return }
            for (place, child) in children.enumerated().dropFirst(places.count) {
                places[Array(child.name.utf8)] = place
            }
        }

        private func place(of name: String) -> Int? {
            if places.isEmpty { return children.lastIndex { $0.name.hasSameBytes(as: name) } }
            return places[Array(name.utf8)]
        }
    }

    private let bytes: [UInt8]
    private let form: XMLForm
    private var position = 0
    private var open: [Open] = []
    private var result: JSONObject?

    private init(_ bytes: [UInt8], _ form: XMLForm) {
        self.bytes = bytes
        self.form = form
    }

    /// Reads a whole document.
    ///
    /// - Parameters:
    ///   - bytes: The document in UTF-8, in UTF-16 with a byte order mark, or in the encoding its declaration names.
    ///   - form: How elements become JSON, and the limits.
    /// - Returns: An object with one member, the root element.
    /// - Throws: `FormatError` with the place of the first fault.
    package static func value(of bytes: [UInt8], form: XMLForm = XMLForm()) throws(FormatError) -> JSONValue {
        guard bytes.count <= form.bytesMax else {
            throw FormatError(.limitExceeded, "expected at most \(form.bytesMax) bytes, found \(bytes.count)")
        }
        var reader = XMLReader(try XMLDeclaration.decoded(bytes), form)
        try reader.read()
        guard let result = reader.result else { throw reader.failure("expected an element, found the end") }
        return .object(result)
    }

    private mutating func read() throws(FormatError) {
        if matches("<?xml"), position + 5 < bytes.count, Self.isSpace(bytes[position + 5]) {
            try skip(past: "?>", "an XML declaration")
        }
        while position < bytes.count {
            if bytes[position] != UInt8(ascii: "<") {
                try text()
            } else if position + 1 < bytes.count, isNameByte(bytes[position + 1]) {
                try startTag()
            } else if matches("<!--") {
                try comment()
            } else if matches("<![CDATA[") {
                try characterData()
            } else if matches("<!DOCTYPE") {
                throw failure("a document type is not read", .refused)
            } else if matches("<!") {
                throw failure("expected a comment or CDATA section after '<!'")
            } else if matches("<?") {
                try instruction()
            } else if matches("</") {
                try endTag()
            } else {
                try startTag()
            }
        }
        if let element = open.last { throw failure("expected '</\(element.name)>', found the end") }
    }

    // MARK: Tags

    private mutating func startTag() throws(FormatError) {
        guard result == nil || !open.isEmpty else { throw failure("expected the end after the root element") }
        guard open.count < min(form.depthMax, 512) else {
            throw failure("elements nested deeper than \(form.depthMax)", .limitExceeded)
        }
        position += 1
        let tag = try name()
        var element = Open(tag: tag, name: local(tag), attributes: [])
        var seen: Set<[UInt8]> = []
        while true {
            let before = position
            skipSpace()
            if matches("/>") {
                position += 2
                open.append(element)
                try close()
                return
            }
            if matches(">") {
                position += 1
                open.append(element)
                return
            }
            guard position > before else { throw failure("expected white space, '>' or '/>' in a start tag") }
            guard seen.count < form.attributesMax else {
                throw failure("more than \(form.attributesMax) attributes", .limitExceeded)
            }
            let name = try name()
            guard seen.insert(Array(name)).inserted else { throw failure("an attribute stands twice") }
            skipSpace()
            guard matches("=") else { throw failure("expected '=' after the name of an attribute") }
            position += 1
            skipSpace()
            let value = try attributeValue()
            if let name = attributeName(name), !element.attributes.contains(where: { $0.name == name }) {
                element.attributes.append((name, value))
            }
        }
    }

    private mutating func endTag() throws(FormatError) {
        let start = position
        position += 2
        let tag = try name()
        skipSpace()
        guard matches(">") else { throw failure("expected '>' in an end tag") }
        guard let element = open.last, element.tag == tag else {
            position = start
            throw failure(
                open.last.map { "expected '</\($0.name)>', found another end tag" } ?? "an end tag without start"
            )
        }
        position += 1
        try close()
    }

    /// Turns the innermost element into JSON and gives it to its parent.
    private mutating func close() throws(FormatError) {
        let path = form.arrayElements.isEmpty ? "" : open.map(\.name).joined(separator: "/")
        let element = open.removeLast()
        let value = self.value(of: element)
        guard !open.isEmpty else {
            result = [element.name: isArray(element.name, path) ? [value] : value]
            return
        }
        open[open.count - 1].append(element.name, value)
    }

    private func value(of element: Open) -> JSONValue {
        let text = form.trimsText ? Self.trimmed(element.text[...]) : element.text[...]
        let isBlank = Self.trimmed(element.text[...]).isEmpty
        if element.attributes.isEmpty, element.children.isEmpty {
            return .string(String(decoding: text, as: UTF8.self))
        }
        var object = JSONObject()
        for attribute in element.attributes { object[form.attributePrefix + attribute.name] = .string(attribute.value) }
        let path = form.arrayElements.isEmpty ? "" : (open.map(\.name) + [element.name]).joined(separator: "/") + "/"
        for child in element.children {
            let isArray = child.values.count > 1 || isArray(child.name, path + child.name)
            object[child.name] = isArray ? .array(child.values) : child.values[0]
        }
        if !isBlank { object[form.textName] = .string(String(decoding: text, as: UTF8.self)) }
        return .object(object)
    }

    private func isArray(_ name: String, _ path: String) -> Bool {
        !form.arrayElements.isEmpty && (form.arrayElements.contains(name) || form.arrayElements.contains(path))
    }

    // MARK: Names

    private mutating func name() throws(FormatError) -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if isNameByte(byte) {
                position += 1
            } else if byte >= 0x80 {
                let scalar = scalar(at: position)
                guard position == start ? XMLCharacters.isNameStart(scalar) : XMLCharacters.isNamePart(scalar) else {
                    break
                }
                position += UTF8.width(scalar)
            } else {
                let isPart = byte >= 0x30 && byte <= 0x39 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                guard position > start, isPart else { break }
                position += 1
            }
        }
        guard position > start else { throw failure("expected a name") }
        return bytes[start..<position]
    }

    /// Whether a byte is an ASCII character that starts names.
    private func isNameByte(_ byte: UInt8) -> Bool {
        byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
    }

    private func local(_ tag: ArraySlice<UInt8>) -> String {
        guard form.namespaces == .strip, let colon = tag.firstIndex(of: UInt8(ascii: ":")), colon + 1 < tag.endIndex
        else {
            return String(decoding: tag, as: UTF8.self)
        }
        return String(decoding: tag[(colon + 1)...], as: UTF8.self)
    }

    /// The name an attribute has in JSON, nil for a dropped declaration.
    private func attributeName(_ name: ArraySlice<UInt8>) -> String? {
        let isDeclaration = name.elementsEqual("xmlns".utf8) || name.starts(with: "xmlns:".utf8)
        return form.namespaces == .strip && isDeclaration ? nil : local(name)
    }

    // MARK: Characters

    private mutating func text() throws(FormatError) {
        let start = position
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            takePlain(into: &text)
            guard position < bytes.count, bytes[position] != UInt8(ascii: "<") else { break }
            if matches("]]>") { throw failure("']]>' in text must be written ']]&gt;'") }
            try character(into: &text)
        }
        guard !open.isEmpty else {
            guard bytes[start..<position].allSatisfy(Self.isSpace) else {
                position = start
                throw failure("text outside the root element")
            }
            return
        }
        open[open.count - 1].text += text
    }

    private mutating func attributeValue() throws(FormatError) -> String {
        guard matches("\"") || matches("'") else { throw failure("expected a quote before the value of an attribute") }
        let quote = bytes[position]
        position += 1
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != quote {
            guard bytes[position] != UInt8(ascii: "<") else {
                throw failure("'<' in an attribute must be written '&lt;'")
            }
            if Self.isSpace(bytes[position]) {
                // Section 3.3.3: written white space becomes a space, a reference to it stays.
                position += matches("\r\n") ? 2 : 1
                text.append(0x20)
            } else {
                try character(into: &text)
            }
        }
        guard position < bytes.count else { throw failure("an attribute without a closing quote") }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// Takes characters that mean nothing in markup, all at once.
    private mutating func takePlain(into text: inout [UInt8]) {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "<"), UInt8(ascii: "&"), UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "'"): break
            case 0x20..<0x80, 0x0A, 0x09:
                position += 1
                continue
            default: break
            }
            break
        }
        text += bytes[start..<position]
    }

    /// Takes one character or reference.
    private mutating func character(into text: inout [UInt8]) throws(FormatError) {
        let byte = bytes[position]
        if byte == UInt8(ascii: "&") {
            try reference(into: &text)
        } else if byte == UInt8(ascii: "\r") {
            // Section 2.11: all line ends are one line feed.
            position += matches("\r\n") ? 2 : 1
            text.append(0x0A)
        } else if byte >= 0x20 && byte < 0x80 || byte == 0x0A || byte == 0x09 {
            text.append(byte)
            position += 1
        } else {
            let scalar = scalar(at: position)
            guard XMLCharacters.isChar(scalar) else { throw failure("a character that XML does not allow") }
            let width = UTF8.width(scalar)
            text += bytes[position..<position + width]
            position += width
        }
    }

    private mutating func reference(into text: inout [UInt8]) throws(FormatError) {
        guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
            throw failure("expected a reference such as '&amp;' after '&'")
        }
        let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        switch name {
        case "lt": text.append(UInt8(ascii: "<"))
        case "gt": text.append(UInt8(ascii: ">"))
        case "amp": text.append(UInt8(ascii: "&"))
        case "apos": text.append(UInt8(ascii: "'"))
        case "quot": text.append(UInt8(ascii: "\""))
        default:
            guard name.hasPrefix("#") else {
                throw failure("an entity other than the five predefined ones is not read", .refused)
            }
            let isHex = name.hasPrefix("#x")
            let digits = name.dropFirst(isHex ? 2 : 1)
            guard digits.allSatisfy(\.isASCII), digits.first?.isHexDigit == true,
                let value = UInt32(digits, radix: isHex ? 16 : 10), let scalar = Unicode.Scalar(value),
                XMLCharacters.isChar(scalar)
            else { throw failure("a reference to a character that XML does not allow") }
            text += String(Character(scalar)).utf8
        }
        position = end + 1
    }

    private mutating func characterData() throws(FormatError) {
        guard !open.isEmpty else { throw failure("text outside the root element") }
        position += 9
        var text: [UInt8] = []
        while !matches("]]>") {
            guard position < bytes.count else { throw failure("a CDATA section without ']]>'") }
            takePlain(into: &text)
            guard position < bytes.count, !matches("]]>") else { continue }
            if bytes[position] == UInt8(ascii: "&") {
                text.append(bytes[position])
                position += 1
            } else {
                try character(into: &text)
            }
        }
        position += 3
        open[open.count - 1].text += text
    }

    private mutating func comment() throws(FormatError) {
        position += 4
        while !matches("--") {
            guard position < bytes.count else { throw failure("a comment without '-->'") }
            var ignored: [UInt8] = []
            if bytes[position] == UInt8(ascii: "&") { position += 1 } else { try character(into: &ignored) }
        }
        guard matches("-->") else { throw failure("'--' inside a comment") }
        position += 3
    }

    private mutating func instruction() throws(FormatError) {
        position += 2
        let target = try name()
        guard String(decoding: target, as: UTF8.self).lowercased() != "xml" else {
            throw failure("an XML declaration not at the start")
        }
        guard matches("?>") || position < bytes.count && Self.isSpace(bytes[position]) else {
            throw failure("expected white space or '?>' after the name of an instruction")
        }
        try skip(past: "?>", "a processing instruction")
    }

    // MARK: Bytes

    private func matches(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<count where bytes[position + index] != expected[index] { return false }
            return true
        }
    }

    private mutating func skip(past end: StaticString, _ what: StaticString) throws(FormatError) {
        while !matches(end) {
            guard position < bytes.count else { throw failure("\(what) without '\(end)'") }
            position += 1
        }
        position += end.utf8CodeUnitCount
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    /// The scalar at `position`; the text is known to be UTF-8.
    private func scalar(at position: Int) -> Unicode.Scalar {
        let lead = bytes[position]
        let width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        return String(decoding: bytes[position..<min(position + width, bytes.count)], as: UTF8.self).unicodeScalars
            .first
            ?? "\u{FFFD}"
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return text[first...last]
    }

    private func failure(_ message: String, _ code: FormatError.Code = .malformed) -> FormatError {
        FormatError(code, message, at: min(position, bytes.count), in: bytes)
    }
}
