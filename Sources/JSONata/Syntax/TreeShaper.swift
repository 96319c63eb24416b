/// Turns the parser's tree into the form that is evaluated: dots become paths, predicates become stages of their
/// steps, literals fold, calls in tail position are marked, and each `%` finds the step whose parent it means.
struct TreeShaper {
    let arena: Arena
    private var depth = 0
    private var ancestors: Int32 = 0
    private(set) var failure = FaultDetails()

    /// Trees deeper than this are refused, as the shaper and the evaluator recurse over them.
    private static let depthMax = 1200

    init(arena: Arena) {
        self.arena = arena
    }

    /// Shapes a whole expression.
    mutating func shape(root: NodePointer) throws(Fault) -> NodePointer {
        let result = try shape(root)
        if result.pointee.operation == .parent || result.seekingCount > 0 {
            throw fail(.s0217, result, token: TreeShaper.typeName(result))
        }
        return result
    }

    private mutating func shape(_ node: NodePointer) throws(Fault) -> NodePointer {
        depth += 1
        if depth > TreeShaper.depthMax { throw fail(.u2004, node, token: node.pointee.value) }
        let keepsArray = node.pointee.flags.contains(.keepArray)
        let result = try shapeByOperation(node)
        if keepsArray { result.pointee.flags.insert(.keepArray) }
        if result.pointee.stages.count > 0 || result.pointee.extras?.pointee.group != nil
            || result.pointee.flags.contains(.keepArray)
        {
            result.pointee.flags.insert(.suffixed)
        }
        depth -= 1
        return result
    }

    private mutating func shapeByOperation(_ node: NodePointer) throws(Fault) -> NodePointer {
        switch node.pointee.operation {
        case .name:
            let path = makePath(of: node)
            if node.pointee.flags.contains(.keepArray) { path.pointee.flags.insert(.keepSingletonArray) }
            node.pointee.flags.insert(.step)
            return path
        case .parent:
            ancestors += 1
            let slot = arena.allocate(AncestorSlot.self, count: 1)
            slot.initialize(to: AncestorSlot(label: ancestors, level: 1, number: ancestors))
            node.extras(in: arena).pointee.ancestor = slot
            return node
        case .dot: return try shapeDot(node)
        case .filter: return try shapeFilter(node)
        case .groupBy: return try shapeGroup(node)
        case .orderBy: return try shapeOrder(node)
        case .focusBind, .indexBind: return try shapeBinding(node)
        case .concatenate: return try shapeConcatenation(node)
        case .lambda:
            if let body = node.pointee.right {
                let shaped = try shape(body)
                markTail(shaped)
                node.pointee.right = shaped
            }
            return node
        case .call, .partial:
            try shapeList(node)
            if let procedure = node.pointee.left { node.pointee.left = try shape(procedure) }
            return node
        case .negate: return try shapeNegation(node)
        case .bind:
            if let right = node.pointee.right { node.pointee.right = try shapeChild(right, of: node) }
            return node
        case .block:
            try shapeList(node)
            if node.pointee.list.count > 0 {
                for index in 0..<node.pointee.list.count {
                    let part = node.pointee.list[index]
                    let starts =
                        part.pointee.operation == .path
                        && part.pointee.list[0].pointee.flags.contains(.constructsArray)
                    if part.pointee.flags.contains(.constructsArray) || starts {
                        node.pointee.flags.insert(.constructsArray)
                    }
                }
            }
            return node
        case .array, .object:
            try shapeList(node)
            if node.pointee.operation == .object { markLiteralKeys(node) }
            return node
        case .apply:
            if let left = node.pointee.left { node.pointee.left = try shape(left) }
            if let right = node.pointee.right { node.pointee.right = try shape(right) }
            let keep = [node.pointee.left, node.pointee.right].contains {
                $0?.pointee.flags.contains(.keepArray) ?? false
            }
            if keep { node.pointee.flags.insert(.keepArray) }
            return node
        case .transform:
            if let left = node.pointee.left { node.pointee.left = try shape(left) }
            if let right = node.pointee.right { node.pointee.right = try shape(right) }
            if let third = node.pointee.third { node.pointee.third = try shape(third) }
            return node
        default:
            if let left = node.pointee.left { node.pointee.left = try shapeChild(left, of: node) }
            if let right = node.pointee.right { node.pointee.right = try shapeChild(right, of: node) }
            if let third = node.pointee.third { node.pointee.third = try shapeChild(third, of: node) }
            return node
        }
    }

