/// How `%` finds the step whose parent it means: each `%` asks for a slot one level up, and steps to the left give a
/// level each until the slot is placed on the step that has to remember its context.
extension TreeShaper {
    func appendSeeking(_ slot: UnsafeMutablePointer<AncestorSlot>, to node: NodePointer) {
        let extras = node.extras(in: arena)
        let count = Int(extras.pointee.seekingCount)
        let grown = arena.allocate(UnsafeMutablePointer<AncestorSlot>.self, count: count + 1)
        if let seeking = extras.pointee.seeking { grown.update(from: seeking, count: count) }
        grown[count] = slot
        extras.pointee.seeking = grown
        extras.pointee.seekingCount = Int32(count + 1)
    }

    /// Hands what `value` still looks for to the node around it.
    func pushAncestry(to result: NodePointer, from value: NodePointer) {
        if let seeking = value.pointee.extras?.pointee.seeking {
            for index in 0..<value.seekingCount { appendSeeking(seeking[index], to: result) }
        }
        if value.pointee.operation == .parent, let slot = value.pointee.extras?.pointee.ancestor {
            appendSeeking(slot, to: result)
        }
    }

    /// Places the slots that the last step of a path looks for on earlier steps.
    mutating func resolveAncestry(_ path: NodePointer) throws(Fault) {
        let steps = path.pointee.list
        let last = steps[steps.count - 1]
        var slots: [UnsafeMutablePointer<AncestorSlot>] = []
        if let seeking = last.pointee.extras?.pointee.seeking {
            for index in 0..<last.seekingCount { slots.append(seeking[index]) }
        }
        if last.pointee.operation == .parent, let slot = last.pointee.extras?.pointee.ancestor { slots.append(slot) }
        for slot in slots {
            var index = steps.count - 2
            while slot.pointee.level > 0 {
                if index < 0 {
                    appendSeeking(slot, to: path)
                    break
                }
                var step = steps[index]
                index -= 1
                // Contiguous steps that bind their focus do not change the context.
                while index >= 0, step.bindsFocus, steps[index].bindsFocus {
                    step = steps[index]
                    index -= 1
                }
                try seekParent(step, slot)
            }
        }
    }

    /// Takes a step (or what it is made of) as one level of the way up.
    mutating func seekParent(_ node: NodePointer, _ slot: UnsafeMutablePointer<AncestorSlot>) throws(Fault) {
        switch node.pointee.operation {
        case .name, .wildcard:
            slot.pointee.level -= 1
            if slot.pointee.level == 0 {
                let extras = node.extras(in: arena)
                if let existing = extras.pointee.ancestor { slot.pointee.label = existing.pointee.label }
                extras.pointee.ancestor = slot
                node.pointee.flags.insert(.tuple)
            }
        case .parent: slot.pointee.level += 1
        case .block:
            let count = node.pointee.list.count
            if count > 0 {
                node.pointee.flags.insert(.tuple)
                try seekParent(node.pointee.list[count - 1], slot)
            }
        case .path:
            node.pointee.flags.insert(.tuple)
            var index = node.pointee.list.count - 1
            try seekParent(node.pointee.list[index], slot)
            index -= 1
            while slot.pointee.level > 0, index >= 0 {
                try seekParent(node.pointee.list[index], slot)
                index -= 1
            }
        default: throw fail(.s0217, node, token: TreeShaper.typeName(node))
        }
    }

    /// The name that the reference gives to a kind of node.
    static func typeName(_ node: NodePointer) -> Value {
        switch node.pointee.operation {
        case .literal:
            if node.pointee.flags.contains(.numberToken) { return Value("number") }
            return node.pointee.flags.contains(.constantToken) ? Value("value") : Value("string")
        case .array, .object, .negate: return Value("unary")
        case .context, .variable, .global: return Value("variable")
        case .descendants: return Value("descendant")
        case .call: return Value("function")
        case .path: return Value("path")
        case .block: return Value("block")
        case .parent: return Value("parent")
        case .lambda: return Value("lambda")
        case .partial: return Value("partial")
        case .condition, .defaultTo, .coalesce: return Value("condition")
        case .transform: return Value("transform")
        case .bind: return Value("bind")
        case .apply: return Value("apply")
        case .sort: return Value("sort")
        case .regex: return Value("regex")
        default: return Value("binary")
        }
    }
}

extension NodePointer {
    /// How many parents are still looked for.
    var seekingCount: Int { Int(pointee.extras?.pointee.seekingCount ?? 0) }

    /// Whether the step has an `@`.
    var bindsFocus: Bool { pointee.extras.map { !$0.pointee.focus.isUndefined } ?? false }
}
