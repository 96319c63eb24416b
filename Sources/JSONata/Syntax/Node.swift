/// What a node of a compiled expression does.
enum Operation: UInt8, BitwiseCopyable {
    // Leaves
    case literal, name, variable, context, global, wildcard, descendants, parent, regex, placeholder, tokenName
    // Operators that exist only between parser and resolver
    case dot, filter, groupBy, orderBy, focusBind, indexBind
    // Operators
    case add, subtract, multiply, divide, remainder
    case equal, unequal, less, lessOrEqual, greater, greaterOrEqual
    case and, or, isIn, concatenate, range
    case negate, array, object, bind, apply, condition, defaultTo, coalesce
    case block, path, sort, call, partial, lambda, transform
}

/// Facts about a node that the evaluator tests together.
struct NodeFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt32
    /// `[]` follows: the result stays an array.
    static let keepArray = NodeFlags(rawValue: 1)
    /// A path with a step that keeps arrays.
    static let keepSingletonArray = NodeFlags(rawValue: 2)
    /// An array constructor at the start or end of a path.
    static let constructsArray = NodeFlags(rawValue: 4)
    /// The step, block or path carries tuples.
    static let tuple = NodeFlags(rawValue: 8)
    /// A call whose result is the result of the enclosing lambda.
    static let tail = NodeFlags(rawValue: 16)
    /// There are predicates, a group or a keep-array mark to apply after the operation.
    static let suffixed = NodeFlags(rawValue: 32)
    /// Every step is a plain name.
    static let plainNames = NodeFlags(rawValue: 64)
    /// Every key is a literal, none twice.
    static let literalKeys = NodeFlags(rawValue: 128)
    /// A descending sort term.
    static let descending = NodeFlags(rawValue: 256)
    /// A predicate that indexes, as opposed to one that binds an index variable.
    static let indexStage = NodeFlags(rawValue: 512)
    /// The literal was a token that may be a field name (`and`, `or`, `in`).
    static let wordToken = NodeFlags(rawValue: 1024)
    /// The literal was written as a number, not as a string or a constant.
    static let numberToken = NodeFlags(rawValue: 2048)
    /// The literal was written as `true`, `false` or `null`.
    static let constantToken = NodeFlags(rawValue: 4096)
    /// The operand cannot be a sequence, so nothing has to be collapsed.
    static let resolved = NodeFlags(rawValue: 8192)
    /// A step of a path: its predicates are applied per item.
    static let step = NodeFlags(rawValue: 16384)
    /// An object written out in full that is only read; `value` is the object.
    static let constantObject = NodeFlags(rawValue: 32768)
}

/// One operation of an expression.
///
/// Trivial, so that walking a program moves no reference counts.
struct Node: BitwiseCopyable {
    var operation: Operation
    var flags: NodeFlags = []
    /// The offset after the token, in UTF-16 units, as errors report it.
    var position: Int32 = 0
    /// Where a variable lives: how many frames up, and which slot.
    ///
    /// For a path: where its tuple scope starts.
    var depth: Int32 = 0
    var slot: Int32 = -1
    /// A literal's value, a name in key form, or an operator's token.
    var value: Value = .undefined
    var left: NodePointer?
    var right: NodePointer?
    var third: NodePointer?
    /// Steps, items, arguments, sort terms, or keys and values in turn.
    var list = NodeList()
    /// Predicates, and for steps of a path also index bindings.
    var stages = NodeList()
    /// What few nodes have.
    var extras: UnsafeMutablePointer<NodeExtras>?
}

typealias NodePointer = UnsafeMutablePointer<Node>

extension UnsafeMutablePointer<Node> {
    /// Whether this is a list of numbers and ranges that are all written out, with at least one of them.
    var isConstantList: Bool {
        guard pointee.operation == .array, !pointee.flags.contains(.suffixed), pointee.list.count > 0 else {
            return false
        }
        for index in 0..<pointee.list.count {
            let item = pointee.list[index]
            if item.isNumberLiteral { continue }
            guard item.pointee.operation == .range, item.pointee.left?.isNumberLiteral ?? false,
                item.pointee.right?.isNumberLiteral ?? false
            else { return false }
        }
        return true
    }

