/// Calling functions: lambdas with frames and tail calls, library functions, and the functions made from functions.
extension Evaluator {
    /// Arguments of a call; they live in the arena.
    typealias Arguments = UnsafeMutableBufferPointer<Value>

    // MARK: - Call expressions

    /// `f(a, b)`.
    ///
    /// With `first` set, that value comes before the written arguments (`x ~> f(a)`).
    func call(_ node: NodePointer, _ input: Value, _ frame: FramePointer, first: Value) throws(Fault) -> Value {
        guard let procedureNode = node.pointee.left else { return .undefined }
        let procedure = try evaluate(procedureNode, input, frame)
        guard procedure.isFunction else { throw notAFunction(node, procedureNode, .t1005, .t1006) }
        let function = procedure.function
        let list = node.pointee.list
        if function.pointee.form == .lambda, function.pointee.signature == nil, let body = function.pointee.node {
            let callFrame = try bindArguments(function, body, list, input, frame, first)
            if node.pointee.flags.contains(.tail) {
                state.pointee.tailFunction = function
                state.pointee.tailFrame = callFrame
                return .tailCall
            }
            do throws(Fault) { return try run(function, callFrame) } catch {
                locate(node, token: callName(procedureNode))
                throw error
            }
        }
        let lead = first.isUnset ? 0 : 1
        let arguments = Arguments(
            start: arena.allocate(Value.self, count: list.count + lead),
            count: list.count + lead
        )
        if lead == 1 { arguments[0] = first }
        for index in 0..<list.count { arguments[index + lead] = try evaluate(list[index], input, frame) }
        do throws(Fault) {
            var result: Value
            if function.pointee.form == .builtin {
                result = try callBuiltin(function.pointee.builtin, arguments, input, frame)
            } else {
                result = try invoke(function, arguments, input, frame)
                if result.kind == .tailCall { result = try runTail() }
            }
            guard result.kind == .array, node.pointee.flags.contains(.tail) else { return result }
            // In tail position a sequence reaches the caller as it is; a `$map` keeps it as an item.
            state.pointee.tailFunction = nil
            state.pointee.tailValue = result
            return .tailCall
        } catch {
            locate(node, token: callName(procedureNode))
            throw error
        }
    }

    /// Evaluates arguments straight into the slots of a new frame.
    private func bindArguments(
        _ function: FunctionPointer,
        _ body: NodePointer,
        _ list: NodeList,
        _ input: Value,
        _ frame: FramePointer,
        _ first: Value
    ) throws(Fault) -> FramePointer {
        guard let scope = body.pointee.extras?.pointee.scope else {
            for index in 0..<list.count { _ = try evaluate(list[index], input, frame) }
            return function.pointee.frame ?? frame
        }
        let callFrame = arena.frame(parent: function.pointee.frame, scope: scope)
        let slots = callFrame.slots
        let bound = Int(scope.pointee.boundCount)
        var next = 0
        if !first.isUnset {
            if next < bound { slots[next] = first }
            next += 1
        }
        for index in 0..<list.count {
            let value = try evaluate(list[index], input, frame)
            if next < bound { slots[next] = value }
            next += 1
        }
        while next < bound {
            slots[next] = .undefined
            next += 1
        }
        return callFrame
    }

    /// The name that errors give to what is called.
    private func callName(_ procedure: NodePointer) -> Value {
        procedure.pointee.operation == .path ? procedure.pointee.list[0].pointee.value : procedure.pointee.value
    }

    private func notAFunction(_ node: NodePointer, _ procedure: NodePointer, _ meant: FaultCode, _ plain: FaultCode)
        -> Fault
    {
        let name = callName(procedure)
        if procedure.pointee.operation == .path, name.isString, knows(name) {
            return fail(meant, at: node.pointee.position, token: name)
        }
        return fail(plain, at: node.pointee.position, token: name)
    }

    /// Whether a variable of this name exists among the library's functions or the caller's bindings.
    private func knows(_ name: Value) -> Bool {
        let slot = state.pointee.globalNames.slot(of: name.keyed)
        if slot >= 0 { return !state.pointee.globals[slot].isUnset }
        return Builtin.named(name) != nil
    }

    // MARK: - Applying functions

