import JSONValue

/// A mistake that an expression may hold although it compiles.
package struct JSONataWarning: Sendable, Equatable {
    /// The kind of mistake, for machines.
    package enum Kind: String, Sendable, CaseIterable {
        case singleItemLosesList = "single_item_loses_list"
        case missingOperand = "missing_operand"
        case comparisonWithNull = "comparison_with_null"
        case unknownFunction = "unknown_function"
        case hiddenFunction = "hidden_function"
        case unusedVariable = "unused_variable"
        case constantCondition = "constant_condition"
    }

    /// What kind of mistake it is.
    package let kind: Kind
    /// The offset after the token it is about, in UTF-16 units from the start of the source.
    package let position: Int
    /// What can go wrong.
    package let message: String
    /// What to write instead.
    package let fix: String
}

extension JSONataExpression {
    /// The classic mistakes in this expression, in the order of the source.
    package var warnings: [JSONataWarning] {
        var lint = JSONataLint(program: program)
        lint.look(at: program.root)
        return lint.finish()
    }
}

/// Looks for classic mistakes.
private struct JSONataLint {
    private let program: Program
    private var found: [JSONataWarning] = []
    /// Variables bound with `:=`, by name, and where.
    private var bound: [(name: String, position: Int)] = []
    private var read: Set<String> = []

    init(program: Program) {
        self.program = program
    }

    func finish() -> [JSONataWarning] {
        var result = found
        for variable in bound where !read.contains(variable.name) {
            result.append(
                JSONataWarning(
                    kind: .unusedVariable,
                    position: variable.position,
                    message: "$\(variable.name) is set and never used",
                    fix: "remove it, or use it"
                )
            )
        }
        return result.sorted { $0.position < $1.position }
    }

    private mutating func warn(_ kind: JSONataWarning.Kind, _ node: NodePointer, _ message: String, _ fix: String) {
        found.append(JSONataWarning(kind: kind, position: Int(node.pointee.position), message: message, fix: fix))
    }

    mutating func look(at node: NodePointer) {
        switch node.pointee.operation {
        case .object: members(node.pointee.list)
        case .add, .subtract: arithmetic(node)
        case .equal, .unequal: comparison(node)
        case .condition: condition(node)
        case .bind: binding(node)
        case .variable: read.insert(node.pointee.value.text)
        case .global where node.pointee.depth != 1: global(node)
        default: break
        }
        for child in node.children {
            // The name that is set is not read.
            if node.pointee.operation == .bind, child == node.pointee.left { continue }
            look(at: child)
        }
    }

    // MARK: - Lists

    /// Members whose value is a list or, with one item, the item itself.
    private mutating func members(_ list: NodeList) {
        var index = 1
        while index < list.count {
            let value = list[index]
            if losesList(value) {
                warn(
                    .singleItemLosesList,
                    value,
                    "with one item this gives the item, with none nothing, and no list",
                    "put it in brackets: [...]"
                )
            }
            index += 2
        }
    }

    private func losesList(_ node: NodePointer) -> Bool {
        if node.pointee.flags.contains(.keepArray) || node.pointee.flags.contains(.keepSingletonArray) { return false }
        switch node.pointee.operation {
        case .path:
            let steps = node.pointee.list
            guard steps.count > 1, node.pointee.extras?.pointee.group == nil else { return false }
            let last = steps[steps.count - 1]
            // `list.{...}`; of a single object it is meant to give one.
            return last.pointee.operation == .object && last.pointee.stages.count == 0
                && steps[0].pointee.operation == .name
                && !(steps.count == 2 && steps[0].pointee.stages.count > 0 && isSingle(steps[0]))
        case .call:
            guard let procedure = node.pointee.left, procedure.pointee.operation == .global else { return false }
            return ["map", "filter", "each"].contains(program.globalName(procedure))
        default: return false
        }
    }

    /// Whether a predicate picks one item.
    private func isSingle(_ step: NodePointer) -> Bool {
        guard let predicate = step.pointee.stages[step.pointee.stages.count - 1].pointee.right else { return false }
        return predicate.pointee.operation == .literal && predicate.pointee.value.isNumber
    }

    // MARK: - What is missing

    private mutating func arithmetic(_ node: NodePointer) {
        for operand in [node.pointee.left, node.pointee.right] {
            guard let operand, mayBeMissing(operand) else { continue }
            warn(
                .missingOperand,
                node,
                "when one side is missing the whole result is missing",
                "give a value for it: (... ?? 0)"
            )
            return
        }
    }

    private func mayBeMissing(_ node: NodePointer) -> Bool {
        switch node.pointee.operation {
        case .path: return true
        case .call:
            guard let procedure = node.pointee.left, procedure.pointee.operation == .global,
                ["sum", "max", "min", "average", "number"].contains(program.globalName(procedure)),
                node.pointee.list.count > 0
            else { return false }
            return mayBeMissing(node.pointee.list[0])
        default: return false
        }
    }

    private mutating func comparison(_ node: NodePointer) {
        for side in [node.pointee.left, node.pointee.right] {
            guard let side, side.pointee.operation == .literal, side.pointee.value.kind == .null else { continue }
            let isEqual = node.pointee.operation == .equal
            warn(
                .comparisonWithNull,
                node,
                "a missing value is not null: for it this is \(isEqual ? "false" : "false too")",
                isEqual
                    ? "also ask $not($exists(...))"
                    : "if missing values count as well, write $exists(...) and ... != null"
            )
        }
    }

    private mutating func condition(_ node: NodePointer) {
        guard let test = node.pointee.left, test.pointee.operation == .literal else { return }
        warn(
            .constantCondition,
            node,
            "the condition is always the same, so one branch is never taken",
            "remove the condition"
        )
    }

    // MARK: - Names

    private mutating func binding(_ node: NodePointer) {
        guard let target = node.pointee.left else { return }
        let name = target.pointee.value.text
        bound.append((name, Int(target.pointee.position)))
        if Builtin(rawValue: name) != nil {
            warn(
                .hiddenFunction,
                target,
                "$\(name) is a function of the library, which cannot be called any more here",
                "take another name"
            )
        }
    }

    private mutating func global(_ node: NodePointer) {
        let name = program.globalName(node)
        read.insert(name)
        if Builtin(rawValue: name) != nil || bound.contains(where: { $0.name == name }) { return }
        let known = Builtin.allCases.map(\.rawValue)
        let near = SpellingSuggestion.nearest(to: name, among: known)
        warn(
            .unknownFunction,
            node,
            "nothing here is called $\(name)",
            near.map { "did you mean $\($0)?" } ?? "set it, or hand it to the evaluation"
        )
    }
}