    /// The one name whose member this compares with a text that is written out (`name = "text"`); nil for anything else.
    @inline(__always)
    var comparedName: NodePointer? {
        guard pointee.operation == .equal, !pointee.flags.contains(.suffixed), let left = pointee.left,
            let right = pointee.right, right.pointee.operation == .literal, right.pointee.value.isString,
            !right.pointee.flags.contains(.suffixed), left.pointee.operation == .path,
            left.pointee.flags.contains(.plainNames), !left.pointee.flags.contains(.suffixed),
            left.pointee.list.count == 1
        else { return nil }
        return left.pointee.list[0]
    }

    private var isNumberLiteral: Bool {
        pointee.operation == .literal && pointee.value.isNumber && !pointee.flags.contains(.suffixed)
    }
}

/// What only bindings, groups, lambdas and parents need.
struct NodeExtras: BitwiseCopyable {
    /// `{...}` after a path.
    var group: NodePointer?
    /// The variable of `@`, and its slot in the tuple row.
    var focus: Value = .undefined
    var focusSlot: Int32 = -1
    /// The variable of `#`, and its slot in the tuple row.
    var index: Value = .undefined
    var indexSlot: Int32 = -1
    /// The place that `%` refers to, and its slot in the tuple row.
    var ancestor: UnsafeMutablePointer<AncestorSlot>?
    var ancestorSlot: Int32 = -1
    /// Parents still to be found further left.
    var seeking: UnsafeMutablePointer<UnsafeMutablePointer<AncestorSlot>>?
    var seekingCount: Int32 = 0
    /// The variables of a block, a lambda or a tuple path.
    var scope: ScopePointer?
    var signature: SignaturePointer?
    /// The compiled pattern of a regex.
    var regex: RegexPointer?
}

/// What one `%` looks for.
struct AncestorSlot: BitwiseCopyable {
    /// The label under which the parent travels in tuple rows; equal labels share a column.
    var label: Int32
    var level: Int32
    /// Which of the parser's slots this is.
    var number: Int32
}

/// A growing list of nodes in the program's arena.
struct NodeList: BitwiseCopyable {
    var nodes: UnsafeMutablePointer<NodePointer>?
    var count = 0
    var capacity = 0

    @inline(__always)
    subscript(index: Int) -> NodePointer {
        get { nodes.unsafelyUnwrapped[index] }
        nonmutating set { nodes.unsafelyUnwrapped[index] = newValue }
    }

    mutating func append(_ node: NodePointer, in arena: Arena) {
        if count == capacity {
            let grown = arena.allocate(NodePointer.self, count: max(4, capacity * 2))
            if let nodes { grown.update(from: nodes, count: count) }
            nodes = grown
            capacity = max(4, capacity * 2)
        }
        nodes.unsafelyUnwrapped[count] = node
        count += 1
    }
}

/// The names that a frame has slots for.
struct Scope: BitwiseCopyable {
    var parent: ScopePointer?
    var names = NameList()
    /// A row of a tuple stream, as opposed to a block or call.
    var isTuple = false
    /// Slots below this are bound from the start (parameters).
    var boundCount: Int32 = 0
}

typealias ScopePointer = UnsafeMutablePointer<Scope>

/// A growing list of names in the program's arena.
struct NameList: BitwiseCopyable {
    var names: UnsafeMutablePointer<Value>?
    var count = 0
    var capacity = 0

    @inline(__always)
    subscript(index: Int) -> Value { names.unsafelyUnwrapped[index] }

    /// The slot of `name` (in key form), or -1.
    ///
    /// The last one counts, as a repeated parameter binds again.
    func slot(of name: Value) -> Int {
        var index = count - 1
        while index >= 0, !self[index].equalsKey(name) { index -= 1 }
        return index
    }

    mutating func append(_ name: Value, in arena: Arena) {
        if count == capacity {
            let grown = arena.allocate(Value.self, count: max(4, capacity * 2))
            if let names { grown.update(from: names, count: count) }
            names = grown
            capacity = max(4, capacity * 2)
        }
        names.unsafelyUnwrapped[count] = name
        count += 1
    }
}
