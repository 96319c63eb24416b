/// The kinds of argument a parameter takes, one bit per symbol of the signature language.
struct ArgumentKinds: OptionSet, BitwiseCopyable {
    let rawValue: UInt16
    static let string = ArgumentKinds(rawValue: 1)
    static let number = ArgumentKinds(rawValue: 2)
    static let bool = ArgumentKinds(rawValue: 4)
    static let null = ArgumentKinds(rawValue: 8)
    static let object = ArgumentKinds(rawValue: 16)
    static let array = ArgumentKinds(rawValue: 32)
    static let function = ArgumentKinds(rawValue: 64)
    static let missing = ArgumentKinds(rawValue: 128)
    static let json: ArgumentKinds = [.array, .string, .number, .bool, .null, .object]
    static let any: ArgumentKinds = [.json, .function]

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The kind of a value.
    @inline(__always)
    init(_ value: Value) {
        switch value.kind {
        case .string: self = .string
        case .number: self = .number
        case .bool: self = .bool
        case .null: self = .null
        case .object: self = .object
        case .array: self = .array
        case .function: self = .function
        default: self = .missing
        }
    }

    init?(symbol: UInt8) {
        switch symbol {
        case UInt8(ascii: "s"): self = .string
        case UInt8(ascii: "n"): self = .number
        case UInt8(ascii: "b"): self = .bool
        case UInt8(ascii: "l"): self = .null
        case UInt8(ascii: "o"): self = .object
        case UInt8(ascii: "a"): self = .array
        case UInt8(ascii: "f"): self = .function
        case UInt8(ascii: "m"): self = .missing
        default: return nil
        }
    }
}

/// One parameter of a signature.
struct SignatureParameter: BitwiseCopyable {
    var kinds: ArgumentKinds
    /// `a`: a value that is no array is put into one.
    var wrapsIntoArray = false
    /// `?` or `-`.
    var isOptional = false
    /// `+`.
    var isRepeated = false
    /// `-`: the context stands in for a missing argument.
    var takesContext = false
    /// What an array must hold: the first symbol inside `<...>`.
    var items: ArgumentKinds = []
    /// The text inside `<...>`.
    var itemText: Value = .undefined
}

/// A function's signature, `<s-n?:s>`.
struct Signature: BitwiseCopyable {
    var parameters: UnsafeMutablePointer<SignatureParameter>
    var count: Int

    enum Outcome {
        case signature(SignaturePointer)
        case failure(FaultCode, Int)
    }

