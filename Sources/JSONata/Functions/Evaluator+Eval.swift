/// `$eval`: compiles text where the evaluation stands.
extension Evaluator {
    func evalCall(_ source: Value, _ focus: Value, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard source.isString else { return .undefined }
        guard state.pointee.limits.allowsEval else { throw fail(.u2006) }
        guard state.pointee.evalDepth < 20 else { throw fail(.d1011) }
        var context = input
        if !focus.isUndefined {
            context = focus
            if focus.kind == .array, !focus.isSequence {
                let wrapper = arena.sequence(of: focus)
                wrapper.pointee.flags.insert(.outerWrapper)
                context = Value(wrapper)
            }
        }
        try spend(source.byteCount)
        let known = state.pointee.globalNames
        let program: Program
        do throws(JSONataError) {
            program = try Program(compiling: source.bytes, limits: SourceLimits(), frame: frame, known: known)
        } catch {
            throw fail(.d3120, value: arena.string(error.message))
        }
        state.pointee.host._withUnsafeGuaranteedRef { $0.programs.append(program) }
        let grown = arena.allocate(Value.self, count: program.globals.count)
        grown.update(from: program.defaults, count: program.globals.count)
        grown.update(from: state.pointee.globals, count: known.count)
        state.pointee.globals = grown
        state.pointee.globalNames = program.globals
        let inner = arena.frame(parent: frame, scope: program.scope)
        state.pointee.evalDepth += 1
        defer { state.pointee.evalDepth -= 1 }
        do throws(Fault) { return try evaluate(program.root, context, inner) } catch {
            if [.d1011, .d1012, .u2001, .u2002, .u2005].contains(error.code) { throw error }
            let inside = JSONataError(error, state.pointee.details, source: program.source)
            throw fail(.d3121, value: arena.string("\(inside.code) \(inside.message)"))
        }
    }
}
