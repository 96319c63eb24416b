/// Object constructors and group-by: both evaluate keys for each item and values once per key.
extension Evaluator {
    /// The items that gave one key, and the pair that gave it.
    private struct Group {
        var key: Value
        var data: Value
        var pair: Int
    }

    func group(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if node.pointee.flags.contains(.constantObject) { return node.pointee.value }
        if node.pointee.flags.contains(.literalKeys) {
            if input.kind != .array { return try literalObject(node, input, frame) }
            let array = input.array
            if !array.pointee.flags.contains(.tupleStream), array.count <= 1 {
                return try literalObject(node, array.count == 0 ? .undefined : array[item: 0], frame)
            }
        }
        return try groupedObject(node, input, frame)
    }

    /// `{"a": x, "b": y}` for one item.
    private func literalObject(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        let list = node.pointee.list
        let result = arena.object(capacity: list.count / 2)
        var index = 0
        while index < list.count {
            let value = try evaluate(list[index + 1], input, frame)
            if !value.isUndefined { arena.append(value, for: list[index].pointee.value, to: result) }
            index += 2
        }
        return Value(result)
    }

    @inline(never)
    private func groupedObject(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        let list = node.pointee.list
        let isStream = input.kind == .array && input.array.pointee.flags.contains(.tupleStream)
        let names = arena.object()
        var groups: [Group] = []
        let count = input.kind == .array ? max(1, input.array.count) : 1
        for position in 0..<count {
            let item: Value
            if input.kind == .array {
                item = input.array.count == 0 ? .undefined : input.array[item: position]
            } else {
                item = input
            }
            let itemFrame = item.kind == .row ? item.row : frame
            let context = item.kind == .row ? item.row.slots[0] : item
            var pair = 0
            while pair < list.count {
                let key = try evaluate(list[pair], context, itemFrame)
                if !key.isUndefined {
                    guard key.isString else { throw fail(.t1003, at: node.pointee.position, value: key) }
                    let name = key.keyed
                    let known = names.value(for: name)
                    if known.isUndefined {
                        arena.append(Value(groups.count), for: name, to: names)
                        groups.append(Group(key: name, data: item, pair: pair))
                    } else {
                        let index = Int(known.number)
                        guard groups[index].pair == pair else {
                            throw fail(.d1009, at: node.pointee.position, value: key)
                        }
                        groups[index].data = collect(groups[index].data, item)
                    }
                }
                pair += 2
            }
        }
        let result = arena.object(capacity: groups.count)
        for entry in 0..<names.count {
            let group = groups[Int(names[entry: entry].value.number)]
            var context = group.data
            var valueFrame = frame
            if isStream, let row = reduced(context) {
                context = row.slots[0]
                valueFrame = row
            }
            let value = try evaluate(list[group.pair + 1], context, valueFrame)
            if !value.isUndefined { arena.append(value, for: group.key, to: result) }
        }
        return Value(result)
    }

    /// Adds an item to the data of a group.
    ///
    /// The array that the group grew for itself is marked, so that it can be extended in place.
    private func collect(_ data: Value, _ item: Value) -> Value {
        if item.isUndefined { return data }
        if data.isUndefined { return item }
        if data.kind == .array, data.array.pointee.flags.contains(.outerWrapper) == false,
            data.array.pointee.flags.contains(.growing)
        {
            if item.kind == .array {
                arena.push(contentsOf: item.array, to: data.array)
            } else {
                arena.push(item, to: data.array)
            }
            return data
        }
        let result = appended(data, item)
        if result.kind == .array { result.array.pointee.flags.insert(.growing) }
        return result
    }

    /// The items of both as a new plain array; what is undefined is left out.
    func appended(_ left: Value, _ right: Value) -> Value {
        if left.isUndefined { return right }
        if right.isUndefined { return left }
        let leftCount = left.kind == .array ? left.array.count : 1
        let rightCount = right.kind == .array ? right.array.count : 1
        let result = arena.array([], capacity: leftCount + rightCount)
        if left.kind == .array { arena.push(contentsOf: left.array, to: result) } else { arena.push(left, to: result) }
        if right.kind == .array {
            arena.push(contentsOf: right.array, to: result)
        } else {
            arena.push(right, to: result)
        }
        return Value(result)
    }

    /// `[...]`.
    func arrayConstructor(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        let list = node.pointee.list
        let result = arena.array(
            node.pointee.flags.contains(.constructsArray) ? .constructed : [],
            capacity: list.count
        )
        for index in 0..<list.count {
            let item = list[index]
            let value = try evaluate(item, input, frame)
            if value.isUndefined { continue }
            if item.pointee.operation == .array || value.kind != .array {
                arena.push(value, to: result)
            } else if list.count == 1, value.array.pointee.flags.contains(.range), result.count == 0 {
                let range = arena.range(from: value.array.pointee.rangeStart, count: value.array.count)
                range.pointee.flags = result.pointee.flags.union(.range)
                return Value(range)
            } else {
                try spend(value.array.count >> 4)
                arena.push(contentsOf: value.array, to: result)
            }
        }
        return Value(result)
    }
}
