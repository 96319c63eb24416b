// The names of members: their hashes, and the search for one that an object has twice.

extension TapeParser {
    @inline(__always)
    func keyHash(_ node: JSONTapeNode) -> UInt32 {
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
    @inline(__always)
    mutating func checkNames() throws(JSONParseError) {
        let count = hashes.count - top.hashes
        guard count > 1 else { return }
        if count <= JSONTape.indexedCount {
            let names = hashes.base + top.hashes
            // No early exit, so that the comparisons become vector instructions.
            var repeated: UInt32 = 0
            for later in 1..<count {
                let hash = names[later]
                for earlier in 0..<later { repeated |= names[earlier] == hash ? 1 : 0 }
            }
            if repeated != 0 { try checkRepeatedHash() }
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
