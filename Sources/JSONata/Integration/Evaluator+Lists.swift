/// Lists and objects: what is not a list counts as a list of one, so that a single match does not change the shape.
extension Evaluator {
    /// A value as a list; nothing is an empty one.
    func asList(_ value: Value) -> ArrayPointer {
        if value.isArray { return value.array }
        let result = arena.array([], capacity: 1)
        if !value.isUndefined { arena.push(value, to: result) }
        return result
    }

    func list(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        let value = argument(a, 0)
        if builtin == .wrap {
            return value.isArray && !value.isSequence ? value : Value(try copied(asList(value)) { _ in true })
        }
        if value.isUndefined { return .undefined }
        switch builtin {
        case .removeEmpty: return value.isArray && value.array.count == 0 ? .undefined : value
        case .removeEmptyItems:
            return Value(
                try copied(asList(value)) { item in isTruthy(item) && !(item.isObject && item.object.count == 0) }
            )
        case .compact: return Value(try copied(asList(value), where: isTruthy))
        case .values:
            guard value.isObject else { return Value(try copied(asList(value)) { _ in true }) }
            let result = arena.array([], capacity: value.object.count)
            for index in 0..<value.object.count { arena.push(value.object[entry: index].value, to: result) }
            return Value(result)
        case .flatten: return try flattened(value, depth: 1)
        case .flattenDeep: return try flattened(value, depth: .max)
        case .flattenDepth: return try flattened(value, depth: try count(argument(a, 1), "the depth", least: 0))
        case .chunk: return try chunks(asList(value), try count(argument(a, 1), "the size", least: 1))
        default: return try difference(asList(value), asList(argument(a, 1)))
        }
    }

    /// Truth as in most programming languages: an empty list or object is true.
    private func isTruthy(_ value: Value) -> Bool {
        value.isArray || value.isObject || value.isFunction || truth(value)
    }

    private func count(_ value: Value, _ what: String, least: Int) throws(Fault) -> Int {
        guard value.isNumber, value.number >= Double(least), value.number <= 1e9 else {
            throw refuse("\(what) must be a number of at least \(least)")
        }
        return Int(value.number)
    }

    private func copied(_ array: ArrayPointer, where isWanted: (Value) -> Bool) throws(Fault) -> ArrayPointer {
        let result = arena.array()
        try spend(array.count)
        for index in 0..<array.count where isWanted(array[item: index]) { arena.push(array[item: index], to: result) }
        return result
    }

    private func flattened(_ value: Value, depth: Int) throws(Fault) -> Value {
        let result = arena.array()
        /// Items still to be taken, the next one last.
        var open: [(array: ArrayPointer, next: Int)] = [(asList(value), 0)]
        while let (array, next) = open.last {
            guard next < array.count else {
                open.removeLast()
                continue
            }
            open[open.count - 1].next += 1
            try spend(1)
            let item = array[item: next]
            if item.isArray, open.count <= depth { open.append((item.array, 0)) } else { arena.push(item, to: result) }
        }
        return Value(result)
    }

    private func chunks(_ array: ArrayPointer, _ size: Int) throws(Fault) -> Value {
        let result = arena.array()
        var index = 0
        while index < array.count {
            let end = Swift.min(array.count, index + size)
            try spend(end - index)
            let chunk = arena.array([], capacity: end - index)
            while index < end {
                arena.push(array[item: index], to: chunk)
                index += 1
            }
            arena.push(Value(chunk), to: result)
        }
        return Value(result)
    }

    private func difference(_ left: ArrayPointer, _ right: ArrayPointer) throws(Fault) -> Value {
        let result = arena.array()
        item: for index in 0..<left.count {
            try spend(right.count)
            for other in 0..<right.count where try isEqual(left[item: index], right[item: other]) { continue item }
            arena.push(left[item: index], to: result)
        }
        return Value(result)
    }

    func picked(_ builtin: Builtin, _ value: Value, _ names: Value) throws(Fault) -> Value {
        if value.isArray {
            let result = arena.array([], capacity: value.array.count)
            for index in 0..<value.array.count {
                try spend(1)
                arena.push(try picked(builtin, value.array[item: index], names), to: result)
            }
            return Value(result)
        }
        guard value.isObject else { return value }
        let wanted = arena.object()
        let list = asList(names)
        for index in 0..<list.count {
            guard list[item: index].isString else { throw refuse("the names must be strings") }
            arena.set(.null, for: list[item: index].keyed, in: wanted)
        }
        let result = arena.object()
        try spend(value.object.count)
        for index in 0..<value.object.count {
            let entry = value.object[entry: index]
            if (wanted.find(entry.key) >= 0) == (builtin == .pick) {
                arena.append(entry.value, for: entry.key, to: result)
            }
        }
        return Value(result)
    }

    // MARK: - Queries over lists

