extension JSONValue {
    /// Reads JSON text strictly as RFC 8259 has it.
    ///
    /// - Parameters:
    ///   - bytes: The whole text in UTF-8.
    ///   - policy: What is refused and what is mended; a tree holds U+FFFD for lone surrogates that the policy keeps.
    /// - Throws: `JSONParseError` with the place of the first fault.
    package init(parsing bytes: [UInt8], policy: JSONParsePolicy = .api) throws(JSONParseError) {
        self.init(try JSONDocument(parsing: bytes, policy: policy).root)
    }

    /// Reads JSON text strictly as RFC 8259 has it.
    ///
    /// - Parameters:
    ///   - text: The whole text.
    ///   - policy: What is refused and what is mended.
    /// - Throws: `JSONParseError` with the place of the first fault.
    package init(parsing text: String, policy: JSONParsePolicy = .api) throws(JSONParseError) {
        try self.init(parsing: Array(text.utf8), policy: policy)
    }

    /// Builds the tree of a value in a document.
    package init(_ node: JSONNode) {
        self = node.document.withContents { tape, source in
            var builder = TreeBuilder(tape: tape, source: source)
            return builder.value(node.entry)
        }
    }

    /// The decoded text of a string or key entry.
    static func text(of node: JSONTapeNode, in document: JSONDocument) -> String {
        document.withContents { _, source in TreeBuilder.text(node, source) }
    }
}

/// Turns entries of a tape into a tree.
struct TreeBuilder {
    private let tape: UnsafeBufferPointer<JSONTapeNode>
    private let source: UnsafeBufferPointer<UInt8>

    init(tape: UnsafeBufferPointer<JSONTapeNode>, source: UnsafeBufferPointer<UInt8>) {
        self.tape = tape
        self.source = source
    }

    /// The value at `entry`.
    ///
    /// Recursion is bounded by `JSONParsePolicy.depthCeiling`.
    mutating func value(_ entry: Int) -> JSONValue {
        let node = tape[entry]
        switch node.kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .number: return .number(JSONNumber(uncheckedText: String(decoding: content(node), as: UTF8.self)))
        case .string, .key: return .string(Self.text(node, source))
        case .array:
            var elements: [JSONValue] = []
            elements.reserveCapacity(Int(node.count))
            var child = entry + 1
            while child < Int(node.extra) {
                elements.append(value(child))
                child = tape[child].end(at: child)
            }
            return .array(elements)
        case .object:
            var members: [JSONObject.Member] = []
            members.reserveCapacity(Int(node.count))
            var key = entry + 1
            var mayCoincide = false
            while key < Int(node.extra) {
                mayCoincide = mayCoincide || tape[key].hasLoneSurrogate
                members.append(JSONObject.Member(key: Self.text(tape[key], source), value: value(key + 1)))
                key = tape[key + 1].end(at: key + 1)
            }
            // Names that differ in a lone surrogate only are one name in a tree.
            if mayCoincide { return .object(JSONObject(members.map { ($0.key, $0.value) })) }
            return .object(JSONObject(uniqueMembers: members))
        }
    }

    private func content(_ node: JSONTapeNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: source[Int(node.offset)..<Int(node.offset + node.length)])
    }

    /// The decoded text of a string or key.
    static func text(_ node: JSONTapeNode, _ source: UnsafeBufferPointer<UInt8>) -> String {
        let content = UnsafeBufferPointer(rebasing: source[Int(node.offset)..<Int(node.offset + node.length)])
        if !node.isEscaped { return String(decoding: content, as: UTF8.self) }
        return StringDecoding.string(content, hasLoneSurrogate: node.hasLoneSurrogate)
    }
}
