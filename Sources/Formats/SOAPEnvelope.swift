import JSONValue

/// Changes the header of a SOAP envelope as text, so that every other byte stays as it was (SOAP 1.1 section 4, SOAP 1.2
/// part 1 section 5).
package enum SOAPEnvelope {
    /// Where the parts of an envelope are in its bytes.
    private struct Layout {
        /// The prefix of the root element, with its colon.
        var prefix = ""
        /// The first header's start tag, and whether it is an empty element.
        var header: (range: Range<Int>, isEmpty: Bool)?
        /// Where the first child of the root that is no header starts.
        var body: Int?
        /// Header blocks to be taken away.
        var removed: [Range<Int>] = []
    }

    /// The namespace of the envelope, which tells the version.
    ///
    /// - Throws: `FormatError` when the text is no envelope.
    package static func namespace(of bytes: [UInt8]) throws(FormatError) -> String {
        guard let root = try XMLReader.value(of: bytes).object?.first else { throw notEnvelope }
        let parts = root.key.split(separator: ":", maxSplits: 1)
        guard parts.last == "Envelope" else { throw notEnvelope }
        let declaration = parts.count == 2 ? "@xmlns:\(parts[0])" : "@xmlns"
        return root.value[declaration]?.string ?? ""
    }

    /// The envelope with a header block in place of all blocks with a local name, whatever their namespace.
    ///
    /// - Parameters:
    ///   - name: the local name.
    ///   - block: the new block, which declares the namespaces that it uses; ASCII, so that it fits any encoding.
    ///   - bytes: the envelope; not in UTF-16.
    /// - Returns: The envelope; only its header is changed.
    /// - Throws: `FormatError` when the text is no envelope.
    package static func replacing(
        header name: String,
        by block: [UInt8],
        in bytes: [UInt8]
    ) throws(FormatError) -> [UInt8] {
        guard TextEncoding(markOf: bytes) == nil || TextEncoding(markOf: bytes) == .utf8 else {
            throw FormatError(.refused, "an envelope in UTF-16 is not changed; send UTF-8")
        }
        // What is well-formed needs no second check while its tags are counted.
        _ = try namespace(of: bytes)
        let layout = try layout(of: bytes, blocksNamed: Array(name.utf8))
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + block.count + 64)
        var position = 0
        func copy(to end: Int) {
            for range in layout.removed where range.lowerBound >= position && range.lowerBound < end {
                output += bytes[position..<range.lowerBound]
                position = range.upperBound
            }
            if position < end {
                output += bytes[position..<end]
                position = end
            }
        }
        if let header = layout.header, !header.isEmpty {
            copy(to: header.range.upperBound)
            output += block
        } else if let header = layout.header {
            copy(to: header.range.lowerBound)
            let tag = bytes[header.range].dropFirst().prefix { !Self.endsName($0) }
            output += Array("<".utf8) + bytes[header.range].dropFirst().dropLast(2) + Array(">".utf8)
            output += block + Array("</".utf8) + tag + Array(">".utf8)
            position = header.range.upperBound
        } else {
            guard let body = layout.body else { throw FormatError(.malformed, "an envelope without a body") }
            copy(to: body)
            output += Array("<\(layout.prefix)Header>".utf8) + block + Array("</\(layout.prefix)Header>".utf8)
        }
        copy(to: bytes.count)
        return output
    }

    private static var notEnvelope: FormatError { FormatError(.malformed, "expected a SOAP envelope") }

    private static func layout(of bytes: [UInt8], blocksNamed name: [UInt8]) throws(FormatError) -> Layout {
        var layout = Layout()
        var depth = 0
        var isInHeader = false
        var blockStart: Int?
        var position = 0
        while let open = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
            guard let end = markupEnd(bytes, at: open) else { throw notEnvelope }
            position = end
            let second = bytes[open + 1]
            if second == UInt8(ascii: "!") || second == UInt8(ascii: "?") { continue }
            if second == UInt8(ascii: "/") {
                depth -= 1
                if depth == 1 { isInHeader = false }
                if depth == 2, let start = blockStart {
                    layout.removed.append(start..<end)
                    blockStart = nil
                }
                continue
            }
            let tag = bytes[(open + 1)..<end].prefix { !endsName($0) }
            let local = tag.firstIndex(of: UInt8(ascii: ":")).map { tag[($0 + 1)...] } ?? tag
            let isEmpty = bytes[end - 2] == UInt8(ascii: "/")
            switch depth {
            case 0: layout.prefix = String(decoding: tag.dropLast(local.count), as: UTF8.self)
            case 1 where local.elementsEqual("Header".utf8):
                if layout.header == nil { layout.header = (open..<end, isEmpty) }
                isInHeader = !isEmpty
            case 1: layout.body = layout.body ?? open
            case 2 where isInHeader && local.elementsEqual(name):
                if isEmpty { layout.removed.append(open..<end) } else { blockStart = open }
            default: break
            }
            if !isEmpty { depth += 1 }
        }
        return layout
    }

    /// Where a tag, comment, section or instruction ends; nil when it does not.
    private static func markupEnd(_ bytes: [UInt8], at open: Int) -> Int? {
        func end(after text: StaticString, from start: Int) -> Int? {
            let wanted = Array("\(text)".utf8)
            var index = start
            while let found = bytes[index...].firstIndex(of: wanted[0]) {
                if bytes[found...].starts(with: wanted) { return found + wanted.count }
                index = found + 1
            }
            return nil
        }
        let rest = bytes[open...]
        if rest.starts(with: "<!--".utf8) { return end(after: "-->", from: open + 4) }
        if rest.starts(with: "<![CDATA[".utf8) { return end(after: "]]>", from: open + 9) }
        if rest.starts(with: "<?".utf8) { return end(after: "?>", from: open + 2) }
        var quote: UInt8?
        for index in (open + 1)..<bytes.count {
            let byte = bytes[index]
            if let mark = quote {
                if byte == mark { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return index + 1
            }
        }
        return nil
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ">")
    }
}
