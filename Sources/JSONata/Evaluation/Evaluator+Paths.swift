/// Paths: steps mapped over sequences.
extension Evaluator {
    /// The member that a name node means, looked for first where it was the last time.
    @inline(__always)
    func member(_ node: NodePointer, of object: ObjectPointer) -> Value {
        let key = node.pointee.value
        // The names of an expression evaluated by an expression have no place.
        guard node.pointee.slot >= 0 else { return object.value(for: key) }
        let place = state.pointee.memberPlaces + Int(node.pointee.slot)
        let expected = Int(place.pointee)
        if expected < object.count, let entries = object.pointee.entries, entries[expected].key.equalsKey(key) {
            return entries[expected].value
        }
        let index = object.find(key)
        guard index >= 0 else { return .undefined }
        place.pointee = Int32(index)
        return object[entry: index].value
    }

    /// The member of an object, or of the objects in an array.
    func lookup(_ key: Value, in input: Value) -> Value {
        switch input.kind {
        case .object: return input.object.value(for: key)
        case .array:
            let result = arena.array(.sequence)
            lookup(key, in: input.array, into: result)
            return Value(result)
        default: return .undefined
        }
    }

    private func lookup(_ key: Value, in array: ArrayPointer, into result: ArrayPointer) {
        guard let items = array.pointee.items else { return }
        for index in 0..<array.count {
            let item = items[index]
            switch item.kind {
            case .object:
                let found = item.object.value(for: key)
                if found.kind == .array {
                    arena.push(contentsOf: found.array, to: result)
                } else if !found.isUndefined {
                    arena.push(found, to: result)
                }
            case .array:
                // A nested array gives a sequence of its own, which is flattened here.
                lookup(key, in: item.array, into: result)
            default: break
            }
        }
    }

    /// A path of names only.
    func plainPath(_ node: NodePointer, _ input: Value) throws(Fault) -> Value {
        let steps = node.pointee.list
        var current = input
        var index = 0
        while index < steps.count {
            if current.kind == .object {
                current = member(steps[index], of: current.object)
                index += 1
            } else if current.kind == .array {
                return try plainSteps(steps, from: index, current.array)
            } else {
                return .undefined
            }
        }
        return current
    }

    /// The rest of a path of names once it has come upon an array.
    private func plainSteps(_ steps: NodeList, from start: Int, _ first: ArrayPointer) throws(Fault) -> Value {
        var source = first
        for index in start..<steps.count {
            let isLast = index == steps.count - 1
            let key = steps[index].pointee.value
            let result = arena.array(.sequence)
            var resultCount = 0
            var only: Value = .undefined
            try spend(source.count >> 2)
            for position in 0..<source.count {
                let item = source[item: position]
                var found: Value
                if item.kind == .object {
                    found = item.object.value(for: key)
                } else if item.kind == .array {
                    found = lookup(key, in: item)
                    found = collapse(found, keep: false)
                } else {
                    continue
                }
                if found.isUndefined { continue }
                resultCount += 1
                only = found
                append(found, to: result)
            }
            if isLast, resultCount == 1, only.kind == .array, !only.array.pointee.flags.contains(.sequence) {
                return only
            }
            if result.count == 0 { return .undefined }
            source = result
        }
        return Value(source)
    }

    /// Adds a step's result to a sequence; arrays are flattened unless a path constructed them.
    @inline(__always)
    private func append(_ value: Value, to result: ArrayPointer) {
        if value.kind == .array, !value.array.pointee.flags.contains(.constructed) {
            arena.push(contentsOf: value.array, to: result)
        } else {
            arena.push(value, to: result)
        }
    }

    @inline(never)
    func path(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        let steps = node.pointee.list
        let firstTuple = Int(node.pointee.slot)
        let first = steps[0]
        var sequence: ArrayPointer
        if input.kind == .array, first.pointee.operation != .variable, first.pointee.operation != .context,
            first.pointee.operation != .global
        {
            sequence = input.array
        } else {
            sequence = arena.sequence(of: input)
        }
        var result: Value = .undefined
        var rows: ArrayPointer?
        let start = input.kind == .object ? leadingNames(steps, before: firstTuple, input, &sequence) : 0
        for index in start..<steps.count {
            let step = steps[index]
            if index == 0, step.pointee.operation == .array, step.pointee.flags.contains(.constructsArray) {
                result = try evaluate(step, Value(sequence), frame)
                if step.pointee.stages.count > 0 { result = try stages(of: step, result, frame) }
            } else if index >= firstTuple {
                rows = try tupleStep(step, sequence, rows, node, frame)
                continue
            } else {
                result = try self.step(step, sequence, frame, isLast: index == steps.count - 1)
            }
            guard result.kind == .array else {
                if result.isUndefined { break }
                sequence = arena.sequence(of: result)
                continue
            }
            if result.array.count == 0 { break }
            if index < firstTuple { sequence = result.array }
        }
        if let rows {
            if node.pointee.flags.contains(.tuple) {
                result = Value(rows)
            } else {
                let plain = arena.array(.sequence, capacity: rows.count)
                for index in 0..<rows.count { arena.push(rows[item: index].row.slots[0], to: plain) }
                result = Value(plain)
            }
        }
        if node.pointee.flags.contains(.keepSingletonArray), result.kind == .array {
            if result.array.pointee.flags.contains(.constructed), !result.array.pointee.flags.contains(.sequence) {
                result = Value(arena.sequence(of: result))
            } else if result.array.pointee.flags.isDisjoint(with: [.sequence, .keepSingleton]) {
                return try grouped(node, result, rows, frame)
            }
            result.array.pointee.flags.insert(.keepSingleton)
        }
        return try grouped(node, result, rows, frame)
    }

