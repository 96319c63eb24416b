/// Writes a document again so that each name stands once in its object: at its first place, with its last value, as
/// `JSON.parse` of ECMAScript has it.
///
/// Only documents with a repeated name come here.
enum UniqueNames {
    /// The text of `document` without repeated names.
    static func text(of document: JSONDocument) -> [UInt8] {
        document.withContents { tape, source in
            var output: [UInt8] = []
            output.reserveCapacity(source.count)
            write(0, tape, source, to: &output)
            return output
        }
    }

    private static func write(
        _ entry: Int,
        _ tape: UnsafeBufferPointer<JSONTapeNode>,
        _ source: UnsafeBufferPointer<UInt8>,
        to output: inout [UInt8]
    ) {
        let node = tape[entry]
        switch node.kind {
        case .object:
            output.append(UInt8(ascii: "{"))
            for (position, member) in members(of: entry, tape, source).enumerated() {
                if position > 0 { output.append(UInt8(ascii: ",")) }
                write(member.key, tape, source, to: &output)
                output.append(UInt8(ascii: ":"))
                write(member.value, tape, source, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        case .array:
            output.append(UInt8(ascii: "["))
            var child = entry + 1
            while child < Int(node.extra) {
                if child > entry + 1 { output.append(UInt8(ascii: ",")) }
                write(child, tape, source, to: &output)
                child = tape[child].end(at: child)
            }
            output.append(UInt8(ascii: "]"))
        case .string, .key:
            output.append(contentsOf: source[Int(node.offset) - 1...Int(node.offset + node.length)])
        case .null, .true, .false, .number:
            output.append(contentsOf: source[Int(node.offset)..<Int(node.offset + node.length)])
        }
    }

    private static func members(
        of object: Int,
        _ tape: UnsafeBufferPointer<JSONTapeNode>,
        _ source: UnsafeBufferPointer<UInt8>
    ) -> [(key: Int, value: Int)] {
        var members: [(key: Int, value: Int)] = []
        var places: [[UInt8]: Int] = [:]
        var entry = object + 1
        while entry < Int(tape[object].extra) {
            let key = tape[entry]
            let content = UnsafeBufferPointer(rebasing: source[Int(key.offset)..<Int(key.offset + key.length)])
            let name = StringDecoding.withDecoded(content, replacesSurrogates: false) { Array($0) }
            if let place = places[name] {
                members[place].value = entry + 1
            } else {
                places[name] = members.count
                members.append((entry, entry + 1))
            }
            entry = tape[entry + 1].end(at: entry + 1)
        }
        return members
    }
}
