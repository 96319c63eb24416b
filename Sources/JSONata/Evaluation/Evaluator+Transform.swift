/// `|pattern|update, delete|`: a changed copy of its argument.
extension Evaluator {
    func transformCall(_ function: FunctionPointer, _ arguments: Arguments, _ context: Value) throws(Fault) -> Value {
        guard let node = function.pointee.node, let frame = function.pointee.frame, let pattern = node.pointee.left,
            let update = node.pointee.right
        else { return .undefined }
        guard let object = arguments.first, !object.isUndefined else { return .undefined }
        guard object.isObject || object.isArray else { throw fail(.t0410, value: object, index: 1) }
        let result = try clone(object, depth: 0)
        let matches = try evaluate(pattern, result, frame)
        if matches.isUndefined { return result }
        let count = matches.kind == .array ? matches.array.count : 1
        for index in 0..<count {
            let match = matches.kind == .array ? matches.array[item: index] : matches
            try merge(update, into: match, node, frame)
            if let deletion = node.pointee.third { try delete(deletion, from: match, node, frame) }
        }
        return result
    }

    private func merge(_ update: NodePointer, into match: Value, _ node: NodePointer, _ frame: FramePointer)
        throws(Fault)
    {
        let changes = try evaluate(update, match, frame)
        if changes.isUndefined { return }
        guard changes.isObject else { throw fail(.t2011, at: update.pointee.position, value: changes) }
        guard match.isObject else { return }
        for index in 0..<changes.object.count {
            let entry = changes.object[entry: index]
            // A copy, since the update may hold what it updates: a value must not contain itself.
            arena.set(try copy(entry.value), for: entry.key, in: match.object)
        }
    }

    private func copy(_ value: Value) throws(Fault) -> Value {
        value.isObject || value.isArray ? try clone(value, depth: 0) : value
    }

    private func delete(_ deletion: NodePointer, from match: Value, _ node: NodePointer, _ frame: FramePointer)
        throws(Fault)
    {
        let names = try evaluate(deletion, match, frame)
        if names.isUndefined { return }
        let count = names.kind == .array ? names.array.count : 1
        for index in 0..<count {
            let name = names.kind == .array ? names.array[item: index] : names
            guard name.isString else { throw fail(.t2012, at: deletion.pointee.position, value: names) }
            if match.isObject { arena.remove(name.keyed, from: match.object) }
        }
    }

    /// A deep copy that can be changed.
    func clone(_ value: Value, depth: Int) throws(Fault) -> Value {
        if depth > 600 { throw fail(.d1011) }
        switch value.kind {
        case .array:
            let source = value.array
            try spend(source.count)
            let copy = arena.array([], capacity: source.count)
            for index in 0..<source.count { arena.push(try clone(source[item: index], depth: depth + 1), to: copy) }
            return Value(copy)
        case .object:
            let source = value.object
            try spend(source.count)
            let copy = arena.object(capacity: source.count)
            for index in 0..<source.count {
                let entry = source[entry: index]
                if entry.value.isFunction { continue }
                arena.append(try clone(entry.value, depth: depth + 1), for: entry.key, to: copy)
            }
            return Value(copy)
        default: return value
        }
    }
}