    /// Goes through the names at the start of a path that lead from object to object.
    ///
    /// - Returns: how many steps are done.
    private func leadingNames(
        _ steps: NodeList,
        before end: Int,
        _ input: Value,
        _ sequence: inout ArrayPointer
    ) -> Int {
        var current = input
        var index = 0
        let last = min(steps.count - 1, end)
        while index < last {
            let step = steps[index].pointee
            guard step.operation == .name, step.stages.count == 0, !step.flags.contains(.keepArray) else { break }
            let value = member(steps[index], of: current.object)
            guard value.kind == .object else { break }
            current = value
            index += 1
        }
        if index > 0 { sequence = arena.sequence(of: current) }
        return index
    }

    @inline(__always)
    private func grouped(_ node: NodePointer, _ result: Value, _ rows: ArrayPointer?, _ frame: FramePointer)
        throws(Fault) -> Value
    {
        guard let members = node.pointee.extras?.pointee.group else { return result }
        return try group(members, rows.map { Value($0) } ?? result, frame)
    }

    /// Maps one step over a sequence and flattens what it gives.
    private func step(_ step: NodePointer, _ input: ArrayPointer, _ frame: FramePointer, isLast: Bool) throws(Fault)
        -> Value
    {
        if step.pointee.operation == .sort {
            let sorted = try sort(step, Value(input), frame)
            return try stages(of: step, sorted, frame)
        }
        let result = arena.array(.sequence)
        var resultCount = 0
        var only: Value = .undefined
        let isPlainName = step.pointee.operation == .name && !step.pointee.flags.contains(.keepArray)
        let stageCount = step.pointee.stages.count
        for index in 0..<input.count {
            var value: Value
            let item = input[item: index]
            if isPlainName, item.kind == .object {
                value = member(step, of: item.object)
            } else {
                value = try evaluate(step, item, frame)
            }
            if stageCount > 0 { value = try stages(of: step, value, frame) }
            if value.isUndefined { continue }
            resultCount += 1
            only = value
            append(value, to: result)
        }
        try spend(input.count >> 2)
        if isLast, resultCount == 1, only.kind == .array, !only.array.pointee.flags.contains(.sequence) { return only }
        return Value(result)
    }

    /// Applies the predicates (and index bindings) of a step.
    func stages(of step: NodePointer, _ value: Value, _ frame: FramePointer) throws(Fault) -> Value {
        var result = value
        for index in 0..<step.pointee.stages.count {
            let stage = step.pointee.stages[index]
            if let predicate = stage.pointee.right {
                result = try filter(predicate, result, frame)
            } else if result.kind == .array {
                for position in 0..<result.array.count {
                    let row = result.array[item: position]
                    if row.kind == .row { row.row.slots[Int(stage.pointee.slot)] = Value(position) }
                }
            }
        }
        return result
    }

    /// Keeps the items that a predicate chooses by index or by truth.
    func filter(_ predicate: NodePointer, _ value: Value, _ frame: FramePointer) throws(Fault) -> Value {
        let isStream = value.kind == .array && value.array.pointee.flags.contains(.tupleStream)
        let flags: ArrayFlags = isStream ? [.sequence, .tupleStream] : .sequence
        if predicate.pointee.operation == .literal, predicate.pointee.value.isNumber,
            !predicate.pointee.flags.contains(.suffixed)
        {
            return pick(predicate.pointee.value.number, value, flags)
        }
        if predicate.isConstantList, value.kind == .array {
            return try pick(all: try evaluate(predicate, .undefined, frame), value.array, flags)
        }
        let results = arena.array(flags)
        if let name = predicate.comparedName, value.kind == .array, !isStream {
            try filter(value.array, predicate, name, frame, into: results)
        } else if value.kind == .array {
            let input = value.array
            for index in 0..<input.count {
                let item = input[item: index]
                for _ in 0..<(try choices(predicate, item, index, input.count, frame)) {
                    arena.push(item, to: results)
                }
            }
        } else {
            for _ in 0..<(try choices(predicate, value, 0, 1, frame)) { arena.push(value, to: results) }
        }
        return Value(results)
    }

