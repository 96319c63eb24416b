/// A top-down operator precedence parser from tokens to nodes.
///
/// Its tree is made ready to run by `TreeShaper` and `ScopeResolver`.
struct Parser {
    let arena: Arena
    let limits: SourceLimits
    private var lexer: Lexer
    private var token = Token(kind: .end, value: .undefined, end: 0)
    private var scope: ScopePointer
    private var depth = 0
    private var nodeCount = 0
    private var details = FaultDetails()
    /// The end, where an operand should have been; a bracket that is still open is the better message.
    private var missing: Token?

    init(_ source: UnsafeBufferPointer<UInt8>, arena: Arena, scope: ScopePointer, limits: SourceLimits) {
        self.arena = arena
        self.limits = limits
        self.scope = scope
        lexer = Lexer(source, arena: arena)
    }

    /// What the last failure was about.
    var failure: FaultDetails { details.position >= 0 ? details : lexer.failure }

    /// Parses the whole source.
    mutating func parse() throws(Fault) -> NodePointer {
        try advance(afterOperand: false)
        let root = try expression(0)
        if token.kind != .end { throw fail(.s0201, token) }
        if let missing { throw fail(.s0207, missing) }
        return root
    }

    // MARK: - Expressions

    private mutating func expression(_ power: Int) throws(Fault) -> NodePointer {
        depth += 1
        if depth > limits.nestingMax { throw fail(.u2004, token) }
        let first = token
        try advance(afterOperand: Parser.endsOperand(first.kind))
        var left = try operand(first)
        while power < token.kind.bindingPower {
            let infix = token
            try advance(afterOperand: false)
            left = try operation(infix, left)
        }
        depth -= 1
        return left
    }

    /// Whether the token is an operand by itself, so that a slash after it divides.
    private static func endsOperand(_ kind: TokenKind) -> Bool {
        switch kind {
        case .name, .variable, .string, .number, .constant, .regex, .and, .or, .isIn, .star, .starStar, .percent: true
        default: false
        }
    }

    private mutating func operand(_ first: Token) throws(Fault) -> NodePointer {
        switch first.kind {
        case .string: return try node(.literal, first)
        case .number: return try node(.literal, first, flags: .numberToken)
        case .constant: return try node(.literal, first, flags: .constantToken)
        case .name, .and, .or, .isIn:
            let result = try node(.name, first)
            result.pointee.value = first.value.keyed
            return result
        case .variable:
            if first.value.byteCount == 0 { return try node(.context, first) }
            return try node(.variable, first)
        case .regex:
            let result = try node(.regex, first)
            extras(of: result).pointee.regex = first.regex
            return result
        case .minus:
            let result = try node(.negate, first)
            result.pointee.left = try expression(70)
            return result
        case .star: return try node(.wildcard, first)
        case .starStar: return try node(.descendants, first)
        case .percent: return try node(.parent, first)
        case .openParen: return try block(first)
        case .openBracket: return try array(first)
        case .openBrace:
            let result = try node(.object, first)
            try members(of: result)
            return result
        case .bar: return try transform(first)
        case .end:
            missing = first
            return try node(.literal, first)
        default: throw fail(.s0211, first)
        }
    }

    private mutating func operation(_ infix: Token, _ left: NodePointer) throws(Fault) -> NodePointer {
        switch infix.kind {
        case .openParen: return try call(infix, left)
        case .openBracket: return try predicate(infix, left)
        case .openBrace:
            let result = try node(.groupBy, infix)
            result.pointee.left = left
            try members(of: result)
            return result
        case .caret: return try orderBy(infix, left)
        case .question: return try condition(infix, left)
        case .assign:
            guard left.pointee.operation == .variable else {
                details.position = Int(left.pointee.position)
                details.token = left.pointee.value.isString ? left.pointee.value.unkeyed : left.pointee.value
                throw Fault(code: .s0212)
            }
            let result = try node(.bind, infix)
            if scope.pointee.names.slot(of: left.pointee.value) < 0 {
                scope.pointee.names.append(left.pointee.value, in: arena)
            }
            result.pointee.left = left
            result.pointee.right = try expression(infix.kind.bindingPower - 1)
            return result
        case .at, .hash:
            let result = try node(infix.kind == .at ? .focusBind : .indexBind, infix)
            let right = try expression(infix.kind.bindingPower)
            guard right.pointee.operation == .variable else {
                details.position = Int(right.pointee.position)
                details.token = infix.value
                throw Fault(code: .s0214)
            }
            result.pointee.left = left
            result.pointee.right = right
            return result
        default:
            guard let operation = Parser.binary(infix.kind) else { throw fail(.s0201, infix) }
            let result = try node(operation, infix)
            result.pointee.left = left
            // What stands in for a missing value reaches to the end, as after `? :`.
            let reachesToEnd = infix.kind == .elvis || infix.kind == .coalesce
            result.pointee.right = try expression(reachesToEnd ? 0 : infix.kind.bindingPower)
            return result
        }
    }

