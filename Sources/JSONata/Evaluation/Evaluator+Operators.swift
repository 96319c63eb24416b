/// Arithmetic, comparison, logic and the other operators.
extension Evaluator {
    private func token(_ node: NodePointer) -> Value { node.pointee.value }

    func checkFinite(_ number: Double) throws(Fault) {
        if !number.isFinite, !number.isNaN { throw fail(.d1001, value: Value(number)) }
    }

    /// Whether a value is a number that can be calculated with.
    @inline(__always)
    func isNumeric(_ value: Value) throws(Fault) -> Bool {
        guard value.kind == .number else { return false }
        if value.number.isFinite { return true }
        try checkFinite(value.number)
        return false
    }

    func arithmetic(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let leftNode = node.pointee.left, let rightNode = node.pointee.right else { return .undefined }
        let left = try evaluate(leftNode, input, frame)
        let right = try evaluate(rightNode, input, frame)
        if left.kind == .number, right.kind == .number, left.number.isFinite, right.number.isFinite {
            let a = left.number
            let b = right.number
            switch node.pointee.operation {
            case .add: return Value(a + b)
            case .subtract: return Value(a - b)
            case .multiply: return Value(a * b)
            case .divide: return Value(a / b)
            default: return Value(a.truncatingRemainder(dividingBy: b))
            }
        }
        return try rareArithmetic(node, left, right)
    }

    @inline(never)
    private func rareArithmetic(_ node: NodePointer, _ left: Value, _ right: Value) throws(Fault) -> Value {
        for (value, code) in [(left, FaultCode.t2001), (right, .t2002)] where !value.isUndefined {
            if value.kind != .number || value.number.isNaN {
                throw fail(code, at: node.pointee.position, token: token(node), value: value)
            }
            if !value.number.isFinite {
                throw fail(.d1001, at: node.pointee.position, token: token(node), value: value)
            }
        }
        return .undefined
    }

    func negation(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let operand = node.pointee.left else { return .undefined }
        let value = try evaluate(operand, input, frame)
        if value.isUndefined { return .undefined }
        guard try isNumeric(value) else {
            throw fail(.d1002, at: node.pointee.position, token: token(node), value: value)
        }
        return Value(-value.number)
    }

    func equality(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let leftNode = node.pointee.left, let rightNode = node.pointee.right else { return .undefined }
        let left = try evaluate(leftNode, input, frame)
        let right = try evaluate(rightNode, input, frame)
        if left.isUndefined || right.isUndefined { return Value(false) }
        let equal = try isEqual(left, right)
        return Value(equal == (node.pointee.operation == .equal))
    }

    /// Deep equality; functions equal themselves only.
    func isEqual(_ left: Value, _ right: Value) throws(Fault) -> Bool {
        guard left.kind == right.kind else { return false }
        switch left.kind {
        case .number: return left.number == right.number
        case .string: return equalText(left, right)
        case .bool: return left.bool == right.bool
        case .array:
            let a = left.array
            let b = right.array
            if a == b { return true }
            guard a.count == b.count else { return false }
            try spend(a.count)
            for index in 0..<a.count where !(try isEqual(a[item: index], b[item: index])) { return false }
            return true
        case .object:
            let a = left.object
            let b = right.object
            if a == b { return true }
            guard a.count == b.count else { return false }
            try spend(a.count)
            for index in 0..<a.count {
                let entry = a[entry: index]
                let other = b.find(entry.key)
                guard other >= 0, try isEqual(entry.value, b[entry: other].value) else { return false }
            }
            return true
        case .function: return left.payload == right.payload
        default: return true
        }
    }

    func comparison(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let leftNode = node.pointee.left, let rightNode = node.pointee.right else { return .undefined }
        let left = try evaluate(leftNode, input, frame)
        let right = try evaluate(rightNode, input, frame)
        let order: Int
        if left.kind == .number, right.kind == .number {
            let a = left.number
            let b = right.number
            switch node.pointee.operation {
            case .less: return Value(a < b)
            case .lessOrEqual: return Value(a <= b)
            case .greater: return Value(a > b)
            default: return Value(a >= b)
            }
        } else if left.kind == .string, right.kind == .string {
            order = compareText(left, right)
        } else {
            let comparable: [Kind] = [.undefined, .number, .string]
            if !comparable.contains(left.kind) || !comparable.contains(right.kind) {
                let culprit = comparable.contains(left.kind) ? right : left
                throw fail(.t2010, at: node.pointee.position, token: token(node), value: culprit)
            }
            if left.isUndefined || right.isUndefined { return .undefined }
            throw fail(.t2009, at: node.pointee.position, token: token(node), value: left, second: right)
        }
        switch node.pointee.operation {
        case .less: return Value(order < 0)
        case .lessOrEqual: return Value(order <= 0)
        case .greater: return Value(order > 0)
        default: return Value(order >= 0)
        }
    }

