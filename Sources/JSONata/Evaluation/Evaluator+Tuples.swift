/// Tuple streams: paths whose steps remember variables (`@`, `#`) or parents (`%`) per item.
///
/// A row is a frame: slot 0 holds the context, the other slots the bindings. Predicates and later steps run with the
/// row as their frame.
extension Evaluator {
    /// One step of a tuple path: every row gives a row per item of the step's result.
    func tupleStep(
        _ step: NodePointer,
        _ input: ArrayPointer,
        _ rows: ArrayPointer?,
        _ path: NodePointer,
        _ frame: FramePointer
    ) throws(Fault) -> ArrayPointer {
        guard let scope = path.pointee.extras?.pointee.scope else { return input }
        if step.pointee.operation == .sort { return try sortedRows(step, input, rows, scope, frame) }
        let result = arena.array([.sequence, .tupleStream])
        if let rows {
            for index in 0..<rows.count { try extend(rows[item: index].row, step, into: result) }
        } else {
            for index in 0..<input.count {
                let row = arena.frame(parent: frame, scope: scope)
                row.slots[0] = input[item: index]
                try extend(row, step, into: result)
            }
        }
        let staged = try stages(of: step, Value(result), frame)
        return staged.kind == .array ? staged.array : result
    }

    private func extend(_ row: FramePointer, _ step: NodePointer, into result: ArrayPointer) throws(Fault) {
        let context = row.slots[0]
        let value = try evaluate(step, context, row)
        if value.isUndefined { return }
        if value.kind != .array {
            arena.push(Value(row: bound(row, step, context, value, 0)), to: result)
            return
        }
        let array = value.array
        let isStream = array.pointee.flags.contains(.tupleStream)
        for index in 0..<array.count {
            let item = array[item: index]
            if isStream, item.kind == .row {
                arena.push(Value(row: merged(row, item.row)), to: result)
            } else {
                arena.push(Value(row: bound(row, step, context, item, index)), to: result)
            }
        }
        try spend(array.count)
    }

    private func bound(_ row: FramePointer, _ step: NodePointer, _ context: Value, _ item: Value, _ index: Int)
        -> FramePointer
    {
        let copy = arena.copy(ofRow: row)
        let slots = copy.slots
        guard let extras = step.pointee.extras else {
            slots[0] = item
            return copy
        }
        if extras.pointee.focusSlot >= 0 {
            slots[Int(extras.pointee.focusSlot)] = item
        } else {
            slots[0] = item
        }
        if extras.pointee.indexSlot >= 0 { slots[Int(extras.pointee.indexSlot)] = Value(index) }
        if extras.pointee.ancestorSlot >= 0 { slots[Int(extras.pointee.ancestorSlot)] = context }
        return copy
    }

    /// A row with the bindings of a row from a path inside the step.
    private func merged(_ row: FramePointer, _ inner: FramePointer) -> FramePointer {
        let copy = arena.copy(ofRow: row)
        guard let outerScope = copy.pointee.scope, let innerScope = inner.pointee.scope else { return copy }
        for index in 0..<innerScope.pointee.names.count where !inner.slots[index].isUnset {
            let slot = outerScope.pointee.names.slot(of: innerScope.pointee.names[index])
            if slot >= 0 { copy.slots[slot] = inner.slots[index] }
        }
        return copy
    }

    private func sortedRows(
        _ step: NodePointer,
        _ input: ArrayPointer,
        _ rows: ArrayPointer?,
        _ scope: ScopePointer,
        _ frame: FramePointer
    ) throws(Fault) -> ArrayPointer {
        let sorted = try sort(step, Value(rows ?? input), frame)
        let result = arena.array([.sequence, .tupleStream])
        if sorted.kind == .array {
            for index in 0..<sorted.array.count {
                let item = sorted.array[item: index]
                if item.kind == .row {
                    arena.push(item, to: result)
                } else {
                    let row = arena.frame(parent: frame, scope: scope)
                    arena.push(Value(row: bound(row, step, .undefined, item, index)), to: result)
                }
            }
        }
        let staged = try stages(of: step, Value(result), frame)
        return staged.kind == .array ? staged.array : result
    }

    /// One row for a group: each column holds what all rows of the group have there.
    func reduced(_ group: Value) -> FramePointer? {
        if group.kind == .row { return group.row }
        guard group.kind == .array, group.array.count > 0 else { return nil }
        let result = arena.copy(ofRow: group.array[item: 0].row)
        let count = result.pointee.scope.map { $0.pointee.names.count } ?? 0
        for index in 1..<group.array.count {
            let row = group.array[item: index].row
            for slot in 0..<count where !row.slots[slot].isUnset {
                let current = result.slots[slot]
                result.slots[slot] = current.isUnset ? row.slots[slot] : appended(current, row.slots[slot])
            }
        }
        return result
    }
}
