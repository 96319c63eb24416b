import JSONValue

/// One evaluation from beginning to end: sets up the state, runs, and turns the result into what the caller wants.
struct EvaluationRun {
    let arena: Arena
    private let state: UnsafeMutablePointer<EvaluationState>
    private let program: Program
    private let evaluator: Evaluator

    init(_ program: Program, _ limits: JSONataLimits, _ host: JSONataHost) {
        self.program = program
        let arena = Arena(firstChunk: 16 * 1024)
        self.arena = arena
        let globals = arena.allocate(Value.self, count: program.globals.count)
        globals.update(from: program.defaults, count: program.globals.count)
        let (seconds, attoseconds) = limits.time.components
        let nanoseconds =
            UInt64(max(0, min(seconds, 1_000_000))) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
        let start = MonotonicClock.now()
        state = .allocate(capacity: 1)
        state.initialize(
            to: EvaluationState(
                arena: arena,
                globals: globals,
                globalNames: program.globals,
                reserve: limits.workMax,
                depthMax: limits.depth,
                deadline: start + nanoseconds,
                limits: limits,
                now: host.nowMilliseconds ?? MonotonicClock.wallMilliseconds(),
                random: SplitMix(state: host.randomSeed ?? start),
                host: Unmanaged.passRetained(HostBox(host))
            )
        )
        evaluator = Evaluator(state: state)
    }

    /// Frees everything.
    ///
    /// Values of this run are not used afterwards.
    func end() {
        state.pointee.host.release()
        state.deinitialize(count: 1)
        state.deallocate()
        arena.destroy()
    }

    /// Sets variables that the expression does not bind itself.
    func bind(_ bindings: [String: JSONValue]) {
        if bindings.isEmpty { return }
        bind(bindings.map { (arena.string($0.key).keyed, ValueConversion.value($0.value, arena)) })
    }

    /// Sets variables; the names are in key form.
    func bind(_ bindings: [(Value, Value)]) {
        var added: [(Value, Value)] = []
        for (name, value) in bindings {
            let slot = program.globals.slot(of: name)
            if slot >= 0 { state.pointee.globals[slot] = value } else { added.append((name, value)) }
        }
        // Names the program does not mention may still be wanted by `$eval`.
        let count = program.globals.count
        let grown = arena.allocate(Value.self, count: count + added.count)
        grown.update(from: state.pointee.globals, count: count)
        var names = NameList()
        for index in 0..<count { names.append(program.globals[index], in: arena) }
        for (name, value) in added {
            grown[names.count] = value
            names.append(name, in: arena)
        }
        state.pointee.globals = grown
        state.pointee.globalNames = names
    }

    /// Runs the program over an input.
    func evaluate(_ input: Value) throws(JSONataError) -> Value {
        let floor = NativeStack.position()
        state.pointee.stackFloor = floor > NativeStack.budget ? floor - NativeStack.budget : 0
        state.pointee.root = input
        var context = input
        if input.kind == .array, !input.isSequence {
            let wrapper = arena.sequence(of: input)
            wrapper.pointee.flags.insert(.outerWrapper)
            context = Value(wrapper)
        }
        let frame = arena.frame(parent: nil, scope: program.scope)
        state.pointee.rootFrame = frame
        state.pointee.root = context
        do throws(Fault) {
            let result = try evaluator.evaluate(program.root, context, frame)
            if result.kind == .array, result.array.pointee.flags.contains(.outerWrapper), result.array.count == 1 {
                return result.array[item: 0]
            }
            return result
        } catch {
            throw JSONataError(error, state.pointee.details, source: program.source)
        }
    }

    /// The result as a tree.
    func json(_ value: Value) throws(JSONataError) -> JSONValue? {
        if value.isUndefined || value.isFunction { return nil }
        var remaining = state.pointee.limits.outputBytesMax
        return try ValueConversion.json(value, remaining: &remaining, depth: 0)
    }

    /// The result as compact JSON.
    func bytes(_ value: Value) throws(JSONataError) -> [UInt8]? {
        if value.isUndefined || value.isFunction { return nil }
        var text = ByteBuilder(arena, capacity: 4096)
        ValueWriter(purpose: .result, bytesMax: state.pointee.limits.outputBytesMax).write(value, to: &text)
        if text.count > state.pointee.limits.outputBytesMax { throw JSONataError(code: .u2002) }
        return Array(text.built)
    }
}