    func logical(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let leftNode = node.pointee.left, let rightNode = node.pointee.right else { return .undefined }
        let left = truth(try evaluate(leftNode, input, frame))
        if left == (node.pointee.operation == .or) { return Value(left) }
        return Value(truth(try evaluate(rightNode, input, frame)))
    }

    /// What a value counts as in a condition.
    func truth(_ value: Value) -> Bool {
        switch value.kind {
        case .bool: return value.bool
        case .string: return value.byteCount > 0
        case .number: return value.number != 0 && !value.number.isNaN
        case .object: return value.object.count > 0
        case .array:
            let array = value.array
            for index in 0..<array.count where truth(array[item: index]) { return true }
            return false
        default: return false
        }
    }

    func inclusion(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let leftNode = node.pointee.left, let rightNode = node.pointee.right else { return .undefined }
        let left = try evaluate(leftNode, input, frame)
        let right = try evaluate(rightNode, input, frame)
        if left.isUndefined || right.isUndefined { return Value(false) }
        guard right.kind == .array else { return Value(isSame(left, right)) }
        let array = right.array
        try spend(array.count >> 2)
        for index in 0..<array.count where isSame(left, array[item: index]) { return Value(true) }
        return Value(false)
    }

    /// Equality as `in` knows it: arrays and objects equal themselves only.
    @inline(__always)
    private func isSame(_ left: Value, _ right: Value) -> Bool {
        guard left.kind == right.kind else { return false }
        switch left.kind {
        case .string: return equalText(left, right)
        case .number: return left.number == right.number
        case .null: return true
        default: return left.payload == right.payload
        }
    }

    func range(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let leftNode = node.pointee.left, let rightNode = node.pointee.right else { return .undefined }
        let left = try evaluate(leftNode, input, frame)
        let right = try evaluate(rightNode, input, frame)
        for (value, code) in [(left, FaultCode.t2003), (right, .t2004)] where !value.isUndefined {
            let isInteger =
                value.kind == .number && value.number.isFinite && value.number == value.number.rounded(.down)
            guard isInteger else { throw fail(code, at: node.pointee.position, token: token(node), value: value) }
        }
        if left.isUndefined || right.isUndefined { return .undefined }
        let size = right.number - left.number + 1
        if size <= 0 { return .undefined }
        if size > Double(state.pointee.limits.sequenceMax) {
            throw fail(.d2014, at: node.pointee.position, token: token(node), value: Value(size))
        }
        return Value(arena.range(from: left.number, count: Int(size)))
    }

    func concatenation(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        var text = ByteBuilder(arena)
        let list = node.pointee.list
        var isKnownASCII = true
        for index in 0..<list.count {
            let part = try evaluate(list[index], input, frame)
            if part.kind == .string {
                try checkString(bytes: text.count + part.byteCount)
                text.append(part)
                if !part.isKnownASCII { isKnownASCII = false }
            } else if !part.isUndefined {
                isKnownASCII = false
                try write(part, to: &text, at: node.pointee.position)
            }
        }
        var result = text.finish()
        if isKnownASCII { result.word |= Value.asciiFlag }
        return result
    }

    func condition(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let test = node.pointee.left, let then = node.pointee.right else { return .undefined }
        if truth(try evaluate(test, input, frame)) { return try evaluate(then, input, frame) }
        guard let otherwise = node.pointee.third else { return .undefined }
        return try evaluate(otherwise, input, frame)
    }

    /// `a ?: b` and `a ??.
    ///
    /// b`.
    func alternative(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let first = node.pointee.left, let second = node.pointee.right else { return .undefined }
        let value = try evaluate(first, input, frame)
        let suffices = node.pointee.operation == .coalesce ? !value.isUndefined : truth(value)
        return suffices ? value : try evaluate(second, input, frame)
    }

    func block(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        var inner = frame
        if let scope = node.pointee.extras?.pointee.scope { inner = arena.frame(parent: frame, scope: scope) }
        let list = node.pointee.list
        var result: Value = .undefined
        for index in 0..<list.count { result = try evaluate(list[index], input, inner) }
        return result
    }

    func bind(_ node: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        guard let target = node.pointee.left, let expression = node.pointee.right else { return .undefined }
        let value = try evaluate(expression, input, frame)
        var current = frame
        var depth = target.pointee.depth
        while depth > 0, let parent = current.pointee.parent {
            current = parent
            depth -= 1
        }
        if target.pointee.slot >= 0 { current.slots[Int(target.pointee.slot)] = value }
        return value
    }
}
