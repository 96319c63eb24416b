/// Walks a program.
///
/// A value of one pointer, so that passing it on costs nothing; the topics are in extensions.
struct Evaluator {
    let state: UnsafeMutablePointer<EvaluationState>

    @inline(__always)
    var arena: Arena { state.pointee.arena }

    /// Runs a program over an input.
    func run(_ program: Program, _ input: Value) throws(JSONataError) -> Value {
        var context = input
        if input.kind == .array, !input.isSequence {
            let wrapper = arena.sequence(of: input)
            wrapper.pointee.flags.insert(.outerWrapper)
            context = Value(wrapper)
        }
        let frame = begin(program, context)
        do throws(Fault) {
            let result = try evaluate(program.root, context, frame)
            if result.kind == .array, result.array.pointee.flags.contains(.outerWrapper), result.array.count == 1 {
                return result.array[item: 0]
            }
            return result
        } catch {
            throw JSONataError(error, state.pointee.details, source: program.source)
        }
    }

    /// Makes ready to run a program over a context; gives the outermost frame.
    func begin(_ program: Program, _ context: Value) -> FramePointer {
        let floor = NativeStack.position()
        state.pointee.stackFloor = floor > NativeStack.budget ? floor - NativeStack.budget : 0
        let frame = arena.frame(parent: nil, scope: program.scope)
        state.pointee.rootFrame = frame
        state.pointee.root = context
        return frame
    }

    // MARK: - Evaluating nodes

    /// The value of a node for an input, with its predicates, group and sequence rules applied.
    func evaluate(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        switch node.pointee.operation {
        case .literal where !node.pointee.flags.contains(.suffixed): return node.pointee.value
        case .context where !node.pointee.flags.contains(.suffixed):
            return input.kind == .array ? context(input) : input
        case .variable where !node.pointee.flags.contains(.suffixed): return variable(node, frame)
        case .path where node.pointee.flags.contains(.plainNames) && !node.pointee.flags.contains(.suffixed):
            try spend(1)
            let result = try plainPath(node, input)
            return result.kind == .array ? collapse(result, keep: node.pointee.flags.contains(.keepArray)) : result
        default: break
        }
        try enter()
        var result = try operate(node, input, frame)
        state.pointee.depth &-= 1
        if node.pointee.flags.contains(.suffixed) { result = try suffixed(node, result, frame) }
        if result.kind == .array { return collapse(result, keep: node.pointee.flags.contains(.keepArray)) }
        return result
    }

    /// The value of a node without its suffixes.
    @inline(__always)
    private func operate(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        switch node.pointee.operation {
        case .path:
            return try node.pointee.flags.contains(.plainNames) ? plainPath(node, input) : path(node, input, frame)
        case .call: return try call(node, input, frame, first: .unset)
        case .condition: return try condition(node, input, frame)
        case .name:
            return input.kind == .object ? member(node, of: input.object) : lookup(node.pointee.value, in: input)
        case .block: return try block(node, input, frame)
        case .object: return try group(node, input, frame)
        case .array: return try arrayConstructor(node, input, frame)
        case .variable: return variable(node, frame)
        case .context: return context(input)
        case .global: return global(node)
        case .literal: return node.pointee.value
        case .equal, .unequal: return try equality(node, input, frame)
        case .and, .or: return try logical(node, input, frame)
        case .concatenate: return try concatenation(node, input, frame)
        case .add, .subtract, .multiply, .divide, .remainder: return try arithmetic(node, input, frame)
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return try comparison(node, input, frame)
        default: return try rareOperation(node, input, frame)
        }
    }

    @inline(never)
    private func rareOperation(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        switch node.pointee.operation {
        case .isIn: return try inclusion(node, input, frame)
        case .range: return try range(node, input, frame)
        case .negate: return try negation(node, input, frame)
        case .bind: return try bind(node, input, frame)
        case .apply: return try application(node, input, frame)
        case .defaultTo, .coalesce: return try alternative(node, input, frame)
        case .lambda: return lambda(node, input, frame)
        case .partial: return try partial(node, input, frame)
        case .transform: return transform(node, input, frame)
        case .regex: return regex(node)
        case .wildcard: return wildcard(input)
        case .descendants: return try descendants(input)
        case .sort: return try sort(node, input, frame)
        default: return .undefined
        }
    }

