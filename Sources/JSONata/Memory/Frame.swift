/// The variables of one block, call or tuple row.
///
/// The slots follow the header in memory.
struct Frame: BitwiseCopyable {
    /// The frame that encloses this one.
    var parent: FramePointer?
    /// The names of the slots.
    var scope: ScopePointer?
}

typealias FramePointer = UnsafeMutablePointer<Frame>

extension UnsafeMutablePointer<Frame> {
    /// The slots of this frame.
    @inline(__always)
    var slots: UnsafeMutablePointer<Value> {
        UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: Value.self)
    }
}

extension Arena {
    /// A frame whose slots are all unset.
    @inline(__always)
    func frame(parent: FramePointer?, scope: ScopePointer) -> FramePointer {
        let count = scope.pointee.names.count
        let size = MemoryLayout<Frame>.stride + count * MemoryLayout<Value>.stride
        let frame = allocate(size).assumingMemoryBound(to: Frame.self)
        frame.initialize(to: Frame(parent: parent, scope: scope))
        let slots = frame.slots
        for index in 0..<count { slots[index] = .unset }
        return frame
    }

    /// A row like `row`, to be changed.
    func copy(ofRow row: FramePointer) -> FramePointer {
        let count = row.pointee.scope.map { $0.pointee.names.count } ?? 0
        let size = MemoryLayout<Frame>.stride + count * MemoryLayout<Value>.stride
        let copy = allocate(size)
        copy.copyMemory(from: UnsafeRawPointer(row), byteCount: size)
        return copy.assumingMemoryBound(to: Frame.self)
    }
}

/// What a function does when it is called.
enum FunctionForm: UInt8, BitwiseCopyable {
    /// `function($a) {...}`
    case lambda
    /// A function of the library.
    case builtin
    /// A function with some arguments given; the open places hold `unset`.
    case partial
    /// `$f ~> $g`
    case composed
    /// `/pattern/`
    case regex
    /// The `next` member of a regex match.
    case nextMatch
    /// `|pattern|update|`
    case transform
}

/// A function value.
struct FunctionHeader: BitwiseCopyable {
    var form: FunctionForm
    var builtin: Builtin = .sum
    /// How many arguments a higher-order function may hand over.
    var arity: Int32 = 0
    var signature: SignaturePointer?
    var node: NodePointer?
    var frame: FramePointer?
    var input: Value = .undefined
    var target: Value = .undefined
    var second: Value = .undefined
    var arguments: UnsafeMutablePointer<Value>?
    var argumentCount: Int = 0
}

typealias FunctionPointer = UnsafeMutablePointer<FunctionHeader>

extension Arena {
    func function(_ header: FunctionHeader) -> Value {
        let pointer = allocate(FunctionHeader.self, count: 1)
        pointer.initialize(to: header)
        return Value(pointer)
    }
}
