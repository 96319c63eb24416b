/// Functions over arrays and objects.
extension Evaluator {
    func append(_ left: Value, _ right: Value) -> Value {
        appended(left, right)
    }

    /// `$lookup`: a member of an object, or of the objects in an array.
    func lookupCall(_ input: Value, _ key: Value) throws(Fault) -> Value {
        guard key.isString else { return .undefined }
        return lookup(key.keyed, in: input)
    }

    func collection(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        if builtin != .zip, a.first?.isUndefined ?? true { return .undefined }
        switch builtin {
        case .reverse:
            let array = a[0].array
            if array.count <= 1 { return a[0] }
            let result = arena.array([], capacity: array.count)
            var index = array.count - 1
            while index >= 0 {
                arena.push(array[item: index], to: result)
                index -= 1
            }
            return Value(result)
        case .shuffle: return shuffle(a[0].array)
        case .distinct: return try distinct(a[0])
        case .zip: return try zip(a)
        case .keys: return try keys(a[0])
        case .spread: return try spread(a[0])
        default: return try merge(a[0])
        }
    }

    private func shuffle(_ array: ArrayPointer) -> Value {
        let result = arena.array([], capacity: array.count)
        arena.push(contentsOf: array, to: result)
        let items = arena.items(of: result)
        var index = items.count - 1
        while index > 0 {
            let other = Int(state.pointee.random.unit() * Double(index + 1))
            items.swapAt(index, other)
            index -= 1
        }
        return Value(result)
    }

    private func distinct(_ value: Value) throws(Fault) -> Value {
        guard value.kind == .array, value.array.count > 1 else { return value }
        let array = value.array
        let result = arena.array(value.isSequence ? .sequence : [])
        // Scalars are found through an object keyed by their text; containers are compared one by one.
        let seen = arena.object()
        let containers = arena.array()
        for index in 0..<array.count {
            let item = array[item: index]
            try spend(1)
            if item.isArray || item.isObject || item.isFunction {
                var isKnown = false
                for position in 0..<containers.count where try isEqual(containers[item: position], item) {
                    isKnown = true
                    break
                }
                if isKnown { continue }
                arena.push(item, to: containers)
            } else {
                let key = distinctKey(item).keyed
                if seen.find(key) >= 0 { continue }
                arena.append(.null, for: key, to: seen)
            }
            arena.push(item, to: result)
        }
        return Value(result)
    }

    private func distinctKey(_ value: Value) -> Value {
        var text = ByteBuilder(arena)
        switch value.kind {
        case .string:
            text.append(UInt8(ascii: "s"))
            text.append(value)
        case .number:
            text.append(UInt8(ascii: "n"))
            NumberText.write(value.number, to: &text)
        case .bool: text.append(value.bool ? "t" : "f")
        default: text.append("l")
        }
        return text.finish()
    }

    private func zip(_ lists: Arguments) throws(Fault) -> Value {
        var length = Int.max
        for list in lists {
            length = Swift.min(length, list.kind == .array ? list.array.count : (list.isUndefined ? 0 : 1))
        }
        let result = arena.array([])
        for index in 0..<(length == Int.max ? 0 : length) {
            try spend(lists.count)
            let row = arena.array([], capacity: lists.count)
            for list in lists { arena.push(list.kind == .array ? list.array[item: index] : list, to: row) }
            arena.push(Value(row), to: result)
        }
        return Value(result)
    }

    private func keys(_ value: Value) throws(Fault) -> Value {
        let result = arena.array(.sequence)
        switch value.kind {
        case .object:
            for index in 0..<value.object.count { arena.push(value.object[entry: index].key.unkeyed, to: result) }
        case .array:
            let seen = arena.object()
            for index in 0..<value.array.count {
                let item = value.array[item: index]
                guard item.isObject else { continue }
                try spend(item.object.count)
                for position in 0..<item.object.count {
                    arena.set(.null, for: item.object[entry: position].key, in: seen)
                }
            }
            return try keys(Value(seen))
        default: break
        }
        return Value(result)
    }

    private func spread(_ value: Value) throws(Fault) -> Value {
        switch value.kind {
        case .array:
            // A list of what was spread stays a list, even with one item.
            let result = arena.array(value.array.count == 0 ? .sequence : [])
            for index in 0..<value.array.count {
                let part = try spread(value.array[item: index])
                if part.kind == .array {
                    arena.push(contentsOf: part.array, to: result)
                } else {
                    arena.push(part, to: result)
                }
            }
            return Value(result)
        case .object:
            let result = arena.array(.sequence)
            try spend(value.object.count)
            for index in 0..<value.object.count {
                let entry = value.object[entry: index]
                let single = arena.object(capacity: 1)
                arena.append(entry.value, for: entry.key, to: single)
                arena.push(Value(single), to: result)
            }
            return Value(result)
        default: return value
        }
    }

    private func merge(_ value: Value) throws(Fault) -> Value {
        let result = arena.object()
        for index in 0..<value.array.count {
            let item = value.array[item: index]
            guard item.isObject else { continue }
            try spend(item.object.count)
            for position in 0..<item.object.count {
                let entry = item.object[entry: position]
                arena.set(entry.value, for: entry.key, in: result)
            }
        }
        return Value(result)
    }

    func aggregate(_ builtin: Builtin, _ list: Value) -> Value {
        if list.isUndefined { return .undefined }
        let array = list.array
        if builtin == .sum {
            var total = 0.0
            for index in 0..<array.count { total += array[item: index].number }
            return Value(total)
        }
        guard array.count > 0 else { return .undefined }
        var result = array[item: 0].number
        for index in 1..<array.count {
            let number = array[item: index].number
            switch builtin {
            case .max: result = Swift.max(result, number)
            case .min: result = Swift.min(result, number)
            default: result += number
            }
        }
        return Value(builtin == .average ? result / Double(array.count) : result)
    }
}
