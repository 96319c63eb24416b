/// Groups of names that the names and texts of results are looked up in.
package final class JSONataNames: @unchecked Sendable {  // Proof: nothing is written after the initialiser returns.
    private struct Group {
        var table: UnsafeMutablePointer<Int32>
        var mask: Int
        var keys: UnsafeMutablePointer<Value>
    }

    private let arena = Arena(firstChunk: 4096)
    private let groups: UnsafeMutablePointer<Group>

    /// Takes groups of names, each without repetition.
    package init(_ groups: [[String]]) {
        let stored = arena.allocate(Group.self, count: max(groups.count, 1))
        for (number, names) in groups.enumerated() {
            var size = 4
            while size < names.count * 2 { size *= 2 }
            let table = arena.allocate(Int32.self, count: size)
            table.initialize(repeating: 0, count: size)
            let keys = arena.allocate(Value.self, count: max(names.count, 1))
            for (index, name) in names.enumerated() {
                let key = arena.string(name).keyed
                keys[index] = key
                var place = key.keyHash & (size - 1)
                while table[place] != 0 { place = (place + 1) & (size - 1) }
                table[place] = Int32(index + 1)
            }
            stored[number] = Group(table: table, mask: size - 1, keys: keys)
        }
        self.groups = stored
    }

    deinit { arena.destroy() }

    /// The index in a group of the name of an object's member, or -1.
    package func index(ofMember index: Int, of object: JSONataView, in group: Int) -> Int {
        find(object.value.object[entry: index].key, group)
    }

    /// The index in a group of a string's text, or -1; -1 for other values.
    package func index(of text: JSONataView, in group: Int) -> Int {
        text.value.isString ? find(text.value.keyed, group) : -1
    }

    /// The value of the member whose name stands first in a group; nil when there is none.
    package func firstMember(of object: JSONataView, in group: Int) -> JSONataView? {
        let index = object.value.object.find(groups[group].keys[0])
        return index < 0 ? nil : object.member(index)
    }

    @inline(__always)
    private func find(_ key: Value, _ group: Int) -> Int {
        let group = groups[group]
        var place = key.keyHash & group.mask
        while group.table[place] != 0 {
            let index = Int(group.table[place]) - 1
            if group.keys[index].equalsKey(key) { return index }
            place = (place + 1) & group.mask
        }
        return -1
    }
}
