/// Finds the fields of the input that an expression may read, so that a reader can pass over the others.
///
/// It follows where parts of the input go: through paths, predicates, variables, conditions and blocks. A part that is
/// used in any other way counts as read as a whole, and what it cannot follow makes the whole input read. It may name
/// too many fields, never too few.
struct ReadAnalysis {
    /// Parts of the input that a value may be.
    private typealias Parts = [ReadFieldPointer]

    /// A variable: what it may hold, and whether it was looked at before it got all of that.
    private struct Variable {
        var parts: Parts = []
        var wasRead = false
    }

    private let arena: Arena
    private let input: ReadFieldPointer
    private let globals: NameList
    private var frames: [[Variable]] = []
    private var isLost = false
    /// Whether a function is called that is not known by name.
    private var callsUnknown = false
    /// Whether there are functions, not known by name, that let the context stand in for an argument.
    private var mayTakeContext = false

    /// The fields that `root` reads, or nil when that is the whole input.
    static func fields(
        readBy root: NodePointer,
        scope: ScopePointer,
        globals: NameList,
        in arena: Arena
    ) -> ReadFieldPointer? {
        let input = arena.allocate(ReadField.self, count: 1)
        input.initialize(to: ReadField(name: .undefined))
        var analysis = ReadAnalysis(arena: arena, input: input, globals: globals)
        analysis.frames.append(Array(repeating: Variable(), count: scope.pointee.names.count))
        let result = analysis.parts(root, [input])
        analysis.read(result)
        let isLost = analysis.isLost || analysis.callsUnknown && analysis.mayTakeContext
        return isLost || input.pointee.isWhole ? nil : input
    }

    private init(arena: Arena, input: ReadFieldPointer, globals: NameList) {
        self.arena = arena
        self.input = input
        self.globals = globals
    }

    private mutating func read(_ parts: Parts) {
        for part in parts { part.pointee.isWhole = true }
    }

    /// Evaluates a node whose value is used in a way that is not followed.
    private mutating func use(_ node: NodePointer?, _ context: Parts) {
        if let node { read(parts(node, context)) }
    }

    private mutating func use(_ list: NodeList, _ context: Parts) {
        for index in 0..<list.count { use(list[index], context) }
    }

    /// What a node's value may be a part of.
    private mutating func parts(_ node: NodePointer, _ context: Parts) -> Parts {
        if isLost { return [] }
        var result = operate(node, context)
        if node.pointee.operation != .path {
            if !node.pointee.flags.contains(.step) { stages(of: node, result) }
            if let group = node.pointee.extras?.pointee.group {
                use(group.pointee.list, result)
                result = []
            }
        }
        return result
    }

    private mutating func stages(of node: NodePointer, _ context: Parts) {
        for index in 0..<node.pointee.stages.count { use(node.pointee.stages[index].pointee.right, context) }
    }

    private mutating func operate(_ node: NodePointer, _ context: Parts) -> Parts {
        switch node.pointee.operation {
        case .literal, .regex, .placeholder: return []
        case .name: return context.map { field(node.pointee.value, of: $0) }
        case .path: return path(node, context)
        case .context: return context
        case .variable: return variable(node)
        case .global: return global(node)
        case .wildcard, .descendants:
            read(context)
            return []
        case .bind:
            guard let expression = node.pointee.right, let target = node.pointee.left else { return [] }
            let value = parts(expression, context)
            bind(target, value)
            return value
        case .condition:
            use(node.pointee.left, context)
            return (node.pointee.right.map { parts($0, context) } ?? [])
                + (node.pointee.third.map { parts($0, context) } ?? [])
        case .defaultTo, .coalesce:
            use(node.pointee.left, context)
            return node.pointee.right.map { parts($0, context) } ?? []
        case .block:
            return scoped(node.pointee.extras?.pointee.scope) { analysis in
                var result: Parts = []
                for index in 0..<node.pointee.list.count { result = analysis.parts(node.pointee.list[index], context) }
                return result
            }
        case .lambda:
            return scoped(node.pointee.extras?.pointee.scope) { analysis in
                analysis.use(node.pointee.right, context)
                // A signature may let the context stand in for an argument.
                if node.pointee.extras?.pointee.signature != nil { analysis.mayTakeContext = true }
                return []
            }
        case .call, .partial:
            call(node, context, given: node.pointee.list.count)
            return []
        case .apply:
            use(node.pointee.left, context)
            guard let right = node.pointee.right else { return [] }
            if right.pointee.operation == .call {
                call(right, context, given: right.pointee.list.count + 1)
            } else {
                use(right, context)
            }
            return []
        case .transform:
            // The pattern and the update work on a copy of an argument, which is read as a whole.
            use(node.pointee.left, [])
            use(node.pointee.right, [])
            use(node.pointee.third, [])
            return []
        case .parent, .tokenName, .sort, .focusBind, .indexBind, .groupBy, .orderBy, .dot, .filter:
            isLost = true
            return []
        default:
            use(node.pointee.left, context)
            use(node.pointee.right, context)
            use(node.pointee.third, context)
            use(node.pointee.list, context)
            return []
        }
    }

