/// How a library function is called: arguments are checked, then the function's own code runs.
extension Evaluator {
    func callBuiltin(_ builtin: Builtin, _ given: Arguments, _ input: Value, _ frame: FramePointer) throws(Fault)
        -> Value
    {
        var arguments = given
        do throws(Fault) {
            if let signature = BuiltinTable.shared.header(of: builtin).pointee.signature {
                if !fits(signature, given) {
                    arguments = try validate(signature, given, input, token: .undefined)
                } else if given.count < signature.pointee.count {
                    arguments = padded(given, to: signature.pointee.count)
                }
            }
            return try perform(builtin, arguments, input, frame)
        } catch {
            if state.pointee.details.token.isUndefined {
                state.pointee.details.token = BuiltinNames.shared.value(builtin)
            }
            throw error
        }
    }

    /// Whether the arguments can be used as they are, which is nearly always so.
    @inline(__always)
    private func fits(_ signature: SignaturePointer, _ arguments: Arguments) -> Bool {
        let count = signature.pointee.count
        guard arguments.count <= count else { return false }
        for index in 0..<count {
            let rule = signature.pointee.parameters[index]
            guard index < arguments.count else {
                if rule.isOptional, !rule.takesContext { continue }
                return false
            }
            let kind = ArgumentKinds(arguments[index])
            if rule.kinds.isDisjoint(with: kind) || rule.isRepeated { return false }
            if rule.wrapsIntoArray, kind != .missing {
                if kind != .array { return false }
                if rule.items.rawValue != 0, !holds(arguments[index].array, rule.items) { return false }
            }
        }
        return true
    }

    private func holds(_ array: ArrayPointer, _ kind: ArgumentKinds) -> Bool {
        if array.pointee.flags.contains(.range) { return kind == .number }
        for index in 0..<array.count where ArgumentKinds(array[item: index]) != kind { return false }
        return true
    }

    private func padded(_ arguments: Arguments, to count: Int) -> Arguments {
        let start = arena.allocate(Value.self, count: count)
        for index in 0..<count { start[index] = index < arguments.count ? arguments[index] : .undefined }
        return Arguments(start: start, count: count)
    }

    private func perform(_ builtin: Builtin, _ a: Arguments, _ input: Value, _ frame: FramePointer) throws(Fault)
        -> Value
    {
        switch builtin {
        case .string: try string(a[0], isPretty: a[1].kind == .bool && a[1].bool)
        case .lookup: try lookupCall(a[0], a[1])
        case .exists: Value(!a[0].isUndefined)
        case .not: a[0].isUndefined ? .undefined : Value(!truth(a[0]))
        case .boolean: a[0].isUndefined ? .undefined : Value(truth(a[0]))
        case .count: Value(a[0].isUndefined ? 0 : a[0].array.count)
        case .append: append(a[0], a[1])
        case .map: try map(a[0], a[1], input, frame)
        case .filter: try filterCall(a[0], a[1], input, frame)
        case .reduce: try reduce(a[0], a[1], a[2], input, frame)
        case .single: try single(a[0], a[1], input, frame)
        case .sift: try sift(a[0], a[1], input, frame)
        case .each: try each(a[0], a[1], input, frame)
        case .sort: try sortCall(a[0], a[1], input, frame)
        case .join: try join(a[0], a[1])
        case .split: try split(a[0], a[1], a[2], input, frame)
        case .replace: try replace(a, input, frame)
        case .match: try match(a[0], a[1], a[2], input, frame)
        case .contains: try contains(a[0], a[1], input, frame)
        case .substring, .substringBefore, .substringAfter, .lowercase, .uppercase, .trim, .length, .pad:
            try text(builtin, a)
        case .sum, .max, .min, .average: aggregate(builtin, a[0])
        case .number, .abs, .floor, .ceil, .round, .power, .sqrt, .random, .formatBase: try numeric(builtin, a)
        case .formatNumber, .formatInteger, .parseInteger, .toMillis, .fromMillis, .now, .millis:
            try pictured(builtin, a)
        case .base64encode, .base64decode, .encodeUrlComponent, .encodeUrl, .decodeUrlComponent, .decodeUrl:
            try encoded(builtin, a[0])
        case .reverse, .shuffle, .distinct, .zip, .keys, .spread, .merge: try collection(builtin, a)
        case .type: type(a[0])
        case .error:
            throw fail(.d3137, value: a[0].isString ? a[0] : Value("$error() function evaluated"))
        case .assert: try assert(a[0], a[1])
        case .clone: a[0].isUndefined ? .undefined : try clone(a[0], depth: 0)
        case .eval: try evalCall(a[0], a[1], input, frame)
        default: try integrate(builtin, a, input, frame)
        }
    }

    private func assert(_ condition: Value, _ message: Value) throws(Fault) -> Value {
        if condition.kind == .bool, condition.bool { return .undefined }
        throw fail(.d3141, value: message.isString ? message : Value("$assert() statement failed"))
    }

    private func type(_ value: Value) -> Value {
        switch value.kind {
        case .null: Value("null")
        case .number: Value("number")
        case .string: Value("string")
        case .bool: Value("boolean")
        case .array: Value("array")
        case .object: Value("object")
        case .function: Value("function")
        default: .undefined
        }
    }

    func string(_ value: Value, isPretty: Bool) throws(Fault) -> Value {
        switch value.kind {
        case .undefined: return .undefined
        case .string: return value.unkeyed
        case .function: return .emptyString
        default: break
        }
        var text = ByteBuilder(arena)
        if isPretty, value.isArray || value.isObject {
            try checkWritable(value, at: -1, depth: 0)
            let bytesMax = state.pointee.limits.stringBytesMax
            ValueWriter(purpose: .string, isPretty: true, bytesMax: bytesMax).write(value, to: &text)
            try checkString(bytes: text.count)
        } else if value.isArray, value.array.pointee.flags.contains(.outerWrapper) {
            return try string(value.array[item: 0], isPretty: isPretty)
        } else {
            try write(value, to: &text, at: -1)
        }
        return text.finish()
    }
}

/// The names of library functions as values.
struct BuiltinNames: @unchecked Sendable {  // Proof: written by the initialiser only.
    static let shared = BuiltinNames()
    private let names: UnsafeMutablePointer<Value>

    private init() {
        let arena = Arena(firstChunk: 16 * 1024)
        names = arena.allocate(Value.self, count: Builtin.allCases.count)
        for (index, builtin) in Builtin.allCases.enumerated() { names[index] = arena.string(builtin.rawValue) }
    }

    func value(_ builtin: Builtin) -> Value { names[Int(unsafeBitCast(builtin, to: UInt8.self))] }
}
