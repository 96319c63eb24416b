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
        state = EvaluationState.make(program, limits, host, arena, globalsIn: arena)
        evaluator = Evaluator(state: state)
    }

    /// Frees everything.
    ///
    /// Values of this run are not used afterwards.
    func end() {
        state.discard()
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
        try evaluator.run(program, input)
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
