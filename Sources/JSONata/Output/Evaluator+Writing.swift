import JSONValue

/// Evaluating straight into text, as a ``WritingPlan`` says.
extension Evaluator {
    /// What became of a part.
    enum Written {
        /// It stands in the output.
        case value
        /// It has no value; the output is as it was.
        case nothing
        /// It is too large or nests too deep; the output holds a piece of it.
        case tooLarge
        /// The record has no identifier; the output holds a piece of it.
        case withoutID
    }

    /// Writes what a program gives for an input.
    func write(
        _ program: Program,
        _ plan: WritingPlan,
        _ input: Value,
        _ writer: FormWriter,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) throws(JSONataError) -> Written {
        let frame = begin(program, input)
        do throws(Fault) {
            var root = plan.root
            return try write(&root, input, frame, 0, writer, &output, &owner)
        } catch {
            throw JSONataError(error, state.pointee.details, source: program.source)
        }
    }

    private func write(
        _ part: UnsafeMutablePointer<WritingPlan.Part>,
        _ input: Value,
        _ frame: FramePointer,
        _ depth: Int,
        _ writer: FormWriter,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) throws(Fault) -> Written {
        if part.pointee.step == .value {
            let value = try evaluate(part.pointee.node, input, frame)
            if value.isUndefined || value.isFunction { return .nothing }
            return writer.write(value, Int(part.pointee.form), depth: depth, &output, &owner) ? .value : .tooLarge
        }
        try enter()
        defer { state.pointee.depth &-= 1 }
        guard let parts = part.pointee.parts else { return .nothing }
        let node = part.pointee.node
        switch part.pointee.step {
        case .value, .constant: return .nothing
        case .object: return try object(part, input, frame, depth, writer, &output, &owner)
        case .list: return try list(part, input, frame, depth, writer, &output, &owner)
        case .condition:
            guard let test = node.pointee.left else { return .nothing }
            let chosen = truth(try evaluate(test, input, frame)) ? 0 : 1
            guard chosen < part.pointee.count else { return .nothing }
            return try write(parts + chosen, input, frame, depth, writer, &output, &owner)
        case .names:
            let steps = node.pointee.list
            let isVariable = steps[0].pointee.operation == .variable
            var current = isVariable ? try evaluate(steps[0], input, frame) : input
            for index in (isVariable ? 1 : 0)..<steps.count - 1 where current.kind == .object {
                current = member(steps[index], of: current.object)
            }
            if current.kind == .object {
                return try write(parts, current, frame, depth, writer, &output, &owner)
            }
            // Lists on the way, or nothing at all: the path's own rules.
            let value = try evaluate(node, input, frame)
            if value.isUndefined || value.isFunction { return .nothing }
            if depth == 0 {
                guard value.isObject else { return .nothing }
                guard writer.hasID(value.object) else { return .withoutID }
            }
            return writer.write(value, Int(part.pointee.form), depth: depth, &output, &owner) ? .value : .tooLarge
        case .block:
            var inner = frame
            if let scope = node.pointee.extras?.pointee.scope { inner = arena.frame(parent: frame, scope: scope) }
            for index in 0..<node.pointee.list.count - 1 {
                _ = try evaluate(node.pointee.list[index], input, inner)
            }
            return try write(parts, input, inner, depth, writer, &output, &owner)
        }
    }

    private func object(
        _ part: UnsafeMutablePointer<WritingPlan.Part>,
        _ input: Value,
        _ frame: FramePointer,
        _ depth: Int,
        _ writer: FormWriter,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) throws(Fault) -> Written {
        let start = output.count
        var separator = UInt8(ascii: "{")
        var hasID = false
        guard let members = part.pointee.parts else { return .nothing }
        for index in 0..<part.pointee.count {
            let member = members + index
            if member.pointee.step == .value {
                let value = try evaluate(member.pointee.node, input, frame)
                if value.isUndefined || value.isFunction { continue }
                if member.pointee.isID { hasID = FormWriter.isID(value) }
                if member.pointee.isNoted { owner.note(writer.view(value), node: Int(member.pointee.form)) }
                if member.pointee.isOmitted { continue }
                output.put(separator, member.pointee.label)
                separator = UInt8(ascii: ",")
                writer.path[depth] = member.pointee.key
                guard writer.write(value, Int(member.pointee.form), depth: depth + 1, &output, &owner) else {
                    return .tooLarge
                }
                continue
            }
            let before = output.count
            output.put(separator, member.pointee.label)
            if member.pointee.step == .constant {
                separator = UInt8(ascii: ",")
                continue
            }
            writer.path[depth] = member.pointee.key
            switch try write(member, input, frame, depth + 1, writer, &output, &owner) {
            case .value: separator = UInt8(ascii: ",")
            case .nothing: output.truncate(to: before)
            case .tooLarge: return .tooLarge
            case .withoutID: return .withoutID
            }
        }
        if separator == UInt8(ascii: "{") { output.put(separator) }
        output.put(UInt8(ascii: "}"))
        guard output.count <= FormWriter.bytesMax else { return .tooLarge }
        if hasID { return .value }
        // A record without an identifier is none; a reference without one is null.
        if depth == 0 { return .withoutID }
        if part.pointee.needsID {
            output.truncate(to: start)
            output.put("null")
        }
        return .value
    }

    private func list(
        _ part: UnsafeMutablePointer<WritingPlan.Part>,
        _ input: Value,
        _ frame: FramePointer,
        _ depth: Int,
        _ writer: FormWriter,
        _ output: inout JSONByteWriter,
        _ owner: inout some JSONataFormOwner
    ) throws(Fault) -> Written {
        guard let items = part.pointee.parts else { return .nothing }
        output.put(UInt8(ascii: "["))
        var count = 0
        for index in 0..<part.pointee.count {
            let item = items + index
            writer.path[depth] = Value(count)
            if item.pointee.step != .value {
                let before = output.count
                if count > 0 { output.put(UInt8(ascii: ",")) }
                let start = output.count
                switch try write(item, input, frame, depth + 1, writer, &output, &owner) {
                case .value where writer.isNull(from: start, Int(item.pointee.form), output):
                    output.truncate(to: before)
                case .value: count += 1
                case .nothing: output.truncate(to: before)
                case .tooLarge: return .tooLarge
                case .withoutID: return .withoutID
                }
                continue
            }
            let value = try evaluate(item.pointee.node, input, frame)
            if value.isUndefined { continue }
            let isOne = value.kind != .array || item.pointee.node.pointee.operation == .array
            if !isOne { try spend(value.array.count >> 4) }
            for position in 0..<(isOne ? 1 : value.array.count) {
                let before = output.count
                if count > 0 { output.put(UInt8(ascii: ",")) }
                let start = output.count
                writer.path[depth] = Value(count)
                let one = isOne ? value : value.array[item: position]
                guard output.count <= FormWriter.bytesMax,
                    writer.write(one, Int(item.pointee.form), depth: depth + 1, &output, &owner)
                else { return .tooLarge }
                if writer.isNull(from: start, Int(item.pointee.form), output) {
                    output.truncate(to: before)
                } else {
                    count += 1
                }
            }
        }
        output.put(UInt8(ascii: "]"))
        return .value
    }
}
