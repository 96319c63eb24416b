/// `^(...)`: a stable order by several keys.
extension Evaluator {
    func sort(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard input.kind == .array else { return input }
        let count = input.array.count
        if count <= 1 { return input }
        let items = arena.items(of: input.array)
        let terms = node.pointee.list.count
        // Keys are evaluated when two items are first compared by them, and kept.
        let keys = arena.allocate(Value.self, count: count * terms)
        keys.initialize(repeating: .unset, count: count * terms)
        let order = try mergeSort(count) { (left, right) throws(Fault) -> Bool in
            try precedes(node, items, keys, right, left, frame)
        }
        let isStream = input.array.pointee.flags.contains(.tupleStream)
        let result = arena.array(isStream ? [.sequence, .tupleStream] : [], capacity: count)
        for index in 0..<count { arena.push(items[Int(order[index])], to: result) }
        return Value(result)
    }

    /// Whether the item `second` has to come strictly before `first`.
    private func precedes(
        _ node: NodePointer,
        _ items: UnsafeMutableBufferPointer<Value>,
        _ keys: UnsafeMutablePointer<Value>,
        _ second: Int,
        _ first: Int,
        _ frame: FramePointer
    ) throws(Fault) -> Bool {
        let terms = node.pointee.list
        for index in 0..<terms.count {
            let term = terms[index]
            let a = try key(term, index, first, terms.count, items, keys, frame)
            let b = try key(term, index, second, terms.count, items, keys, frame)
            if a.isUndefined {
                if b.isUndefined { continue }
                return true
            }
            if b.isUndefined { return false }
            let aFits = a.kind == .number || a.kind == .string
            if !aFits || !(b.kind == .number || b.kind == .string) {
                throw fail(.t2008, at: node.pointee.position, value: aFits ? b : a)
            }
            guard a.kind == b.kind else { throw fail(.t2007, at: node.pointee.position, value: a, second: b) }
            let order: Int
            if a.kind == .number {
                order = a.number == b.number ? 0 : (a.number < b.number ? -1 : 1)
            } else {
                order = compareText(a, b)
            }
            if order == 0 { continue }
            return term.pointee.flags.contains(.descending) ? order < 0 : order > 0
        }
        return false
    }

    private func key(
        _ term: NodePointer,
        _ index: Int,
        _ item: Int,
        _ terms: Int,
        _ items: UnsafeMutableBufferPointer<Value>,
        _ keys: UnsafeMutablePointer<Value>,
        _ frame: FramePointer
    ) throws(Fault) -> Value {
        let known = keys[item * terms + index]
        if !known.isUnset { return known }
        guard let expression = term.pointee.left else { return .undefined }
        let value = items[item]
        let key: Value
        if value.kind == .row {
            key = try evaluate(expression, value.row.slots[0], value.row)
        } else {
            key = try evaluate(expression, value, frame)
        }
        keys[item * terms + index] = key
        return key
    }

    /// The stable order of `0..<count`, by merging.
    ///
    /// `isAfter(a, b)` says whether a has to come after b.
    func mergeSort(_ count: Int, isAfter: (Int, Int) throws(Fault) -> Bool) throws(Fault) -> UnsafeMutablePointer<Int32>
    {
        var source = arena.allocate(Int32.self, count: count)
        var target = arena.allocate(Int32.self, count: count)
        for index in 0..<count { source[index] = Int32(index) }
        var width = 1
        while width < count {
            try spend(count)
            var start = 0
            while start < count {
                let middle = min(start + width, count)
                let end = min(start + 2 * width, count)
                try merge(source, target, start, middle, end, isAfter)
                start = end
            }
            swap(&source, &target)
            width *= 2
        }
        return source
    }

    @inline(__always)
    private func merge(
        _ source: UnsafeMutablePointer<Int32>,
        _ target: UnsafeMutablePointer<Int32>,
        _ start: Int,
        _ middle: Int,
        _ end: Int,
        _ isAfter: (Int, Int) throws(Fault) -> Bool
    ) throws(Fault) {
        var left = start
        var right = middle
        var out = start
        while left < middle, right < end {
            if try isAfter(Int(source[left]), Int(source[right])) {
                target[out] = source[right]
                right += 1
            } else {
                target[out] = source[left]
                left += 1
            }
            out += 1
        }
        while left < middle {
            target[out] = source[left]
            left += 1
            out += 1
        }
        while right < end {
            target[out] = source[right]
            right += 1
            out += 1
        }
    }
}