    /// Calls a function value from inside a library function.
    func apply(_ function: Value, _ arguments: Arguments, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value
    {
        guard function.isFunction else { throw fail(.t1006) }
        let result = try invoke(function.function, arguments, input, frame)
        return result.kind == .tailCall ? try runTail() : result
    }

    /// One step of a call; may leave a tail call to the caller.
    func invoke(_ function: FunctionPointer, _ arguments: Arguments, _ input: Value, _ frame: FramePointer)
        throws(Fault)
        -> Value
    {
        switch function.pointee.form {
        case .lambda:
            var given = arguments
            if let signature = function.pointee.signature {
                given = try validate(signature, arguments, input, token: .undefined)
            }
            guard let node = function.pointee.node else { return .undefined }
            var callFrame = function.pointee.frame ?? frame
            if let scope = node.pointee.extras?.pointee.scope {
                callFrame = arena.frame(parent: function.pointee.frame, scope: scope)
                let slots = callFrame.slots
                for index in 0..<Int(scope.pointee.boundCount) {
                    slots[index] = index < given.count ? given[index] : .undefined
                }
            }
            return try run(function, callFrame)
        case .builtin: return try callBuiltin(function.pointee.builtin, arguments, input, frame)
        case .partial: return try invokePartial(function, arguments, input, frame)
        case .composed:
            let value = try apply(function.pointee.target, arguments, input, frame)
            return try apply(function.pointee.second, one(value), input, frame)
        case .regex: return try matcherCall(function, arguments)
        case .nextMatch: return try nextMatchCall(function)
        case .transform: return try transformCall(function, arguments, input)
        }
    }

    /// Runs a lambda's body and then whatever it ends in calling.
    func run(_ function: FunctionPointer, _ frame: FramePointer) throws(Fault) -> Value {
        guard let body = function.pointee.node?.pointee.right else { return .undefined }
        let result = try guarded(body, function.pointee.input, frame)
        return result.kind == .tailCall ? try runTail() : result
    }

    private func runTail() throws(Fault) -> Value {
        while let function = state.pointee.tailFunction, let frame = state.pointee.tailFrame,
            let body = function.pointee.node?.pointee.right
        {
            let result = try guarded(body, function.pointee.input, frame)
            if result.kind != .tailCall { return result }
        }
        return state.pointee.tailValue
    }

    /// Evaluates with an eye on the native stack.
    @inline(__always)
    private func guarded(_ body: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if NativeStack.position() < state.pointee.stackFloor {
            return try onFreshStack(body, input, frame)
        }
        return try evaluate(body, input, frame)
    }

    private func invokePartial(
        _ function: FunctionPointer,
        _ arguments: Arguments,
        _ input: Value,
        _ frame: FramePointer
    ) throws(Fault) -> Value {
        let count = function.pointee.argumentCount
        guard let bound = function.pointee.arguments else { return .undefined }
        let all = Arguments(start: arena.allocate(Value.self, count: count), count: count)
        var next = 0
        for index in 0..<count {
            if bound[index].isUnset {
                all[index] = next < arguments.count ? arguments[next] : .undefined
                next += 1
            } else {
                all[index] = bound[index]
            }
        }
        return try invoke(function.pointee.target.function, all, input, frame)
    }

    func one(_ value: Value) -> Arguments {
        let start = arena.allocate(Value.self, count: 1)
        start[0] = value
        return Arguments(start: start, count: 1)
    }

    // MARK: - Making functions

    func lambda(_ node: NodePointer, _ input: Value, _ frame: FramePointer) -> Value {
        arena.function(
            FunctionHeader(
                form: .lambda,
                arity: Int32(node.pointee.list.count),
                signature: node.pointee.extras?.pointee.signature,
                node: node,
                frame: frame,
                input: input
            )
        )
    }

    func transform(_ node: NodePointer, _ input: Value, _ frame: FramePointer) -> Value {
        arena.function(FunctionHeader(form: .transform, arity: 1, node: node, frame: frame, input: input))
    }

    func regex(_ node: NodePointer) -> Value {
        arena.function(FunctionHeader(form: .regex, arity: 1, node: node))
    }

    /// `f(a, ?)`.
    func partial(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let procedureNode = node.pointee.left else { return .undefined }
        let list = node.pointee.list
        let bound = arena.allocate(Value.self, count: list.count)
        var open: Int32 = 0
        for index in 0..<list.count {
            if list[index].pointee.operation == .placeholder {
                bound[index] = .unset
                open += 1
            } else {
                bound[index] = try evaluate(list[index], input, frame)
            }
        }
        let procedure = try evaluate(procedureNode, input, frame)
        guard procedure.isFunction else { throw notAFunction(node, procedureNode, .t1007, .t1008) }
        return arena.function(
            FunctionHeader(form: .partial, arity: open, target: procedure, arguments: bound, argumentCount: list.count)
        )
    }

    /// `x ~> f` and `x ~> f(a)`.
    func application(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let leftNode = node.pointee.left, let rightNode = node.pointee.right else { return .undefined }
        let left = try evaluate(leftNode, input, frame)
        if rightNode.pointee.operation == .call, rightNode.pointee.stages.count == 0 {
            state.pointee.depth &+= 1
            var result = try call(rightNode, input, frame, first: left)
            state.pointee.depth &-= 1
            if result.kind == .tailCall { result = try runTail() }
            return result
        }
        let function = try evaluate(rightNode, input, frame)
        guard function.isFunction else {
            throw fail(.t2006, at: node.pointee.position, token: node.pointee.value, value: function)
        }
        if left.isFunction {
            return arena.function(FunctionHeader(form: .composed, arity: 1, target: left, second: function))
        }
        do throws(Fault) { return try apply(function, one(left), .undefined, frame) } catch {
            locate(node, token: .undefined)
            throw error
        }
    }

    // MARK: - Signatures

    /// The arguments as the function wants them: scalars in arrays, the context for what is missing.
    func validate(_ signature: SignaturePointer, _ arguments: Arguments, _ context: Value, token: Value) throws(Fault)
        -> Arguments
    {
        let rules = signature.pointee
        let supplied = UnsafeBufferPointer(arguments)
        var taken = [Int](repeating: 0, count: rules.count)
        guard rules.match(supplied, &taken) else {
            let good = rules.goodArguments(supplied)
            let value = good < supplied.count ? supplied[good] : .undefined
            throw fail(.t0410, token: token, value: value, index: good + 1)
        }
        let result = arena.array([], capacity: max(rules.count, arguments.count) + 1)
        var next = 0
        for index in 0..<rules.count {
            let rule = rules.parameters[index]
            if taken[index] == 0 {
                if rule.takesContext {
                    guard !rule.kinds.isDisjoint(with: ArgumentKinds(context)) else {
                        throw fail(.t0411, token: token, value: context, index: next + 1)
                    }
                    arena.push(context, to: result)
                } else {
                    arena.push(next < arguments.count ? arguments[next] : .undefined, to: result)
                    next += 1
                }
                continue
            }
            for _ in 0..<taken[index] {
                var argument: Value = next < arguments.count ? arguments[next] : .undefined
                if rule.wrapsIntoArray, !argument.isUndefined {
                    try checkItems(rule, argument, next, taken[index], token)
                    if argument.kind != .array {
                        let wrapped = arena.array([], capacity: 1)
                        arena.push(argument, to: wrapped)
                        argument = Value(wrapped)
                    }
                }
                arena.push(argument, to: result)
                next += 1
            }
        }
        return arena.items(of: result)
    }

    private func checkItems(_ rule: SignatureParameter, _ argument: Value, _ index: Int, _ taken: Int, _ token: Value)
        throws(Fault)
    {
        guard rule.itemText.isString, rule.itemText.byteCount > 0 else { return }
        var fits = true
        if argument.kind == .array {
            let array = argument.array
            if array.count > 0, !array.pointee.flags.contains(.range) || rule.items != .number {
                let kind = ArgumentKinds(array[item: 0])
                fits = kind == rule.items
                if fits {
                    try spend(array.count >> 3)
                    for position in 1..<array.count where ArgumentKinds(array[item: position]) != kind {
                        fits = false
                        break
                    }
                }
            }
        } else {
            fits = taken == 1 && rule.itemText.byteCount == 1 && ArgumentKinds(argument) == rule.items
        }
        if !fits { throw fail(.t0412, token: token, value: rule.itemText, index: index + 1) }
    }
}
