// The names of members: where they are expected, their hashes, and the search for one that an object has twice.

extension TapeParser {
    /// Reads a name and its colon.
    @inline(__always)
    mutating func key(_ position: UnsafePointer<UInt8>) throws(JSONParseError) -> UnsafePointer<UInt8> {
        nodes.reserve(2)
        guard let (number, shape) = shapes.expected(after: top.shape) else { return try unexpectedKey(position) }
        let content = position + 1
        let length = Int(shape.pointee.length)
        // Behind the quote there has to be a colon at least.
        guard end - content > length + 1, position.pointee == UInt8(ascii: "\""),
            content[length] == UInt8(ascii: "\""),
            TextScan.isSame(content, shape.pointee.name.unsafelyUnwrapped, length)
        else { return try unexpectedKey(position) }
        nodes.append(
            JSONTapeNode(
                head: shape.pointee.head,
                offset: UInt32(truncatingIfNeeded: content - start),
                length: shape.pointee.length,
                extra: shape.pointee.hash
            )
        )
        top.count += 1
        top.shape = number
        let after = content + length + 1
        guard after.pointee == UInt8(ascii: ":") else { return try colon(skipSpace(after)) }
        return skipSpace(after + 1)
    }

    /// Reads a name that does not follow the order of an earlier object.
    @inline(never)
    private mutating func unexpectedKey(
        _ position: UnsafePointer<UInt8>
    ) throws(JSONParseError) -> UnsafePointer<UInt8> {
        guard position < end else { throw failure(.unexpectedEnd, "expected a name, found the end", position) }
        guard position.pointee == UInt8(ascii: "\"") else { throw unexpected("a name in quotes", position) }
        let index = nodes.count
        let after = skipSpace(try string(position, kind: .key))
        nodes.base[index].extra = keyHash(nodes.base[index])
        top.count += 1
        top.shape = shapes.next(after: top.shape, nodes.base[index], in: start)
        if top.shape > 0 { nodes.base[index].head |= UInt32(top.shape) << 8 }
        return try colon(after)
    }

    private func colon(_ position: UnsafePointer<UInt8>) throws(JSONParseError) -> UnsafePointer<UInt8> {
        guard position < end else { throw failure(.unexpectedEnd, "expected ':', found the end", position) }
        guard position.pointee == UInt8(ascii: ":") else { throw unexpected("':'", position) }
        return skipSpace(position + 1)
    }

    // MARK: Repeated names

    private func keyHash(_ node: JSONTapeNode) -> UInt32 {
        let text = start + Int(node.offset)
        if !node.isEscaped { return JSONKeyHash.hash(text, Int(node.length), seed: seed) }
        return decodedHash(UnsafeBufferPointer(start: text, count: Int(node.length)))
    }

    @inline(never)
    private func decodedHash(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let replacesSurrogates = policy.invalidText == .replaceAndFlag
        return StringDecoding.withDecoded(text, replacesSurrogates: replacesSurrogates) {
            JSONKeyHash.hash($0.baseAddress, $0.count, seed: seed)
        }
    }

    /// Looks for a name that the innermost object has twice.
    @inline(never)
    mutating func checkNames() throws(JSONParseError) {
        let count = Int(top.count)
        guard count > 1 else { return }
        if count <= JSONTape.indexedCount {
            let names = hashes.base
            var entry = top.node + 1
            for index in 0..<count {
                names[index] = nodes.base[entry].extra
                entry = nodes.base[entry + 1].end(at: entry + 1)
            }
            // No early exit, so that the comparisons become vector instructions.
            var repeated: UInt32 = 0
            for later in 1..<count {
                let hash = names[later]
                for earlier in 0..<later { repeated |= names[earlier] == hash ? 1 : 0 }
            }
            if repeated != 0 { return try checkRepeatedHash() }
            shapes.setUnique(top.shape)
        } else {
            try checkRepeatedHash()
        }
    }

    /// Sorts the names of the innermost object, keeps the order as an index when there are many, and compares neighbours.
    @inline(never)
    private mutating func checkRepeatedHash() throws(JSONParseError) {
        let tape = UnsafeBufferPointer(start: UnsafePointer(nodes.base), count: nodes.count)
        var index: [UInt64] = []
        index.reserveCapacity(Int(top.count))
        var entry = top.node + 1
        while entry < nodes.count {
            index.append(UInt64(tape[entry].extra) << 32 | UInt64(entry))
            entry = tape[entry + 1].end(at: entry + 1)
        }
        index.sort()
        var repeated: Int?
        for (position, entry) in index.enumerated() {
            for earlier in index[..<position].reversed() {
                guard earlier >> 32 == entry >> 32 else { break }
                guard sameName(tape[Int(earlier & 0xFFFF_FFFF)], tape[Int(entry & 0xFFFF_FFFF)]) else { continue }
                repeated = min(repeated ?? .max, Int(entry & 0xFFFF_FFFF))
            }
        }
        if let repeated {
            guard policy.duplicateKeys == .lastWins else {
                let name = text(tape[repeated])
                throw failure(.duplicateKey, "duplicate name \"\(name)\"", start + Int(tape[repeated].offset) - 1)
            }
            findings.hasDuplicateKeys = true
        }
        if index.count > JSONTape.indexedCount { findings.indexes[UInt32(top.node)] = index }
    }

    private func sameName(_ left: JSONTapeNode, _ right: JSONTapeNode) -> Bool {
        let replacesSurrogates = policy.invalidText == .replaceAndFlag
        return StringDecoding.withDecoded(content(left), replacesSurrogates: replacesSurrogates) { left in
            StringDecoding.withDecoded(content(right), replacesSurrogates: replacesSurrogates) { right in
                left.elementsEqual(right)
            }
        }
    }

    private func content(_ node: JSONTapeNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: start + Int(node.offset), count: Int(node.length))
    }

    private func text(_ node: JSONTapeNode) -> String {
        StringDecoding.string(content(node), hasLoneSurrogate: true)
    }
}
