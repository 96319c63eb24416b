/// A value inside a `JSONDocument`: a cheap view that decodes nothing until it is asked.
package struct JSONNode: Sendable {
    /// The document the value stands in.
    package let document: JSONDocument
    /// The value's index on the document's tape.
    package let entry: Int

    /// Looks at the value at `entry`, which must be the entry of a value of `document`.
    package init(document: JSONDocument, entry: Int) {
        self.document = document
        self.entry = entry
    }

    /// The tape's entry of this value.
    package var tapeNode: JSONTapeNode { document.tape.entries[entry] }

    /// What the value is.
    package var kind: JSONTapeNode.Kind { tapeNode.kind }

    /// How many members or elements an object or array has; 0 for other values.
    package var count: Int {
        let node = tapeNode
        guard node.isContainer else { return 0 }
        guard node.count == JSONTapeNode.countMax else { return Int(node.count) }
        var walked = 0
        if node.kind == .object { for _ in members { walked += 1 } } else { for _ in elements { walked += 1 } }
        return walked
    }

    /// The member named `key` of an object; nil for any other value or a missing member.
    package subscript(key: String) -> JSONNode? {
        guard kind == .object else { return nil }
        var key = key
        let found = key.withUTF8 { name in
            document.withContents { _, source in
                let hash = JSONKeyHash.hash(name.baseAddress, name.count, seed: JSONKeyHash.seed)
                return document.entry(named: name, hash: hash, in: entry, source)
            }
        }
        return found.map { JSONNode(document: document, entry: $0) }
    }

    /// The element at `index` of an array, found by walking; nil for any other value or an index out of range.
    package subscript(index: Int) -> JSONNode? {
        guard kind == .array, index >= 0 else { return nil }
        var remaining = index
        for element in elements {
            if remaining == 0 { return element }
            remaining -= 1
        }
        return nil
    }

    /// The members of an object in the order of the text; nothing for other values.
    package var members: JSONMembers {
        JSONMembers(document: document, position: entry + 1, end: kind == .object ? Int(tapeNode.extra) : 0)
    }

    /// The elements of an array; nothing for other values.
    package var elements: JSONElements {
        JSONElements(document: document, position: entry + 1, end: kind == .array ? Int(tapeNode.extra) : 0)
    }

    /// The text, when this is a string; a lone surrogate reads as U+FFFD.
    package var string: String? {
        guard kind == .string else { return nil }
        return JSONValue.text(of: tapeNode, in: document)
    }

    /// The text of a string as bytes: UTF-8, or WTF-8 where the policy kept a lone surrogate.
    ///
    /// Empty for other values.
    package var decodedBytes: [UInt8] {
        guard kind == .string else { return [] }
        return document.withContents { tape, source in
            let node = tape[entry]
            let content = UnsafeBufferPointer(rebasing: source[Int(node.offset)..<Int(node.offset + node.length)])
            return StringDecoding.withDecoded(content, replacesSurrogates: false) { Array($0) }
        }
    }

    /// The number, when this is one.
    package var number: JSONNumber? {
        guard kind == .number else { return nil }
        return JSONNumber(uncheckedText: String(decoding: sourceBytes, as: UTF8.self))
    }

    /// The claim, when this is `true` or `false`.
    package var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// Whether this is `null`.
    package var isNull: Bool { kind == .null }

    /// The JSON text of this value as it stands in the document, strings with their quotes.
    package var sourceBytes: ArraySlice<UInt8> {
        let node = tapeNode
        let start = Int(node.offset)
        let end = start + Int(node.length)
        return node.kind == .string ? document.source[start - 1..<end + 1] : document.source[start..<end]
    }

    /// The value as a tree.
    package var value: JSONValue { JSONValue(self) }
}

/// The members of an object in a document.
package struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    /// One member; its name is decoded when asked for.
    package struct Member: Sendable {
        let document: JSONDocument
        let entry: Int

        /// The name; a lone surrogate reads as U+FFFD.
        package var key: String { JSONValue.text(of: document.tape.entries[entry], in: document) }
        /// The value.
        package var value: JSONNode { JSONNode(document: document, entry: entry + 1) }
    }

    let document: JSONDocument
    var position: Int
    let end: Int

    /// The member after the last one given.
    package mutating func next() -> Member? {
        guard position < end else { return nil }
        defer { position = document.tape.entries[position + 1].end(at: position + 1) }
        return Member(document: document, entry: position)
    }
}

/// The elements of an array in a document.
package struct JSONElements: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var position: Int
    let end: Int

    /// The element after the last one given.
    package mutating func next() -> JSONNode? {
        guard position < end else { return nil }
        defer { position = document.tape.entries[position].end(at: position) }
        return JSONNode(document: document, entry: position)
    }
}
