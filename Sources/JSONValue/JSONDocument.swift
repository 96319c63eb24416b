/// JSON text, checked and indexed but left as bytes: the hot path for vendor bodies.
///
/// Parsing writes a tape of 16-byte entries beside the text; values are decoded when they are read, and a subtree that
/// nobody changes is written out as the bytes it came as. A document is immutable and may be shared between tasks.
package final class JSONDocument: Sendable {
    /// What the parser noticed.
    struct Findings {
        /// Where lone surrogates are escaped that must become U+FFFD.
        var surrogates: [Int] = []
        /// Whether an object has a name twice.
        var hasDuplicateKeys = false
        /// Objects with many members: hash and entry of each key, sorted, by the object's entry.
        var indexes: [UInt32: [UInt64]] = [:]
    }

    /// The text: valid UTF-8, without repeated names.
    ///
    /// It is what was given, unless that needed a repair.
    package let source: [UInt8]
    /// Whether malformed text was replaced by U+FFFD.
    package let textWasRepaired: Bool
    let tape: JSONTape
    private let indexes: [UInt32: [UInt64]]

    /// Checks and indexes `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: The whole text.
    ///   - policy: What is refused and what is mended.
    ///   - names: Those that texts of this kind had before; the text's own are added.
    /// - Throws: `JSONParseError` with the place of the first fault.
    package convenience init(
        parsing bytes: [UInt8],
        policy: JSONParsePolicy = .vendor,
        names: KnownNames? = nil
    ) throws(JSONParseError) {
        let parsed: Parsed
        do {
            parsed = try Self.parse(bytes, policy, names)
        } catch  where error.code == .invalidUTF8 && policy.invalidText != .reject {
            parsed = try Self.parseRepaired(bytes, policy)
        }
        self.init(parsed, textWasRepaired: parsed.wasRepaired || !parsed.findings.surrogates.isEmpty)
    }

    private init(_ parsed: Parsed, textWasRepaired: Bool) {
        source = parsed.source
        tape = parsed.tape
        indexes = parsed.findings.indexes
        self.textWasRepaired = textWasRepaired
    }

    /// The one value that the text holds.
    package var root: JSONNode { JSONNode(document: self, entry: 0) }

    /// How many entries the tape has.
    package var entryCount: Int { tape.entries.count }

    /// The numbers of names (`JSONTapeNode.nameNumber`) are below this.
    package var nameCount: Int { tape.nameCount }

    /// The names that texts of this kind had before, which have the first of the numbers.
    package var knownNames: NameOrders? { tape.knownNames }

    /// Lends tape and text to an evaluator; neither pointer may leave `body`.
    ///
    /// - Parameter body: Gets the entries and the bytes that their offsets refer to.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package func withContents<Result, Failure>(
        _ body: (UnsafeBufferPointer<JSONTapeNode>, UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try source.withUnsafeBufferPointer { (source) throws(Failure) in try body(tape.entries, source) }
    }

    /// The entry of the value named by decoded bytes in the object at `object`, nil when it has no such member.
    ///
    /// - Parameters:
    ///   - name: The bytes of the name, UTF-8 or WTF-8.
    ///   - hash: `JSONKeyHash` of the name.
    ///   - object: The entry of an object.
    ///   - source: The text, as lent by `withContents`.
    /// - Returns: The entry of the member's value.
    package func entry(
        named name: UnsafeBufferPointer<UInt8>,
        hash: UInt32,
        in object: Int,
        _ source: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        let tape = tape.entries
        let node = tape[object]
        if node.count > JSONTape.indexedCount, let index = indexes[UInt32(object)] {
            var position = index.partitioningIndex { $0 >> 32 >= UInt64(hash) }
            while position < index.count, index[position] >> 32 == UInt64(hash) {
                let entry = Int(index[position] & 0xFFFF_FFFF)
                if keyEquals(tape[entry], name, source) { return entry + 1 }
                position += 1
            }
            return nil
        }
        let end = Int(node.extra)
        var entry = object + 1
        while entry < end {
            if tape[entry].extra == hash, keyEquals(tape[entry], name, source) { return entry + 1 }
            entry = tape[entry + 1].end(at: entry + 1)
        }
        return nil
    }

    @inline(__always)
    private func keyEquals(
        _ key: JSONTapeNode,
        _ name: UnsafeBufferPointer<UInt8>,
        _ source: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let content = UnsafeBufferPointer(rebasing: source[Int(key.offset)..<Int(key.offset + key.length)])
        if !key.isEscaped { return content.hasSameBytes(as: name) }
        return StringDecoding.withDecoded(content, replacesSurrogates: false) { $0.hasSameBytes(as: name) }
    }
}

// MARK: Parsing

extension JSONDocument {
    private struct Parsed {
        var source: [UInt8]
        var tape: JSONTape
        var findings: Findings
        var wasRepaired = false
    }

    private static func parse(
        _ bytes: [UInt8],
        _ policy: JSONParsePolicy,
        _ names: KnownNames? = nil
    ) throws(JSONParseError) -> Parsed {
        guard bytes.count <= policy.bytesMax else {
            throw JSONParseError(
                code: .tooLarge,
                message: "expected at most \(policy.bytesMax) bytes, found \(bytes.count)",
                line: 1,
                column: 1,
                offset: policy.bytesMax
            )
        }
        var parsed = try bytes.withUnsafeBufferPointer { (source) throws(JSONParseError) -> Parsed in
            guard let start = source.baseAddress, !source.isEmpty else {
                throw JSONParseError(.unexpectedEnd, "expected a value, found the end", offset: 0, in: source)
            }
            let known = names?.orders
            defer { withExtendedLifetime(known) {} }
            var parser = TapeParser(source, start: start, policy: policy, known: known)
            try parser.parse()
            names?.learn(parser.shapes, beyond: known)
            let findings = parser.findings
            return Parsed(source: bytes, tape: parser.finish(known), findings: findings)
        }
        let findings = parsed.findings
        for position in findings.surrogates {
            parsed.source.replaceSubrange(position + 2..<position + 6, with: "fffd".utf8)
        }
        if findings.hasDuplicateKeys {
            let text = UniqueNames.text(of: JSONDocument(parsed, textWasRepaired: false))
            let resolved = try parse(text, policy.bytesMax(.max))
            parsed.source = resolved.source
            parsed.tape = resolved.tape
            parsed.findings.indexes = resolved.findings.indexes
        }
        return parsed
    }

    /// Repairs a text that is not UTF-8 and parses it again; errors still tell places in the text as received.
    private static func parseRepaired(_ bytes: [UInt8], _ policy: JSONParsePolicy) throws(JSONParseError) -> Parsed {
        let repair = bytes.withUnsafeBufferPointer { TextRepair($0, keepsSurrogates: policy.invalidText == .keep) }
        do {
            var parsed = try parse(repair.bytes, policy.bytesMax(.max))
            parsed.wasRepaired = repair.replacedAny
            return parsed
        } catch {
            throw JSONParseError(
                code: error.code,
                message: error.message,
                line: error.line,
                column: error.column,
                offset: repair.sourceOffset(of: error.offset)
            )
        }
    }
}