    private func field(_ name: Value, of parent: ReadFieldPointer) -> ReadFieldPointer {
        if parent.pointee.isWhole { return parent }
        if let known = parent.field(name) { return known }
        let field = arena.allocate(ReadField.self, count: 1)
        field.initialize(to: ReadField(name: name, next: parent.pointee.first))
        parent.pointee.first = field
        return field
    }

    private mutating func path(_ node: NodePointer, _ context: Parts) -> Parts {
        let steps = node.pointee.list
        if Int(node.pointee.slot) < steps.count {
            // Rows carry bindings and parents, which are not followed.
            isLost = true
            return []
        }
        var current = context
        for index in 0..<steps.count {
            let step = steps[index]
            if step.pointee.operation == .sort {
                for term in 0..<step.pointee.list.count { use(step.pointee.list[term].pointee.left, current) }
            } else {
                current = parts(step, current)
            }
            stages(of: step, current)
        }
        if let group = node.pointee.extras?.pointee.group {
            use(group.pointee.list, current)
            return []
        }
        return current
    }

    private mutating func scoped(_ scope: ScopePointer?, _ body: (inout ReadAnalysis) -> Parts) -> Parts {
        guard let scope else { return body(&self) }
        frames.append(Array(repeating: Variable(), count: scope.pointee.names.count))
        let result = body(&self)
        frames.removeLast()
        return result
    }

    private mutating func variable(_ node: NodePointer) -> Parts {
        let frame = frames.count - 1 - Int(node.pointee.depth)
        let slot = Int(node.pointee.slot)
        guard frame >= 0, slot >= 0, slot < frames[frame].count else {
            isLost = true
            return []
        }
        frames[frame][slot].wasRead = true
        let held = frames[frame][slot].parts
        // Where it may be unbound, it means what the name means further out.
        guard let outer = node.pointee.third else { return held }
        return held + (outer.pointee.operation == .global ? global(outer) : variable(outer))
    }

    private mutating func bind(_ target: NodePointer, _ parts: Parts) {
        let frame = frames.count - 1 - Int(target.pointee.depth)
        let slot = Int(target.pointee.slot)
        guard frame >= 0, slot >= 0, slot < frames[frame].count else { return read(parts) }
        // A function made earlier may look at it again.
        if frames[frame][slot].wasRead { read(parts) }
        frames[frame][slot].parts += parts
    }

    private mutating func global(_ node: NodePointer, isCalled: Bool = false) -> Parts {
        if node.pointee.depth == 1 { return [input] }
        if !isCalled { mayTakeContext = true }
        // Its expression may read anything.
        if globals[Int(node.pointee.slot)].equalsKey(Value("eval").keyed) { isLost = true }
        return []
    }

    private mutating func call(_ node: NodePointer, _ context: Parts, given: Int) {
        use(node.pointee.list, context)
        guard let procedure = node.pointee.left else { return }
        if procedure.pointee.operation == .global, procedure.pointee.depth == 0 {
            _ = global(procedure, isCalled: true)
            if !leavesContext(globals[Int(procedure.pointee.slot)], given: given) { read(context) }
        } else {
            use(procedure, context)
            callsUnknown = true
        }
    }

    /// Whether a library function called like this never turns to an object or array that is its context.
    private func leavesContext(_ name: Value, given: Int) -> Bool {
        let function = BuiltinTable.shared.function(named: name)
        guard function.isFunction else { return false }
        guard let signature = function.function.pointee.signature else { return true }
        if given >= signature.pointee.count { return true }
        var required = 0
        for index in 0..<signature.pointee.count where !signature.pointee.parameters[index].isOptional { required += 1 }
        for index in 0..<signature.pointee.count {
            let parameter = signature.pointee.parameters[index]
            guard parameter.takesContext, !parameter.kinds.isDisjoint(with: [.object, .array]) else { continue }
            // A first parameter that fits everything is filled by the first argument.
            guard index == 0, parameter.kinds.isSuperset(of: .any), given > required else { return false }
        }
        return true
    }
}
