package import JSONValue

/// The form that results are written in: what stands under which name, flattened into nodes by number.
///
/// Made once per mapping; what a value does not have already is left to a ``JSONataFormOwner``.
package final class JSONataForm: @unchecked Sendable {  // Proof: nothing is written after the initialiser returns.
    /// What a node takes as it is.
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// Every value.
        case any
        /// Strings; numbers and truths as strings.
        case text
        /// Addresses: strings of printable ASCII with a scheme in front (RFC 3986).
        case link
        /// Strings of three capital letters (ISO 4217).
        case currency
        /// Times in UTC, spelled like `2026-05-01T07:25:37Z`.
        case instant
        /// Numbers.
        case number
        /// Truths.
        case boolean
        /// The names of the node's group.
        case choice
        /// A list of what `element` takes, without what is null in it; a lone value is a list of one.
        case array
        /// An object with the fields of the node's group; other members as they are.
        case object
        /// Nothing.
        case adjusted
    }

    /// One node.
    package struct Node: Sendable {
        /// What is taken as it is.
        package var kind: Kind
        /// The group of an object's names, or of a choice.
        package var group = -1
        /// The node of a list's elements.
        package var element = -1
        /// The nodes of an object's names, in the order of the group.
        package var fields: [Int] = []
        /// Names without whose values an object is null.
        package var needs: [String] = []
        /// Whether the owner is told of the value.
        package var isNoted = false
        /// Whether the value is not written.
        package var isOmitted = false

        /// A node that takes a kind of values.
        package init(_ kind: Kind) { self.kind = kind }
    }

    let table: FormTable
    private let arena = Arena(firstChunk: 8192)

    /// Flattens a form; the first node is that of a result.
    ///
    /// `groups`: names, each once in its group.
    package init(_ nodes: [Node], groups: [[String]]) {
        let stored = arena.allocate(FormTable.Group.self, count: max(groups.count, 1))
        for (number, names) in groups.enumerated() {
            (stored + number).initialize(to: FormTable.Group(names, arena))
        }
        let rows = arena.allocate(FormTable.Node.self, count: nodes.count + 1)
        for (number, node) in (nodes + [Node(.any)]).enumerated() {
            let fields = arena.allocate(Int32.self, count: max(node.fields.count, 1))
            for (index, field) in node.fields.enumerated() { fields[index] = Int32(field) }
            let needs = arena.allocate(Value.self, count: max(node.needs.count, 1))
            for (index, name) in node.needs.enumerated() { needs[index] = arena.string(name).keyed }
            (rows + number).initialize(
                to: FormTable.Node(
                    kind: node.kind,
                    needsCount: UInt8(node.needs.count),
                    isNoted: node.isNoted,
                    isOmitted: node.isOmitted,
                    group: Int32(node.group),
                    element: Int32(node.element),
                    fields: fields,
                    needs: needs
                )
            )
        }
        table = FormTable(
            nodes: rows,
            groups: stored,
            any: nodes.count,
            depth: Self.depth(of: 0, nodes),
            id: arena.string("id").keyed
        )
    }

    deinit { arena.destroy() }

    /// The index in a group of a string's text, or -1; -1 for other values.
    package func index(of text: JSONataView, in group: Int) -> Int {
        text.value.isString ? table.groups[group].index(of: text.value.keyed) : -1
    }

    private static func depth(of node: Int, _ nodes: [Node]) -> Int {
        switch nodes[node].kind {
        case .array: depth(of: nodes[node].element, nodes) + 1
        case .object: (nodes[node].fields.map { depth(of: $0, nodes) }.max() ?? 0) + 1
        default: 1
        }
    }
}

/// Does what a form cannot: brings values into it, and takes notes.
package protocol JSONataFormOwner {
    /// Writes a value that its node does not take as it is.
    mutating func adjust(_ value: JSONataView, node: Int, at path: JSONataFormPath, _ output: inout JSONByteWriter)
    /// Is told of a value whose node is noted, before it is written.
    mutating func note(_ value: JSONataView, node: Int)
}

/// The way to a value that is being written; good only inside of the call that lends it.
package struct JSONataFormPath {
    let steps: UnsafeMutablePointer<Value>
    let count: Int

    /// The way as names and indexes, each after a slash.
    package var pointer: String {
        (0..<count).reduce(into: "") { text, index in
            let step = steps[index]
            text += step.isNumber ? "/\(Int(step.number))" : "/" + step.text
        }
    }
}

/// A form as memory that is read without counting references.
struct FormTable: BitwiseCopyable {
    struct Node: BitwiseCopyable {
        var kind: JSONataForm.Kind
        var needsCount: UInt8
        var isNoted: Bool
        var isOmitted: Bool
        var group: Int32
        var element: Int32
        var fields: UnsafeMutablePointer<Int32>
        /// The names in key form.
        var needs: UnsafeMutablePointer<Value>
    }

    struct Group: BitwiseCopyable {
        let table: UnsafeMutablePointer<Int32>
        let mask: Int
        /// The names in key form.
        let keys: UnsafeMutablePointer<Value>
        /// The names as they stand before a value: in quotes, with a colon.
        let labels: UnsafeMutablePointer<Value>

        init(_ names: [String], _ arena: Arena) {
            var size = 4
            while size < names.count * 2 { size *= 2 }
            table = arena.allocate(Int32.self, count: size)
            table.initialize(repeating: 0, count: size)
            mask = size - 1
            keys = arena.allocate(Value.self, count: max(names.count, 1))
            labels = arena.allocate(Value.self, count: max(names.count, 1))
            for (index, name) in names.enumerated() {
                let key = arena.string(name).keyed
                keys[index] = key
                labels[index] = FormTable.label(key, arena)
                var place = key.keyHash & mask
                while table[place] != 0 { place = (place + 1) & mask }
                table[place] = Int32(index + 1)
            }
        }

        /// The index of a name in key form, or -1.
        @inline(__always)
        func index(of key: Value) -> Int {
            var place = key.keyHash & mask
            while table[place] != 0 {
                let index = Int(table[place]) - 1
                if keys[index].equalsKey(key) { return index }
                place = (place + 1) & mask
            }
            return -1
        }
    }

    let nodes: UnsafeMutablePointer<Node>
    let groups: UnsafeMutablePointer<Group>
    /// The number of a node that takes everything.
    let any: Int
    /// The longest way to a node.
    let depth: Int
    /// The name of identifiers in key form.
    let id: Value

    /// A name as it stands before a value.
    static func label(_ name: Value, _ arena: Arena) -> Value {
        var writer = JSONByteWriter(capacity: name.byteCount + 16)
        writer.append(string: name.bytes)
        writer.append(UInt8(ascii: ":"))
        return writer.finish().withUnsafeBufferPointer { arena.string(copying: $0) }
    }
}
