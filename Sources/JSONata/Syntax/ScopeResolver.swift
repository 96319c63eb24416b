/// Gives every variable its place: how many frames up and which slot, or which global.
///
/// Names are gone afterwards.
struct ScopeResolver {
    let arena: Arena
    /// The names that no scope binds: functions of the library and what the caller binds.
    private(set) var globals = NameList()
    /// Every name of a field, by itself: two equal names are one value, which is compared by its address.
    let names: ObjectPointer
    private var scopes: [ScopePointer] = []
    /// For `$eval`: the frames that run where it is called.
    private let frame: FramePointer?

    init(arena: Arena, root: ScopePointer?, frame: FramePointer?, known: NameList) {
        self.arena = arena
        self.frame = frame
        names = arena.object(capacity: 16)
        for index in 0..<known.count { globals.append(known[index], in: arena) }
        if let root { scopes.append(root) }
    }

    mutating func resolve(_ node: NodePointer) {
        switch node.pointee.operation {
        case .variable: resolveVariable(node)
        case .parent: resolveParent(node)
        case .path: resolvePath(node)
        case .block: resolveScoped(node) { resolver in resolver.resolveList(node.pointee.list) }
        case .lambda: resolveScoped(node) { resolver in if let body = node.pointee.right { resolver.resolve(body) } }
        case .bind:
            if let right = node.pointee.right { resolve(right) }
            if let left = node.pointee.left { resolveTarget(left) }
        case .name: intern(node)
        case .literal, .context, .wildcard, .descendants, .regex:
            break
        default:
            if let left = node.pointee.left { resolve(left) }
            if let right = node.pointee.right { resolve(right) }
            if let third = node.pointee.third { resolve(third) }
            resolveList(node.pointee.list)
            if node.pointee.operation == .call { keepConstants(node) }
        }
        if node.pointee.operation != .path {
            resolveStages(node)
            if let group = node.pointee.extras?.pointee.group { resolveList(group.pointee.list) }
        }
    }

    /// An object of literals that `$lookup` looks into is made once: it only reads.
    private func keepConstants(_ call: NodePointer) {
        guard let procedure = call.pointee.left, procedure.pointee.operation == .global, procedure.pointee.depth == 0,
            frame == nil, globals[Int(procedure.pointee.slot)].equalsKey(Value("lookup").keyed),
            call.pointee.list.count > 0
        else { return }
        let node = call.pointee.list[0]
        let list = node.pointee.list
        guard node.pointee.operation == .object, node.pointee.flags.contains(.literalKeys),
            !node.pointee.flags.contains(.suffixed), list.count > 0
        else { return }
        let object = arena.object(capacity: list.count / 2)
        var index = 0
        while index < list.count {
            let value = list[index + 1]
            guard value.pointee.operation == .literal, !value.pointee.flags.contains(.suffixed) else { return }
            arena.append(value.pointee.value, for: list[index].pointee.value, to: object)
            index += 2
        }
        node.pointee.value = Value(object)
        node.pointee.flags.insert(.constantObject)
    }

    /// Gives a name node its one value and its number among the names.
    private func intern(_ node: NodePointer) {
        let name = node.pointee.value
        guard name.isString else { return }
        var known = names.find(name)
        if known < 0 {
            arena.append(Value(names.count), for: name, to: names)
            known = names.find(name)
        }
        node.pointee.value = names[entry: known].key
        if frame == nil { node.pointee.slot = Int32(names[entry: known].value.number) }
    }

    private mutating func resolveList(_ list: NodeList) {
        for index in 0..<list.count { resolve(list[index]) }
    }

    private mutating func resolveStages(_ node: NodePointer) {
        for index in 0..<node.pointee.stages.count {
            if let predicate = node.pointee.stages[index].pointee.right { resolve(predicate) }
        }
    }