    private static func binary(_ kind: TokenKind) -> Operation? {
        switch kind {
        case .dot: .dot
        case .plus: .add
        case .minus: .subtract
        case .star: .multiply
        case .slash: .divide
        case .percent: .remainder
        case .equal: .equal
        case .notEqual: .unequal
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .and: .and
        case .or: .or
        case .isIn: .isIn
        case .ampersand: .concatenate
        case .apply: .apply
        case .elvis: .defaultTo
        case .coalesce: .coalesce
        default: nil
        }
    }

    // MARK: - Forms with brackets

    private mutating func block(_ first: Token) throws(Fault) -> NodePointer {
        let result = try node(.block, first)
        let outer = openScope(of: result)
        while token.kind != .closeParen {
            let item = try expression(0)
            result.pointee.list.append(item, in: arena)
            if token.kind != .semicolon { break }
            try advance(afterOperand: false)
        }
        try expect(.closeParen, afterOperand: true)
        scope = outer
        return result
    }

    private mutating func array(_ first: Token) throws(Fault) -> NodePointer {
        let result = try node(.array, first)
        if token.kind != .closeBracket {
            while true {
                var item = try expression(0)
                if token.kind == .dotDot {
                    let range = try node(.range, token)
                    try advance(afterOperand: false)
                    range.pointee.left = item
                    range.pointee.right = try expression(0)
                    item = range
                }
                result.pointee.list.append(item, in: arena)
                if token.kind != .comma { break }
                try advance(afterOperand: false)
            }
        }
        try expect(.closeBracket, afterOperand: true)
        return result
    }

    private mutating func members(of result: NodePointer) throws(Fault) {
        if token.kind != .closeBrace {
            while true {
                let key = try expression(0)
                try expect(.colon, afterOperand: false)
                let value = try expression(0)
                result.pointee.list.append(key, in: arena)
                result.pointee.list.append(value, in: arena)
                if token.kind != .comma { break }
                try advance(afterOperand: false)
            }
        }
        try expect(.closeBrace, afterOperand: true)
    }

    private mutating func predicate(_ infix: Token, _ left: NodePointer) throws(Fault) -> NodePointer {
        if token.kind == .closeBracket {
            // An empty predicate keeps a singleton as an array.
            var step = left
            while step.pointee.operation == .filter, let inner = step.pointee.left { step = inner }
            step.pointee.flags.insert(.keepArray)
            try expect(.closeBracket, afterOperand: true)
            return left
        }
        let result = try node(.filter, infix)
        result.pointee.left = left
        result.pointee.right = try expression(0)
        try expect(.closeBracket, afterOperand: true)
        return result
    }

    private mutating func orderBy(_ infix: Token, _ left: NodePointer) throws(Fault) -> NodePointer {
        let result = try node(.orderBy, infix)
        result.pointee.left = left
        try expect(.openParen, afterOperand: false)
        while true {
            let term = try node(.placeholder, token)
            if token.kind == .less {
                try advance(afterOperand: false)
            } else if token.kind == .greater {
                term.pointee.flags.insert(.descending)
                try advance(afterOperand: false)
            }
            term.pointee.left = try expression(0)
            result.pointee.list.append(term, in: arena)
            if token.kind != .comma { break }
            try advance(afterOperand: false)
        }
        try expect(.closeParen, afterOperand: true)
        return result
    }

    private mutating func condition(_ infix: Token, _ left: NodePointer) throws(Fault) -> NodePointer {
        let result = try node(.condition, infix)
        result.pointee.left = left
        result.pointee.right = try expression(0)
        if token.kind == .colon {
            try advance(afterOperand: false)
            result.pointee.third = try expression(0)
        }
        return result
    }

    private mutating func transform(_ first: Token) throws(Fault) -> NodePointer {
        let result = try node(.transform, first)
        result.pointee.left = try expression(0)
        try expect(.bar, afterOperand: false)
        result.pointee.right = try expression(0)
        if token.kind == .comma {
            try advance(afterOperand: false)
            result.pointee.third = try expression(0)
        }
        try expect(.bar, afterOperand: true)
        return result
    }

