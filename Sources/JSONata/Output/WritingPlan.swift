import JSONValue

/// How the result of an expression is written in a form without being made first: objects and lists that the expression
/// spells out are written member by member, everything else is evaluated and written as a value.
///
/// Made once per mapping.
final class WritingPlan: @unchecked Sendable {  // Proof: nothing is written after the initialiser returns.
    /// What is done for a node of the expression.
    enum Step: UInt8, BitwiseCopyable {
        /// Evaluates the node and writes its value.
        case value
        /// A member whose value stands in the expression: it is written with its name.
        case constant
        /// An object with fixed names: the parts are its members.
        case object
        /// A list that is spelled out: the parts are its items.
        case list
        /// `a ? b : c`: the parts are b and c.
        case condition
        /// Names, perhaps from a variable on, that lead to an object, with which the one part goes on.
        case names
        /// A block: evaluates all but the last expression, which is the one part.
        case block
    }

    struct Part: BitwiseCopyable {
        var step: Step
        let node: NodePointer
        /// The node of the form.
        let form: Int32
        /// A member's name in key form, and as it stands before a value.
        var key: Value = .undefined
        var label: Value = .undefined
        var parts: UnsafeMutablePointer<Part>?
        var count = 0
        /// Whether an object is nothing without an identifier.
        var needsID = false
        var isID = false
        var isNoted = false
        var isOmitted = false

        init(_ step: Step, _ node: NodePointer, _ form: Int) {
            self.step = step
            self.node = node
            self.form = Int32(form)
        }
    }

    let root: Part
    let form: JSONataForm
    private let arena = Arena(firstChunk: 8192)
    /// Keeps the nodes.
    private let program: Program

    /// Plans for one expression; nil when its result cannot be written without being made.
    init?(_ program: Program, _ form: JSONataForm) {
        let planner = WritingPlanner(form.table, arena)
        root = planner.part(program.root, 0)
        self.form = form
        self.program = program
        var end = root
        while end.step == .names || end.step == .block, let inner = end.parts { end = inner.pointee }
        // Only then it is known to be an object before anything is written.
        guard end.step == .object, form.table.nodes[0].kind == .object else { return nil }
    }

    deinit { arena.destroy() }
}

/// Makes the parts of a plan.
private struct WritingPlanner {
    typealias Part = WritingPlan.Part

    private let form: FormTable
    private let arena: Arena
    /// Expressions nested deeper are evaluated.
    private static let depthMax = 64

    init(_ form: FormTable, _ arena: Arena) {
        self.form = form
        self.arena = arena
    }

    func part(_ node: NodePointer, _ number: Int, depth: Int = 0) -> Part {
        planned(node, number, depth) ?? Part(.value, node, number)
    }

    private func planned(_ node: NodePointer, _ number: Int, _ depth: Int) -> Part? {
        guard depth < Self.depthMax, isBare(node) else { return nil }
        switch node.pointee.operation {
        case .object: return object(node, number, depth)
        case .array: return list(node, number, depth)
        case .condition: return condition(node, number, depth)
        case .path: return names(node, number, depth)
        case .block: return block(node, number, depth)
        default: return nil
        }
    }

    private func isBare(_ node: NodePointer) -> Bool {
        node.pointee.flags.isDisjoint(with: [.suffixed, .keepArray, .keepSingletonArray, .tuple, .tail])
            && node.pointee.stages.count == 0 && node.pointee.extras?.pointee.group == nil
    }

    private func object(_ node: NodePointer, _ number: Int, _ depth: Int) -> Part? {
        let row = form.nodes[number]
        let list = node.pointee.list
        guard node.pointee.flags.contains(.literalKeys), !node.pointee.flags.contains(.constantObject),
            row.kind == .object, !row.isNoted, needsNothingElse(row)
        else { return nil }
        var result = Part(.object, node, number)
        result.needsID = row.needsCount > 0
        let group = form.groups[Int(row.group)]
        let parts = arena.allocate(Part.self, count: max(list.count / 2, 1))
        for index in 0..<list.count / 2 {
            let key = list[index * 2].pointee.value
            // The language orders names that are numbers before others.
            guard key.integerKey == nil else { return nil }
            let field = group.index(of: key)
            let child = field < 0 ? form.any : Int(row.fields[field])
            // What was written and noted cannot be taken back.
            if row.needsCount > 0, form.nodes[child].kind != .text, form.nodes[child].kind != .any { return nil }
            var member = part(list[index * 2 + 1], child, depth: depth + 1)
            member.isNoted = form.nodes[child].isNoted
            member.isOmitted = form.nodes[child].isOmitted
            member.isID = key.equalsKey(form.id)
            member.key = key
            member.label = field < 0 ? FormTable.label(key, arena) : group.labels[field]
            if member.isNoted || member.isOmitted || member.isID {
                member.step = .value
            } else if let text = constant(list[index * 2 + 1], child) {
                member.step = .constant
                member.label = text.withUnsafeBufferPointer { text in
                    var whole = ByteBuilder(arena, capacity: member.label.byteCount + text.count)
                    whole.append(member.label)
                    if let start = text.baseAddress { whole.append(start, count: text.count) }
                    return whole.finish()
                }
            }
            parts[index] = member
        }
        result.parts = parts
        result.count = list.count / 2
        return result
    }