    /// A scope that binds nothing gets no frame.
    private mutating func resolveScoped(_ node: NodePointer, _ body: (inout ScopeResolver) -> Void) {
        guard let extras = node.pointee.extras, let scope = extras.pointee.scope else { return body(&self) }
        if scope.pointee.names.count == 0 {
            extras.pointee.scope = nil
            return body(&self)
        }
        scopes.append(scope)
        body(&self)
        scopes.removeLast()
    }

    // MARK: - Variables

    private mutating func resolveVariable(_ node: NodePointer) {
        if node.pointee.value.byteCount == 1, node.pointee.value.start[0] == UInt8(ascii: "$") {
            node.pointee.operation = .global
            node.pointee.slot = 0
            node.pointee.depth = 1
            return
        }
        node.pointee.value = node.pointee.value.keyed
        bindNearest(node, from: scopes.count - 1)
    }

    /// Where the name may not be bound yet when it is read, `third` says where to look next.
    private mutating func bindNearest(_ node: NodePointer, from start: Int) {
        let name = node.pointee.value
        var index = start
        while index >= 0 {
            let slot = scopes[index].pointee.names.slot(of: name)
            if slot >= 0 {
                node.pointee.depth = Int32(scopes.count - 1 - index)
                node.pointee.slot = Int32(slot)
                if slot >= Int(scopes[index].pointee.boundCount) {
                    let next = arena.allocate(Node.self, count: 1)
                    next.initialize(to: Node(operation: .variable, position: node.pointee.position, value: name))
                    bindNearest(next, from: index - 1)
                    node.pointee.third = next
                }
                return
            }
            index -= 1
        }
        var depth = scopes.count
        var outer = frame
        while let current = outer {
            if let slot = current.pointee.scope?.pointee.names.slot(of: name), slot >= 0, !current.slots[slot].isUnset {
                node.pointee.depth = Int32(depth)
                node.pointee.slot = Int32(slot)
                return
            }
            depth += 1
            outer = current.pointee.parent
        }
        node.pointee.operation = .global
        node.pointee.depth = 0
        node.pointee.slot = Int32(globalSlot(name))
    }

    private mutating func globalSlot(_ name: Value) -> Int {
        let existing = globals.slot(of: name)
        if existing >= 0 { return existing }
        globals.append(name, in: arena)
        return globals.count - 1
    }

    /// The variable of `:=` is bound in the innermost block or call, never in a tuple row.
    private mutating func resolveTarget(_ target: NodePointer) {
        target.pointee.value = target.pointee.value.keyed
        var index = scopes.count - 1
        while index >= 0 {
            let slot = scopes[index].pointee.isTuple ? -1 : scopes[index].pointee.names.slot(of: target.pointee.value)
            if slot >= 0 {
                target.pointee.depth = Int32(scopes.count - 1 - index)
                target.pointee.slot = Int32(slot)
                return
            }
            index -= 1
        }
    }

    private mutating func resolveParent(_ node: NodePointer) {
        guard let slot = node.pointee.extras?.pointee.ancestor else { return }
        node.pointee.value = label(slot)
        bindNearest(node, from: scopes.count - 1)
        node.pointee.third = nil
        if node.pointee.operation == .global {
            node.pointee.operation = .parent
        } else {
            node.pointee.operation = .variable
        }
    }

    private func label(_ slot: UnsafeMutablePointer<AncestorSlot>) -> Value {
        arena.string("%\(slot.pointee.label)").keyed
    }

    // MARK: - Paths

