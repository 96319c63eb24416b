/// Functions that call functions.
extension Evaluator {
    /// Hands a function as many of the three arguments as it takes.
    @inline(__always)
    private func callItem(
        _ function: FunctionPointer,
        _ item: Value,
        _ index: Value,
        _ whole: Value,
        _ input: Value,
        _ frame: FramePointer
    )
        throws(Fault) -> Value
    {
        if function.pointee.form == .lambda, function.pointee.signature == nil, let node = function.pointee.node {
            try spend(1)
            guard let scope = node.pointee.extras?.pointee.scope else {
                return try run(function, function.pointee.frame ?? frame)
            }
            let callFrame = arena.frame(parent: function.pointee.frame, scope: scope)
            let slots = callFrame.slots
            let bound = Int(scope.pointee.boundCount)
            if bound > 0 { slots[0] = item }
            if bound > 1 { slots[1] = index }
            if bound > 2 { slots[2] = whole }
            var next = 3
            while next < bound {
                slots[next] = .undefined
                next += 1
            }
            return try run(function, callFrame)
        }
        let count = Swift.max(1, Swift.min(3, arity(function)))
        let arguments = Arguments(start: arena.allocate(Value.self, count: 3), count: count)
        arguments[0] = item
        if count > 1 { arguments[1] = index }
        if count > 2 { arguments[2] = whole }
        return try apply(Value(function), arguments, input, frame)
    }

    private func arity(_ function: FunctionPointer) -> Int { Int(function.pointee.arity) }

    func map(_ list: Value, _ function: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if list.isUndefined { return .undefined }
        let array = list.array
        let result = arena.array(.sequence, capacity: Swift.min(array.count, 1024))
        for index in 0..<array.count {
            let value = try callItem(function.function, array[item: index], Value(index), list, input, frame)
            if !value.isUndefined { arena.push(value, to: result) }
        }
        return Value(result)
    }

    func filterCall(_ list: Value, _ function: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if list.isUndefined { return .undefined }
        let array = list.array
        let result = arena.array(.sequence)
        for index in 0..<array.count {
            let item = array[item: index]
            if truth(try callItem(function.function, item, Value(index), list, input, frame)) {
                arena.push(item, to: result)
            }
        }
        return Value(result)
    }

    func single(_ list: Value, _ function: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if list.isUndefined { return .undefined }
        let array = list.array
        var found: Value = .undefined
        var count = 0
        for index in 0..<array.count {
            let item = array[item: index]
            var fits = true
            if function.isFunction {
                fits = truth(try callItem(function.function, item, Value(index), list, input, frame))
            }
            if fits {
                if count > 0 { throw fail(.d3138, index: index) }
                found = item
                count += 1
            }
        }
        if count == 0 { throw fail(.d3139) }
        return found
    }

    func reduce(_ list: Value, _ function: Value, _ initial: Value, _ input: Value, _ frame: FramePointer) throws(Fault)
        -> Value
    {
        if list.isUndefined { return .undefined }
        let arity = arity(function.function)
        if arity < 2 { throw fail(.d3050, index: 1) }
        let array = list.array
        var result = initial
        var index = 0
        if initial.isUndefined, array.count > 0 {
            result = array[item: 0]
            index = 1
        }
        while index < array.count {
            let arguments = Arguments(start: arena.allocate(Value.self, count: 4), count: Swift.min(arity, 4))
            arguments[0] = result
            arguments[1] = array[item: index]
            if arity > 2 { arguments[2] = Value(index) }
            if arity > 3 { arguments[3] = list }
            try spend(1)
            result = try apply(function, arguments, input, frame)
            index += 1
        }
        return result
    }

    func sift(_ object: Value, _ function: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard object.isObject else { return .undefined }
        let source = object.object
        let result = arena.object()
        let verdicts = state.pointee.keyVerdicts
        var place: Int?
        if let verdicts, function.isFunction, function.function.pointee.form == .lambda,
            let node = function.function.pointee.node
        {
            place = verdicts.place(of: node, state.pointee.globals)
        }
        for index in 0..<source.count {
            let entry = source[entry: index]
            let keep: Bool
            if !function.isFunction {
                keep = truth(entry.value)
            } else if let place, let known = verdicts?.verdict(place, entry.key) {
                keep = known
            } else {
                keep = truth(try callItem(function.function, entry.value, entry.key.unkeyed, object, input, frame))
                if let place { verdicts?.remember(place, entry.key, keep) }
            }
            if keep { arena.append(entry.value, for: entry.key, to: result) }
        }
        return result.count == 0 ? .undefined : Value(result)
    }

    func each(_ object: Value, _ function: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard object.isObject else { return .undefined }
        let source = object.object
        let result = arena.array(.sequence)
        for index in 0..<source.count {
            let entry = source[entry: index]
            let value = try callItem(function.function, entry.value, entry.key.unkeyed, object, input, frame)
            if !value.isUndefined { arena.push(value, to: result) }
        }
        return Value(result)
    }

    func sortCall(_ list: Value, _ function: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if list.isUndefined { return .undefined }
        let items = arena.items(of: list.array)
        if items.count <= 1 { return list }
        let order: UnsafeMutablePointer<Int32>
        if function.isFunction {
            order = try mergeSort(items.count) { (left, right) throws(Fault) -> Bool in
                let arguments = Arguments(start: arena.allocate(Value.self, count: 2), count: 2)
                arguments[0] = items[left]
                arguments[1] = items[right]
                return truth(try apply(function, arguments, input, frame))
            }
        } else if items.allSatisfy({ $0.kind == .number }) {
            order = try mergeSort(items.count) { (left, right) throws(Fault) -> Bool in
                items[left].number > items[right].number
            }
        } else if items.allSatisfy({ $0.kind == .string }) {
            order = try mergeSort(items.count) { (left, right) throws(Fault) -> Bool in
                compareText(items[left], items[right]) > 0
            }
        } else {
            throw fail(.d3070, index: 1)
        }
        let result = arena.array([], capacity: items.count)
        for index in 0..<items.count { arena.push(items[Int(order[index])], to: result) }
        return Value(result)
    }
}