    /// Reads a signature, from `<` to `>`.
    static func parse(_ text: UnsafeBufferPointer<UInt8>, _ arena: Arena) -> Outcome {
        var parameters: [SignatureParameter] = []
        var offset = 1
        scan: while offset < text.count {
            let symbol = text[offset]
            switch symbol {
            case UInt8(ascii: ":"), UInt8(ascii: ">"): break scan
            case UInt8(ascii: "s"), UInt8(ascii: "n"), UInt8(ascii: "b"), UInt8(ascii: "l"), UInt8(ascii: "o"):
                parameters.append(SignatureParameter(kinds: [ArgumentKinds(symbol: symbol) ?? [], .missing]))
            case UInt8(ascii: "a"):
                parameters.append(SignatureParameter(kinds: [.any, .missing], wrapsIntoArray: true))
            case UInt8(ascii: "f"): parameters.append(SignatureParameter(kinds: .function))
            case UInt8(ascii: "j"): parameters.append(SignatureParameter(kinds: [.json, .missing]))
            case UInt8(ascii: "x"): parameters.append(SignatureParameter(kinds: [.any, .missing]))
            case UInt8(ascii: "-"):
                if !parameters.isEmpty {
                    parameters[parameters.count - 1].takesContext = true
                    parameters[parameters.count - 1].isOptional = true
                }
            case UInt8(ascii: "?"): if !parameters.isEmpty { parameters[parameters.count - 1].isOptional = true }
            case UInt8(ascii: "+"): if !parameters.isEmpty { parameters[parameters.count - 1].isRepeated = true }
            case UInt8(ascii: "("):
                guard let end = closing(text, offset, open: symbol, close: UInt8(ascii: ")")) else { break scan }
                var kinds: ArgumentKinds = .missing
                for index in (offset + 1)..<end {
                    if text[index] == UInt8(ascii: "<") { return .failure(.s0402, offset) }
                    switch text[index] {
                    case UInt8(ascii: "x"): kinds.formUnion(.any)
                    case UInt8(ascii: "j"): kinds.formUnion(.json)
                    default: kinds.formUnion(ArgumentKinds(symbol: text[index]) ?? [])
                    }
                }
                parameters.append(SignatureParameter(kinds: kinds))
                offset = end
            case UInt8(ascii: "<"):
                guard let last = parameters.last, last.wrapsIntoArray || last.kinds == .function else {
                    return .failure(.s0401, offset)
                }
                guard let end = closing(text, offset, open: symbol, close: UInt8(ascii: ">")) else { break scan }
                let inner = UnsafeBufferPointer(rebasing: text[(offset + 1)..<end])
                if last.wrapsIntoArray {
                    parameters[parameters.count - 1].items = inner.first.flatMap(ArgumentKinds.init(symbol:)) ?? []
                    parameters[parameters.count - 1].itemText = arena.string(copying: inner)
                }
                offset = end
            default: break
            }
            offset += 1
        }
        let stored = arena.allocate(SignatureParameter.self, count: parameters.count)
        for index in parameters.indices { stored[index] = parameters[index] }
        let signature = arena.allocate(Signature.self, count: 1)
        signature.initialize(to: Signature(parameters: stored, count: parameters.count))
        return .signature(signature)
    }

    private static func closing(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, open: UInt8, close: UInt8) -> Int? {
        var depth = 0
        for index in start..<text.count {
            if text[index] == open { depth += 1 } else if text[index] == close { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// Which argument each parameter takes: fills `taken` with counts per parameter, or says where it fails.
    func match(_ arguments: UnsafeBufferPointer<Value>, _ taken: inout [Int]) -> Bool {
        match(arguments, parameter: 0, argument: 0, &taken)
    }

    private func match(_ arguments: UnsafeBufferPointer<Value>, parameter: Int, argument: Int, _ taken: inout [Int])
        -> Bool
    {
        if parameter == count { return argument == arguments.count }
        let rule = parameters[parameter]
        var longest = 0
        let most = rule.isRepeated ? arguments.count : 1
        while longest < most, argument + longest < arguments.count,
            !rule.kinds.isDisjoint(with: ArgumentKinds(arguments[argument + longest]))
        {
            longest += 1
        }
        var count = longest
        while count >= (rule.isOptional ? 0 : 1) {
            taken[parameter] = count
            if match(arguments, parameter: parameter + 1, argument: argument + count, &taken) { return true }
            count -= 1
        }
        return false
    }

    /// How many arguments fit before the first that does not.
    func goodArguments(_ arguments: UnsafeBufferPointer<Value>) -> Int {
        var good = 0
        for limit in 1...max(1, count) where limit <= count {
            let prefix = Signature(parameters: parameters, count: limit)
            guard let length = prefix.prefixMatch(arguments, parameter: 0, argument: 0) else { return good }
            good = length
        }
        return good
    }

    private func prefixMatch(_ arguments: UnsafeBufferPointer<Value>, parameter: Int, argument: Int) -> Int? {
        if parameter == count { return argument }
        let rule = parameters[parameter]
        var longest = 0
        let most = rule.isRepeated ? arguments.count : 1
        while longest < most, argument + longest < arguments.count,
            !rule.kinds.isDisjoint(with: ArgumentKinds(arguments[argument + longest]))
        {
            longest += 1
        }
        var count = longest
        while count >= (rule.isOptional ? 0 : 1) {
            if let end = prefixMatch(arguments, parameter: parameter + 1, argument: argument + count) { return end }
            count -= 1
        }
        return nil
    }
}

typealias SignaturePointer = UnsafeMutablePointer<Signature>