    private mutating func shapeChild(_ child: NodePointer, of node: NodePointer) throws(Fault) -> NodePointer {
        let result = try shape(child)
        pushAncestry(to: node, from: result)
        return result
    }

    private mutating func shapeList(_ node: NodePointer) throws(Fault) {
        for index in 0..<node.pointee.list.count {
            node.pointee.list[index] = try shapeChild(node.pointee.list[index], of: node)
        }
    }

    private func makePath(of step: NodePointer) -> NodePointer {
        let path = arena.allocate(Node.self, count: 1)
        path.initialize(to: Node(operation: .path, position: step.pointee.position))
        path.pointee.list.append(step, in: arena)
        return path
    }

    // MARK: - Paths

    private mutating func shapeDot(_ node: NodePointer) throws(Fault) -> NodePointer {
        guard let rawLeft = node.pointee.left, let rawRight = node.pointee.right else { return node }
        let left = try shape(rawLeft)
        let path: NodePointer
        if left.pointee.operation == .path {
            path = left
        } else {
            path = makePath(of: left)
            left.pointee.flags.insert(.step)
        }
        if left.pointee.operation == .parent, let slot = left.pointee.extras?.pointee.ancestor {
            appendSeeking(slot, to: path)
        }
        let rest = try shape(rawRight)
        if rest.pointee.operation == .path {
            for index in 0..<rest.pointee.list.count { path.pointee.list.append(rest.pointee.list[index], in: arena) }
            // A group or a keep-array mark of the right-hand path belongs to the joined one.
            if let group = rest.pointee.extras?.pointee.group { path.extras(in: arena).pointee.group = group }
            if rest.pointee.flags.contains(.keepSingletonArray) { path.pointee.flags.insert(.keepSingletonArray) }
        } else {
            rest.pointee.flags.insert(.step)
            path.pointee.list.append(rest, in: arena)
        }
        let count = path.pointee.list.count
        for index in 0..<count {
            let step = path.pointee.list[index]
            if step.pointee.operation == .literal {
                if step.pointee.flags.contains(.numberToken) || step.pointee.flags.contains(.constantToken) {
                    failure.value = step.pointee.value
                    throw fail(.s0213, step, token: .undefined)
                }
                step.pointee.operation = .name
                step.pointee.value = step.pointee.value.keyed
            }
            if step.pointee.flags.contains(.keepArray) { path.pointee.flags.insert(.keepSingletonArray) }
        }
        let first = path.pointee.list[0]
        if first.pointee.operation == .array { first.pointee.flags.insert(.constructsArray) }
        let last = path.pointee.list[count - 1]
        if last.pointee.operation == .array { last.pointee.flags.insert(.constructsArray) }
        try resolveAncestry(path)
        return path
    }

    private mutating func shapeFilter(_ node: NodePointer) throws(Fault) -> NodePointer {
        guard let rawLeft = node.pointee.left, let rawRight = node.pointee.right else { return node }
        let result = try shape(rawLeft)
        let step = lastStep(of: result)
        if step.pointee.extras?.pointee.group != nil {
            throw fail(.s0209, node, token: node.pointee.value)
        }
        let predicate = try shape(rawRight)
        if let seeking = predicate.pointee.extras?.pointee.seeking {
            for index in 0..<predicate.seekingCount {
                let slot = seeking[index]
                if slot.pointee.level == 1 { try seekParent(step, slot) } else { slot.pointee.level -= 1 }
            }
            pushAncestry(to: step, from: predicate)
        } else if predicate.pointee.operation == .parent {
            pushAncestry(to: step, from: predicate)
        }
        let stage = arena.allocate(Node.self, count: 1)
        stage.initialize(to: Node(operation: .filter, position: node.pointee.position))
        stage.pointee.right = predicate
        step.pointee.stages.append(stage, in: arena)
        return result
    }

    private func lastStep(of result: NodePointer) -> NodePointer {
        result.pointee.operation == .path ? result.pointee.list[result.pointee.list.count - 1] : result
    }

    private mutating func shapeGroup(_ node: NodePointer) throws(Fault) -> NodePointer {
        guard let rawLeft = node.pointee.left else { return node }
        let result = try shape(rawLeft)
        if result.pointee.extras?.pointee.group != nil { throw fail(.s0210, node, token: node.pointee.value) }
        for index in 0..<node.pointee.list.count {
            node.pointee.list[index] = try shape(node.pointee.list[index])
        }
        markLiteralKeys(node)
        result.extras(in: arena).pointee.group = node
        return result
    }