    /// Keeps the items of which a member is a text that is written out.
    private func filter(
        _ input: ArrayPointer,
        _ predicate: NodePointer,
        _ name: NodePointer,
        _ frame: FramePointer,
        into results: ArrayPointer
    ) throws(Fault) {
        guard let text = predicate.pointee.right?.pointee.value else { return }
        for index in 0..<input.count {
            let item = input[item: index]
            if item.kind == .object {
                let found = member(name, of: item.object)
                if found.kind != .array {
                    try spend(3)
                    if found.isString, equalText(found, text) { arena.push(item, to: results) }
                    continue
                }
            }
            for _ in 0..<(try choices(predicate, item, index, input.count, frame)) { arena.push(item, to: results) }
        }
    }

    /// The item at a fixed index.
    private func pick(_ number: Double, _ value: Value, _ flags: ArrayFlags) -> Value {
        let count = value.kind == .array ? value.array.count : 1
        var index = number.rounded(.down)
        if index < 0 { index += Double(count) }
        let results = arena.array(flags)
        guard index >= 0, index < Double(count) else { return Value(results) }
        let item = value.kind == .array ? value.array[item: Int(index)] : value
        if item.kind == .array { return item }
        if !item.isUndefined { arena.push(item, to: results) }
        return Value(results)
    }

    /// The items at a list of fixed indexes, in the order of the items.
    private func pick(all indexes: Value, _ input: ArrayPointer, _ flags: ArrayFlags) throws(Fault) -> Value {
        let results = arena.array(flags)
        let list: ArrayPointer
        if indexes.isArray {
            list = indexes.array
        } else {
            list = arena.sequence(of: indexes)
        }
        let times = arena.allocate(Int32.self, count: input.count)
        times.initialize(repeating: 0, count: input.count)
        try spend(input.count >> 4 + list.count >> 2)
        for position in 0..<list.count {
            let number = list[item: position].number
            try checkFinite(number)
            var index = number.rounded(.down)
            if index < 0 { index += Double(input.count) }
            if index >= 0, index < Double(input.count) { times[Int(index)] += 1 }
        }
        for index in 0..<input.count {
            for _ in 0..<times[index] { arena.push(input[item: index], to: results) }
        }
        return Value(results)
    }

    /// How often a predicate chooses an item: a list of indexes may name it more than once.
    private func choices(_ predicate: NodePointer, _ item: Value, _ index: Int, _ count: Int, _ frame: FramePointer)
        throws(Fault) -> Int
    {
        let verdict: Value
        if item.kind == .row {
            verdict = try evaluate(predicate, item.row.slots[0], item.row)
        } else {
            verdict = try evaluate(predicate, item, frame)
        }
        switch verdict.kind {
        case .bool: return verdict.bool ? 1 : 0
        case .number: return try isIndex(verdict.number, index, count) ? 1 : 0
        case .array:
            let array = verdict.array
            guard array.count > 0 else { return 0 }
            var matches = 0
            for position in 0..<array.count {
                let candidate = array[item: position]
                guard candidate.isNumber else { return truth(verdict) ? 1 : 0 }
                if try isIndex(candidate.number, index, count) { matches += 1 }
            }
            try spend(array.count >> 2)
            return matches
        default: return truth(verdict) ? 1 : 0
        }
    }

    private func isIndex(_ number: Double, _ index: Int, _ count: Int) throws(Fault) -> Bool {
        try checkFinite(number)
        var wanted = number.rounded(.down)
        if wanted < 0 { wanted += Double(count) }
        return wanted == Double(index)
    }

    /// All members of an object, or the items of an array.
    func wildcard(_ value: Value) -> Value {
        var input = value
        if input.kind == .array, input.array.pointee.flags.contains(.outerWrapper), input.array.count > 0 {
            input = input.array[item: 0]
        }
        let results = arena.array(.sequence)
        switch input.kind {
        case .object:
            for index in 0..<input.object.count {
                let value = input.object[entry: index].value
                // Where a member is an array, the result is an array and no sequence.
                if value.isArray { results.pointee.flags.remove(.sequence) }
                flatten(value, into: results)
            }
        case .array:
            for index in 0..<input.array.count {
                if input.array[item: index].isArray { results.pointee.flags.remove(.sequence) }
                flatten(input.array[item: index], into: results)
            }
        default: break
        }
        return Value(results)
    }

    func flatten(_ value: Value, into results: ArrayPointer) {
        guard value.kind == .array else { return arena.push(value, to: results) }
        for index in 0..<value.array.count { flatten(value.array[item: index], into: results) }
    }

    /// The input and everything below it.
    func descendants(_ input: Value) throws(Fault) -> Value {
        if input.isUndefined { return .undefined }
        let results = arena.array(.sequence)
        try collect(input, into: results)
        return results.count == 1 ? results[item: 0] : Value(results)
    }

    private func collect(_ value: Value, into results: ArrayPointer) throws(Fault) {
        try spend(1)
        if value.kind != .array { arena.push(value, to: results) }
        if value.kind == .array {
            for index in 0..<value.array.count { try collect(value.array[item: index], into: results) }
        } else if value.kind == .object {
            for index in 0..<value.object.count { try collect(value.object[entry: index].value, into: results) }
        }
    }
}