    private mutating func call(_ infix: Token, _ left: NodePointer) throws(Fault) -> NodePointer {
        let result = try node(.call, infix)
        result.pointee.left = left
        if token.kind != .closeParen {
            while true {
                if token.kind == .question {
                    result.pointee.operation = .partial
                    result.pointee.list.append(try node(.placeholder, token), in: arena)
                    try advance(afterOperand: true)
                } else {
                    result.pointee.list.append(try expression(0), in: arena)
                }
                if token.kind != .comma { break }
                try advance(afterOperand: false)
            }
        }
        try expect(.closeParen, afterOperand: true)
        if left.pointee.operation == .name, Parser.isLambdaWord(left.pointee.value) {
            try lambda(result)
        }
        return result
    }

    private static func isLambdaWord(_ name: Value) -> Bool {
        equalText(name, Value("function")) || equalText(name, Value("λ"))
    }

    private mutating func lambda(_ result: NodePointer) throws(Fault) {
        result.pointee.operation = .lambda
        result.pointee.left = nil
        let outer = openScope(of: result)
        for index in 0..<result.pointee.list.count {
            let parameter = result.pointee.list[index]
            guard parameter.pointee.operation == .variable || parameter.pointee.operation == .context else {
                details.position = Int(parameter.pointee.position)
                details.token = parameter.pointee.value
                details.value = Value(index + 1)
                throw Fault(code: .s0208)
            }
            scope.pointee.names.append(parameter.pointee.value.keyed, in: arena)
        }
        scope.pointee.boundCount = Int32(result.pointee.list.count)
        if token.kind == .less { try signature(of: result) }
        try expect(.openBrace, afterOperand: false)
        result.pointee.right = try expression(0)
        try expect(.closeBrace, afterOperand: true)
        scope = outer
    }

    private mutating func signature(of lambda: NodePointer) throws(Fault) {
        let start = token.end - 1
        var nesting = 1
        while nesting > 0, token.kind != .openBrace, token.kind != .end {
            try advance(afterOperand: true)
            if token.kind == .greater { nesting -= 1 } else if token.kind == .less { nesting += 1 }
        }
        let end = token.end
        try expect(.greater, afterOperand: true)
        let text = UnsafeBufferPointer(rebasing: lexer.source[start..<max(start, end)])
        switch Signature.parse(text, arena) {
        case .signature(let signature): extras(of: lambda).pointee.signature = signature
        case .failure(let code, let offset):
            details.position = offset
            throw Fault(code: code)
        }
    }

    // MARK: - Tokens and nodes

    private mutating func advance(afterOperand: Bool) throws(Fault) {
        token = try lexer.next(afterOperand: afterOperand)
    }

    private mutating func expect(_ kind: TokenKind, afterOperand: Bool) throws(Fault) {
        guard token.kind == kind else {
            details.value = Value(kind.text)
            throw fail(token.kind == .end ? .s0203 : .s0202, token)
        }
        try advance(afterOperand: afterOperand)
    }

    private mutating func node(_ operation: Operation, _ token: Token, flags: NodeFlags = []) throws(Fault)
        -> NodePointer
    {
        nodeCount += 1
        if nodeCount > limits.nodesMax { throw fail(.u2004, token) }
        let pointer = arena.allocate(Node.self, count: 1)
        pointer.initialize(to: Node(operation: operation, flags: flags, position: Int32(token.end), value: token.value))
        return pointer
    }

    private mutating func openScope(of node: NodePointer) -> ScopePointer {
        let outer = scope
        scope = arena.allocate(Scope.self, count: 1)
        scope.initialize(to: Scope(parent: outer))
        extras(of: node).pointee.scope = scope
        return outer
    }

    private func extras(of node: NodePointer) -> UnsafeMutablePointer<NodeExtras> {
        node.extras(in: arena)
    }

    private mutating func fail(_ code: FaultCode, _ token: Token) -> Fault {
        details.position = token.end
        details.token = token.value
        return Fault(code: code)
    }
}

extension NodePointer {
    /// The extras of this node, made when there are none yet.
    func extras(in arena: Arena) -> UnsafeMutablePointer<NodeExtras> {
        if let extras = pointee.extras { return extras }
        let extras = arena.allocate(NodeExtras.self, count: 1)
        extras.initialize(to: NodeExtras())
        pointee.extras = extras
        return extras
    }
}