    /// Whether an object of a node can be written without its `id` at most.
    private func needsNothingElse(_ row: FormTable.Node) -> Bool {
        row.needsCount == 0 || row.needsCount == 1 && row.needs[0].equalsKey(form.id)
    }

    /// The JSON text of a literal that a node of the form takes as it is.
    private func constant(_ node: NodePointer, _ number: Int) -> [UInt8]? {
        guard node.pointee.operation == .literal, isBare(node) else { return nil }
        let value = node.pointee.value
        let row = form.nodes[number]
        let fits =
            switch (row.kind, value.kind) {
            case (.any, .string), (.any, .bool), (.any, .number), (_, .null): true
            case (.text, .string), (.boolean, .bool), (.number, .number): true
            case (.choice, .string): form.groups[Int(row.group)].index(of: value.keyed) >= 0
            default: false
            }
        guard fits else { return nil }
        var writer = JSONByteWriter()
        return JSONataView(value, nil).write(to: &writer, bytesMax: .max) ? writer.finish() : nil
    }

    private func list(_ node: NodePointer, _ number: Int, _ depth: Int) -> Part? {
        guard form.nodes[number].kind == .array, node.pointee.list.count > 0 else { return nil }
        var result = Part(.list, node, number)
        let parts = arena.allocate(Part.self, count: node.pointee.list.count)
        for index in 0..<node.pointee.list.count {
            let item = part(node.pointee.list[index], Int(form.nodes[number].element), depth: depth + 1)
            parts[index] = isItem(item) ? item : Part(.value, item.node, Int(item.form))
        }
        result.parts = parts
        result.count = node.pointee.list.count
        return result
    }

    /// Whether a part is written as one item: lists that it may give would be taken apart.
    private func isItem(_ part: Part) -> Bool {
        switch part.step {
        case .value, .object: return true
        case .constant: return false
        case .list: return part.node.pointee.operation == .array
        case .condition:
            guard let parts = part.parts else { return false }
            return (0..<part.count).allSatisfy { parts[$0].step == .object }
        case .names, .block: return false
        }
    }

    private func condition(_ node: NodePointer, _ number: Int, _ depth: Int) -> Part? {
        guard let then = node.pointee.right else { return nil }
        let first = part(then, number, depth: depth + 1)
        let second = node.pointee.third.map { part($0, number, depth: depth + 1) }
        guard first.step != .value || second.map({ $0.step != .value }) ?? false else { return nil }
        var result = Part(.condition, node, number)
        let parts = arena.allocate(Part.self, count: 2)
        parts[0] = first
        if let second { parts[1] = second }
        result.parts = parts
        result.count = second == nil ? 1 : 2
        return result
    }

    private func names(_ node: NodePointer, _ number: Int, _ depth: Int) -> Part? {
        let steps = node.pointee.list
        guard steps.count > 1, Int(node.pointee.slot) >= steps.count else { return nil }
        for index in 0..<steps.count - 1 {
            let step = steps[index]
            let isStart = step.pointee.operation == .variable && index == 0
            guard step.pointee.operation == .name || isStart, step.pointee.stages.count == 0,
                step.pointee.flags.isDisjoint(with: [.keepArray, .tuple, .suffixed]),
                step.pointee.extras?.pointee.group == nil
            else { return nil }
        }
        let last = steps[steps.count - 1]
        guard last.pointee.operation == .object, isBare(last) else { return nil }
        return inner(.names, node, last, number, depth)
    }

    private func block(_ node: NodePointer, _ number: Int, _ depth: Int) -> Part? {
        guard node.pointee.list.count > 0 else { return nil }
        return inner(.block, node, node.pointee.list[node.pointee.list.count - 1], number, depth)
    }

    private func inner(
        _ step: WritingPlan.Step,
        _ node: NodePointer,
        _ last: NodePointer,
        _ number: Int,
        _ depth: Int
    ) -> Part? {
        let end = part(last, number, depth: depth + 1)
        guard end.step != .value else { return nil }
        var result = Part(step, node, number)
        let parts = arena.allocate(Part.self, count: 1)
        parts[0] = end
        result.parts = parts
        result.count = 1
        return result
    }
}