    private mutating func shapeOrder(_ node: NodePointer) throws(Fault) -> NodePointer {
        guard let rawLeft = node.pointee.left else { return node }
        var path = try shape(rawLeft)
        if path.pointee.operation != .path {
            path.pointee.flags.insert(.step)
            path = makePath(of: path)
        }
        let sort = arena.allocate(Node.self, count: 1)
        sort.initialize(to: Node(operation: .sort, flags: .step, position: node.pointee.position))
        for index in 0..<node.pointee.list.count {
            let term = node.pointee.list[index]
            if let expression = term.pointee.left { term.pointee.left = try shapeChild(expression, of: sort) }
            sort.pointee.list.append(term, in: arena)
        }
        path.pointee.list.append(sort, in: arena)
        try resolveAncestry(path)
        return path
    }

    private mutating func shapeBinding(_ node: NodePointer) throws(Fault) -> NodePointer {
        guard let rawLeft = node.pointee.left, let name = node.pointee.right?.pointee.value else { return node }
        var result = try shape(rawLeft)
        let step = lastStep(of: result)
        if node.pointee.operation == .focusBind {
            if step.pointee.stages.count > 0 { throw fail(.s0215, node, token: node.pointee.value) }
            if step.pointee.operation == .sort { throw fail(.s0216, node, token: node.pointee.value) }
            if node.pointee.flags.contains(.keepArray) { step.pointee.flags.insert(.keepArray) }
            step.extras(in: arena).pointee.focus = name
        } else {
            if result.pointee.operation != .path {
                result.pointee.flags.insert(.step)
                result = makePath(of: result)
            }
            if step.pointee.stages.count == 0 {
                step.extras(in: arena).pointee.index = name
            } else {
                let stage = arena.allocate(Node.self, count: 1)
                stage.initialize(to: Node(operation: .indexBind, flags: .indexStage, value: name))
                step.pointee.stages.append(stage, in: arena)
            }
        }
        step.pointee.flags.insert(.tuple)
        return result
    }

    // MARK: - Operators

    private mutating func shapeConcatenation(_ node: NodePointer) throws(Fault) -> NodePointer {
        var chain: [NodePointer] = []
        var current = node
        while current.pointee.operation == .concatenate, let left = current.pointee.left,
            let right = current.pointee.right
        {
            chain.append(right)
            current = left
        }
        chain.append(current)
        for part in chain.reversed() { node.pointee.list.append(part, in: arena) }
        node.pointee.left = nil
        node.pointee.right = nil
        try shapeList(node)
        return node
    }

    private mutating func shapeNegation(_ node: NodePointer) throws(Fault) -> NodePointer {
        guard let raw = node.pointee.left else { return node }
        let operand = try shapeChild(raw, of: node)
        if operand.pointee.operation == .literal, operand.pointee.flags.contains(.numberToken) {
            operand.pointee.value = Value(-operand.pointee.value.number)
            return operand
        }
        node.pointee.left = operand
        return node
    }

    private func markLiteralKeys(_ node: NodePointer) {
        let list = node.pointee.list
        var seen = NameList()
        var index = 0
        while index < list.count {
            let key = list[index]
            guard key.pointee.operation == .literal, key.pointee.value.isString,
                !key.pointee.flags.contains(.suffixed)
            else { return }
            let name = key.pointee.value.keyed
            if list.count < 200, seen.slot(of: name) >= 0 { return }
            if list.count >= 200 { return }
            seen.append(name, in: arena)
            key.pointee.value = name
            index += 2
        }
        node.pointee.flags.insert(.literalKeys)
    }

    private func markTail(_ node: NodePointer) {
        switch node.pointee.operation {
        case .call where node.pointee.stages.count == 0:
            if !node.pointee.flags.contains(.suffixed) { node.pointee.flags.insert(.tail) }
        case .condition:
            if let then = node.pointee.right { markTail(then) }
            if let otherwise = node.pointee.third { markTail(otherwise) }
        case .block:
            if node.pointee.flags.contains(.suffixed) { return }
            if node.pointee.list.count > 0 { markTail(node.pointee.list[node.pointee.list.count - 1]) }
        default: break
        }
    }

    mutating func fail(_ code: FaultCode, _ node: NodePointer, token: Value) -> Fault {
        failure.position = Int(node.pointee.position)
        failure.token = token
        return Fault(code: code)
    }
}
