extension JSONataExpression {
    /// The compiled program as text: a line for each operation with its place in the source, where its variables live and
    /// what was found out about it; then the fields of the input that it reads.
    package var explanation: String {
        var lines: [String] = []
        describe(program.root, depth: 0, prefix: "", into: &lines)
        lines.append("")
        if let reads = program.reads {
            lines.append("reads:")
            describe(reads, depth: 1, into: &lines)
        } else {
            lines.append("reads: the whole input")
        }
        return lines.joined(separator: "\n")
    }

    private func describe(_ node: NodePointer, depth: Int, prefix: String, into lines: inout [String]) {
        var line = String(repeating: "  ", count: depth) + prefix + "\(node.pointee.operation)"
        let value = node.pointee.value
        switch node.pointee.operation {
        case .literal:
            line += " " + (value.isString ? "\"\(value.text)\"" : ValueText.text(value))
        case .name: line += " " + value.text
        case .variable: line += " $\(value.text) (frame \(node.pointee.depth), slot \(node.pointee.slot))"
        case .global: line += " $\(program.globalName(node))"
        default: break
        }
        var facts: [String] = []
        let flags = node.pointee.flags
        if flags.contains(.plainNames) { facts.append("names only") }
        if flags.contains(.literalKeys) { facts.append("fixed keys") }
        if flags.contains(.keepArray) || flags.contains(.keepSingletonArray) { facts.append("stays a list") }
        if flags.contains(.tail) { facts.append("tail call") }
        if flags.contains(.tuple) { facts.append("carries bindings") }
        if node.isConstantList { facts.append("constant") }
        if !facts.isEmpty { line += "  [" + facts.joined(separator: ", ") + "]" }
        if node.pointee.position > 0 { line += "  @\(node.pointee.position)" }
        lines.append(line)
        let isBinding = node.pointee.operation == .bind
        if let left = node.pointee.left, node.pointee.operation != .variable {
            describe(left, depth: depth + 1, prefix: isBinding ? "name " : "", into: &lines)
        }
        if node.pointee.operation != .variable {
            for child in [node.pointee.right, node.pointee.third] {
                if let child { describe(child, depth: depth + 1, prefix: "", into: &lines) }
            }
        }
        for index in 0..<node.pointee.list.count {
            describe(node.pointee.list[index], depth: depth + 1, prefix: "", into: &lines)
        }
        for index in 0..<node.pointee.stages.count {
            if let predicate = node.pointee.stages[index].pointee.right {
                describe(predicate, depth: depth + 1, prefix: "where ", into: &lines)
            }
        }
        if let group = node.pointee.extras?.pointee.group {
            describe(group, depth: depth + 1, prefix: "group ", into: &lines)
        }
    }

    private func describe(_ field: ReadFieldPointer, depth: Int, into lines: inout [String]) {
        var fields: [ReadFieldPointer] = []
        var next = field.pointee.first
        while let current = next {
            fields.append(current)
            next = current.pointee.next
        }
        for field in fields.reversed() {
            let name = field.pointee.name.text
            lines.append(String(repeating: "  ", count: depth) + name + (field.pointee.isWhole ? "" : " (in part)"))
            if !field.pointee.isWhole { describe(field, depth: depth + 1, into: &lines) }
        }
    }
}

/// Values in explanations.
private enum ValueText {
    static func text(_ value: Value) -> String {
        switch value.kind {
        case .number: NumberText.text(value.number)
        case .bool: value.bool ? "true" : "false"
        case .null: "null"
        default: ""
        }
    }
}
