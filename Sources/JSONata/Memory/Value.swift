/// What a value is.
///
/// `unset` marks a variable slot that nothing was bound to yet; it never leaves the evaluator.
enum Kind: UInt8, BitwiseCopyable {
    case undefined, null, bool, number, string, array, object, function
    /// A row of a tuple stream: a frame whose slot 0 is the context.
    case row
    /// A call in tail position that the caller's loop performs.
    case tailCall
    case unset
}

/// A JSONata value: 16 trivial bytes that may point into an arena, a program or an input.
///
/// `word` holds the kind (bits 0-7), flags (8-15), a short hash for object keys (16-31) and a length or a source
/// reference (32-63); `payload` holds the bits of a number or an address.
struct Value: BitwiseCopyable {
    var word: UInt64
    var payload: UInt64

    /// Set for strings whose bytes are all below 0x80.
    ///
    /// Strings without it may still be ASCII.
    static let asciiFlag: UInt64 = 1 << 8
    /// Set for strings that stand in a JSON text just as they are.
    ///
    /// Strings without it may still need no escape.
    static let plainFlag: UInt64 = 1 << 9

    static let undefined = Value(word: UInt64(Kind.undefined.rawValue), payload: 0)
    static let null = Value(word: UInt64(Kind.null.rawValue), payload: 0)
    static let unset = Value(word: UInt64(Kind.unset.rawValue), payload: 0)
    static let tailCall = Value(word: UInt64(Kind.tailCall.rawValue), payload: 0)
    static let emptyString = Value("")

    @inline(__always)
    init(word: UInt64, payload: UInt64) {
        self.word = word
        self.payload = payload
    }

    @inline(__always)
    init(_ bool: Bool) {
        word = UInt64(Kind.bool.rawValue)
        payload = bool ? 1 : 0
    }

    @inline(__always)
    init(_ number: Double) {
        word = UInt64(Kind.number.rawValue)
        payload = number.bitPattern
    }

    @inline(__always)
    init(_ number: Int) {
        self.init(Double(number))
    }

    /// A constant text of this program.
    init(_ text: StaticString) {
        self.init(string: text.utf8Start, count: text.utf8CodeUnitCount, ascii: text.isASCII)
    }

    /// A string whose bytes outlive the value.
    @inline(__always)
    init(string: UnsafePointer<UInt8>, count: Int, ascii: Bool = false) {
        word = UInt64(Kind.string.rawValue) | (ascii ? Value.asciiFlag : 0) | UInt64(truncatingIfNeeded: count) << 32
        payload = UInt64(UInt(bitPattern: string))
    }

    @inline(__always)
    init(_ array: ArrayPointer) {
        word = UInt64(Kind.array.rawValue)
        payload = UInt64(UInt(bitPattern: array))
    }

    @inline(__always)
    init(_ object: ObjectPointer) {
        word = UInt64(Kind.object.rawValue)
        payload = UInt64(UInt(bitPattern: object))
    }

    @inline(__always)
    init(_ function: FunctionPointer) {
        word = UInt64(Kind.function.rawValue)
        payload = UInt64(UInt(bitPattern: function))
    }

    @inline(__always)
    init(row: FramePointer) {
        word = UInt64(Kind.row.rawValue)
        payload = UInt64(UInt(bitPattern: row))
    }

    @inline(__always)
    var kind: Kind { unsafeBitCast(UInt8(truncatingIfNeeded: word), to: Kind.self) }

    @inline(__always)
    var isUndefined: Bool { kind == .undefined }
    @inline(__always)
    var isString: Bool { kind == .string }
    @inline(__always)
    var isArray: Bool { kind == .array }
    @inline(__always)
    var isObject: Bool { kind == .object }
    @inline(__always)
    var isFunction: Bool { kind == .function }
    @inline(__always)
    var isNumber: Bool { kind == .number }

    /// The truth of a `bool`.
    @inline(__always)
    var bool: Bool { payload != 0 }
    /// The magnitude of a `number`.
    @inline(__always)
    var number: Double { Double(bitPattern: payload) }

    /// The header of an `array`; call it for arrays only.
    @inline(__always)
    var array: ArrayPointer { ArrayPointer(bitPattern: UInt(payload)).unsafelyUnwrapped }
    /// The header of an `object`; call it for objects only.
    @inline(__always)
    var object: ObjectPointer { ObjectPointer(bitPattern: UInt(payload)).unsafelyUnwrapped }
    /// The header of a `function`; call it for functions only.
    @inline(__always)
    var function: FunctionPointer { FunctionPointer(bitPattern: UInt(payload)).unsafelyUnwrapped }
    /// The frame of a `row`; call it for rows only.
    @inline(__always)
    var row: FramePointer { FramePointer(bitPattern: UInt(payload)).unsafelyUnwrapped }

    /// Bytes in a `string`.
    @inline(__always)
    var byteCount: Int { Int(word >> 32) }
    /// The first byte of a `string`; call it for strings only.
    @inline(__always)
    var start: UnsafePointer<UInt8> { UnsafePointer(bitPattern: UInt(payload)).unsafelyUnwrapped }
    /// The bytes of a `string`; call it for strings only.
    @inline(__always)
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: byteCount) }
    /// Whether a `string` is known to need no escape in JSON.
    @inline(__always)
    var isPlain: Bool { word & Value.plainFlag != 0 }
    /// The `string`, whose bytes stand in a JSON text as they are.
    @inline(__always)
    var plain: Value { Value(word: word | Value.plainFlag, payload: payload) }
    /// Whether a `string` is known to be ASCII.
    @inline(__always)
    var isKnownASCII: Bool { word & Value.asciiFlag != 0 }

    /// A reference (not 0) to the digits a number was written with.
    @inline(__always)
    var sourceReference: UInt32 {
        get { UInt32(truncatingIfNeeded: word >> 32) }
        set { word = (word & 0xFFFF_FFFF) | UInt64(newValue) << 32 }
    }
}

extension Value {
    /// A sequence made by the evaluator, as opposed to an array that data or a constructor wrote.
    @inline(__always)
    var isSequence: Bool { kind == .array && array.pointee.flags.contains(.sequence) }

    /// The same array or object, not an equal one.
    @inline(__always)
    func isIdentical(to other: Value) -> Bool { word == other.word && payload == other.payload }
}