    /// Applies predicates, a group and `[]`.
    @inline(never)
    private func suffixed(_ node: NodePointer, _ value: Value, _ frame: FramePointer) throws(Fault) -> Value {
        var result = value
        // The predicates of a step are applied by its path.
        if !node.pointee.flags.contains(.step) {
            for index in 0..<node.pointee.stages.count {
                if let predicate = node.pointee.stages[index].pointee.right {
                    result = try filter(predicate, result, frame)
                }
            }
        }
        if node.pointee.operation != .path, let members = node.pointee.extras?.pointee.group {
            result = try group(members, result, frame)
        }
        return result
    }

    /// A sequence of one item is the item, an empty one is nothing.
    @inline(__always)
    func collapse(_ value: Value, keep: Bool) -> Value {
        let array = value.array
        let flags = array.pointee.flags
        guard flags.contains(.sequence), !flags.contains(.tupleStream) else { return value }
        if keep { array.pointee.flags.insert(.keepSingleton) }
        switch array.pointee.count {
        case 0: return .undefined
        case 1: return array.pointee.flags.contains(.keepSingleton) ? value : array[item: 0]
        default: return value
        }
    }

    // MARK: - Variables

    @inline(__always)
    private func variable(_ node: NodePointer, _ frame: FramePointer) -> Value {
        var current = frame
        var depth = node.pointee.depth
        while depth > 0, let parent = current.pointee.parent {
            current = parent
            depth -= 1
        }
        let value = current.slots[Int(node.pointee.slot)]
        return value.isUnset ? unbound(node, frame) : value
    }

    /// The name is not bound yet in this scope: what it means further out.
    @inline(never)
    private func unbound(_ node: NodePointer, _ frame: FramePointer) -> Value {
        guard let next = node.pointee.third else { return .undefined }
        if next.pointee.operation == .global { return global(next) }
        return variable(next, frame)
    }

    func global(_ node: NodePointer) -> Value {
        if node.pointee.depth == 1 { return state.pointee.root }
        let value = state.pointee.globals[Int(node.pointee.slot)]
        return value.isUnset ? .undefined : value
    }

    /// The context; an input that is an array hides its wrapper.
    @inline(__always)
    private func context(_ input: Value) -> Value {
        if input.kind == .array, input.array.pointee.flags.contains(.outerWrapper) { return input.array[item: 0] }
        return input
    }

    // MARK: - Limits

    /// Accounts for a node whose evaluation begins; the caller takes one off `depth` when it ends.
    @inline(__always)
    func enter() throws(Fault) {
        state.pointee.depth &+= 1
        state.pointee.fuel &-= 1
        if state.pointee.depth > state.pointee.depthMax || state.pointee.fuel < 0 { try checkLimits() }
    }

    /// Accounts for `units` of work that is not visible as nodes.
    @inline(__always)
    func spend(_ units: Int) throws(Fault) {
        state.pointee.fuel &-= units
        if state.pointee.fuel < 0 { try checkLimits() }
    }

    @inline(never)
    private func checkLimits() throws(Fault) {
        if state.pointee.depth > state.pointee.depthMax { throw fail(.d1011) }
        // What was spent beyond the last check counts too.
        state.pointee.reserve &-= EvaluationState.fuelPerCheck &- state.pointee.fuel
        state.pointee.fuel = EvaluationState.fuelPerCheck
        if state.pointee.reserve < 0 { throw fail(.d1012) }
        if arena.bytesUsed > state.pointee.limits.memoryBytesMax { throw fail(.u2001) }
        if MonotonicClock.now() > state.pointee.deadline { throw fail(.d1012) }
    }

    /// Refuses strings that are too long before they are made.
    @inline(__always)
    func checkString(bytes: Int) throws(Fault) {
        if bytes > state.pointee.limits.stringBytesMax { throw fail(.u2002) }
        if bytes > 4096 { try spend(bytes >> 6) }
    }

    // MARK: - Failures

    @inline(never)
    func fail(
        _ code: FaultCode,
        at position: Int32 = -1,
        token: Value = .undefined,
        value: Value = .undefined,
        second: Value = .undefined,
        index: Int = 0
    ) -> Fault {
        state.pointee.details = FaultDetails(
            position: Int(position),
            token: token,
            value: value,
            second: second,
            index: index
        )
        return Fault(code: code)
    }

    /// Adds where a failure happened, when that is not known yet.
    @inline(never)
    func locate(_ node: NodePointer, token: Value) {
        if state.pointee.details.position < 0 { state.pointee.details.position = Int(node.pointee.position) }
        if state.pointee.details.token.isUndefined { state.pointee.details.token = token }
    }
}