    private mutating func resolvePath(_ path: NodePointer) {
        let steps = path.pointee.list
        var firstTuple = steps.count
        for index in (0..<steps.count).reversed() where steps[index].pointee.flags.contains(.tuple) {
            firstTuple = index
        }
        path.pointee.slot = Int32(firstTuple)
        markPlain(path)
        let group = path.pointee.extras?.pointee.group
        guard firstTuple < steps.count else {
            for index in 0..<steps.count { resolve(steps[index]) }
            resolveStages(path)
            if let group { resolveList(group.pointee.list) }
            return
        }
        let scope = arena.allocate(Scope.self, count: 1)
        scope.initialize(to: Scope(parent: nil, isTuple: true))
        scope.pointee.names.append(Value("@").keyed, in: arena)
        collectColumns(of: path, into: scope)
        path.extras(in: arena).pointee.scope = scope
        for index in 0..<steps.count {
            let step = steps[index]
            if index < firstTuple {
                resolve(step)
            } else if index == firstTuple, step.pointee.operation == .sort {
                resolveList(step.pointee.list.terms(in: arena))
                scopes.append(scope)
                resolveStages(step)
                scopes.removeLast()
            } else {
                scopes.append(scope)
                resolve(step)
                scopes.removeLast()
            }
            resolveColumns(of: step, in: scope)
        }
        resolveStages(path)
        if let group {
            scopes.append(scope)
            resolveList(group.pointee.list)
            scopes.removeLast()
        }
    }

    private func markPlain(_ path: NodePointer) {
        if path.pointee.extras?.pointee.group != nil { return }
        for index in 0..<path.pointee.list.count {
            let step = path.pointee.list[index]
            guard step.pointee.operation == .name, step.pointee.stages.count == 0,
                step.pointee.flags.isDisjoint(with: [.tuple, .keepArray]), step.pointee.extras?.pointee.group == nil
            else { return }
        }
        if !path.pointee.flags.contains(.keepSingletonArray) { path.pointee.flags.insert(.plainNames) }
    }

    /// The columns a tuple path needs: its own bindings and those of tuple paths inside its steps.
    private func collectColumns(of path: NodePointer, into scope: ScopePointer) {
        for index in 0..<path.pointee.list.count {
            let step = path.pointee.list[index]
            if let extras = step.pointee.extras {
                add(extras.pointee.focus, to: scope)
                add(extras.pointee.index, to: scope)
                if let ancestor = extras.pointee.ancestor, step.pointee.operation != .parent {
                    add(label(ancestor), to: scope)
                }
            }
            for stage in 0..<step.pointee.stages.count
            where step.pointee.stages[stage].pointee.operation == .indexBind {
                add(step.pointee.stages[stage].pointee.value, to: scope)
            }
            collectInner(step, into: scope)
        }
    }

    private func collectInner(_ step: NodePointer, into scope: ScopePointer) {
        guard step.pointee.flags.contains(.tuple) else { return }
        if step.pointee.operation == .path {
            collectColumns(of: step, into: scope)
        } else if step.pointee.operation == .block, step.pointee.list.count > 0 {
            collectInner(step.pointee.list[step.pointee.list.count - 1], into: scope)
        }
    }

    private func add(_ name: Value, to scope: ScopePointer) {
        guard name.isString, scope.pointee.names.slot(of: name.keyed) < 0 else { return }
        scope.pointee.names.append(name.keyed, in: arena)
    }

    private func resolveColumns(of step: NodePointer, in scope: ScopePointer) {
        let names = scope.pointee.names
        if let extras = step.pointee.extras {
            if extras.pointee.focus.isString {
                extras.pointee.focusSlot = Int32(names.slot(of: extras.pointee.focus.keyed))
            }
            if extras.pointee.index.isString {
                extras.pointee.indexSlot = Int32(names.slot(of: extras.pointee.index.keyed))
            }
            if let ancestor = extras.pointee.ancestor {
                extras.pointee.ancestorSlot = Int32(names.slot(of: label(ancestor)))
            }
        }
        for index in 0..<step.pointee.stages.count {
            let stage = step.pointee.stages[index]
            if stage.pointee.operation == .indexBind {
                stage.pointee.slot = Int32(names.slot(of: stage.pointee.value.keyed))
            }
        }
    }
}

extension NodeList {
    /// The expressions of sort terms.
    func terms(in arena: Arena) -> NodeList {
        var result = NodeList()
        for index in 0..<count { if let expression = self[index].pointee.left { result.append(expression, in: arena) } }
        return result
    }
}

extension Value {
    @inline(__always)
    var isUnset: Bool { kind == .unset }
}