    func query(_ builtin: Builtin, _ a: Arguments, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if argument(a, 0).isUndefined { return .undefined }
        let list = asList(argument(a, 0))
        let choice = argument(a, 1)
        /// What a function, a path of names or an object of wanted members says of an item.
        func chosen(_ item: Value) throws(Fault) -> Value {
            try spend(1)
            switch choice.kind {
            case .function: return try apply(choice, one(item), input, frame)
            case .string: return path(choice, in: item)
            case .object:
                for index in 0..<choice.object.count {
                    let entry = choice.object[entry: index]
                    let value = item.isObject ? item.object.value(for: entry.key) : .undefined
                    if value.isUndefined { return Value(false) }
                    if try !isEqual(value, entry.value) { return Value(false) }
                }
                return Value(true)
            case .undefined: return item
            default: throw refuse("the second argument must be a function, a name or an object")
            }
        }
        switch builtin {
        case .find:
            for index in 0..<list.count where isTruthy(try chosen(list[item: index])) { return list[item: index] }
            return .undefined
        case .lofilter:
            let result = arena.array()
            for index in 0..<list.count where isTruthy(try chosen(list[item: index])) {
                arena.push(list[item: index], to: result)
            }
            return Value(result)
        case .orderBy: return try ordered(list, choice, argument(a, 2), input, frame)
        default:
            let result = arena.object()
            for index in 0..<list.count {
                var text = ByteBuilder(arena)
                try write(try chosen(list[item: index]), to: &text, at: -1)
                let key = text.finish().keyed
                if builtin == .keyBy {
                    arena.set(list[item: index], for: key, in: result)
                    continue
                }
                let group = result.value(for: key)
                if group.isArray {
                    arena.push(list[item: index], to: group.array)
                } else {
                    let first = arena.array([], capacity: 1)
                    arena.push(list[item: index], to: first)
                    arena.append(Value(first), for: key, to: result)
                }
            }
            return Value(result)
        }
    }

    /// The value at names joined with dots.
    private func path(_ names: Value, in item: Value) -> Value {
        var current = item
        var start = 0
        let bytes = names.bytes
        while start <= bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: ".")) ?? bytes.count
            guard current.isObject else { return .undefined }
            let name = Value(string: names.start + start, count: end - start)
            current = current.object.value(for: name.keyed)
            start = end + 1
        }
        return current
    }

    private func ordered(
        _ list: ArrayPointer,
        _ keys: Value,
        _ directions: Value,
        _ input: Value,
        _ frame: FramePointer
    ) throws(Fault) -> Value {
        let criteria = asList(keys)
        let orders = asList(directions)
        let width = Swift.max(1, criteria.count)
        let rows = arena.allocate(Value.self, count: list.count * width)
        for index in 0..<list.count {
            for position in 0..<width {
                let criterion: Value = position < criteria.count ? criteria[item: position] : .undefined
                try spend(1)
                let slot = rows + (index * width + position)
                switch criterion.kind {
                case .function: slot.pointee = try apply(criterion, one(list[item: index]), input, frame)
                case .string: slot.pointee = path(criterion, in: list[item: index])
                case .undefined: slot.pointee = list[item: index]
                default: throw refuse("each key must be a function or a name")
                }
            }
        }
        let isDescending = (0..<width).map { position in
            position < orders.count && orders[item: position].isString
                && orders[item: position].text.lowercased() == "desc"
        }
        let order = try mergeSort(list.count) { (left: Int, right: Int) throws(Fault) in
            for (position, descends) in isDescending.enumerated() {
                let (a, b) = (rows[left * width + position], rows[right * width + position])
                let isMissing = (isNothing(a), isNothing(b))
                if isMissing.0 != isMissing.1 { return isMissing.0 }
                let comparison = rank(a, b)
                if comparison != 0 { return descends ? comparison < 0 : comparison > 0 }
            }
            return false
        }
        let result = arena.array([], capacity: list.count)
        for position in 0..<list.count { arena.push(list[item: Int(order[position])], to: result) }
        return Value(result)
    }

    private func isNothing(_ value: Value) -> Bool { value.isUndefined || value.kind == .null }

    /// Orders any two values: numbers, then strings, then truth values, then what has no order.
    private func rank(_ left: Value, _ right: Value) -> Int {
        func group(_ value: Value) -> Int {
            switch value.kind {
            case .number: 0
            case .string: 1
            case .bool: 2
            default: 3
            }
        }
        if group(left) != group(right) { return group(left) - group(right) }
        switch left.kind {
        case .number: return left.number < right.number ? -1 : left.number > right.number ? 1 : 0
        case .string: return compareText(left, right)
        case .bool: return (left.bool ? 1 : 0) - (right.bool ? 1 : 0)
        default: return 0
        }
    }

    /// `$zipSqlResponse`: column names and rows of values into objects.
    func zipRows(_ a: Arguments) throws(Fault) -> Value {
        if argument(a, 0).isUndefined || argument(a, 1).isUndefined { return .undefined }
        let columns = asList(argument(a, 0))
        let nameKey = argument(a, 2).isString ? argument(a, 2) : Value("name")
        var names: [Value] = []
        for index in 0..<columns.count {
            let column = columns[item: index]
            let name = column.isObject ? column.object.value(for: nameKey.keyed) : column
            guard name.isString else { throw refuse("column \(index) has no name") }
            names.append(name.keyed)
        }
        let rows = asList(argument(a, 1))
        let result = arena.array([], capacity: rows.count)
        for index in 0..<rows.count {
            let row = asList(rows[item: index])
            try spend(row.count + 1)
            let object = arena.object(capacity: names.count)
            for (position, name) in names.enumerated() where position < row.count {
                arena.set(row[item: position], for: name, in: object)
            }
            arena.push(Value(object), to: result)
        }
        return Value(result)
    }
}
