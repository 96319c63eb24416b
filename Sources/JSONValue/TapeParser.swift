/// Reads JSON text (RFC 8259) once, left to right, and writes the tape of a `JSONDocument`.
///
/// One loop without recursion: the stack of open arrays and objects is a buffer of `depthMax` frames, and nothing is
/// allocated per value. Strings are checked but not decoded, numbers are checked but not converted.
struct TapeParser: ~Copyable {
    /// An array or object whose end has not come yet.
    struct Frame: BitwiseCopyable {
        var node: Int
        var count: UInt32
        var isObject: Bool
        /// The shape of an object's names so far; for an array that of the name it belongs to.
        var shape: Int32
    }

    private let source: UnsafeBufferPointer<UInt8>
    let start: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    let policy: JSONParsePolicy
    let seed = JSONKeyHash.seed
    var nodes: GrowingBuffer<JSONTapeNode>
    private var frames = GrowingBuffer<Frame>(capacity: 16)
    /// The hashes of the names of the object that is looked through.
    var hashes = GrowingBuffer<UInt32>(capacity: JSONTape.indexedCount)
    /// The orders of names met so far.
    var shapes: NameShapes
    var top = Frame(node: -1, count: 0, isObject: false, shape: 0)

    /// What else a document needs to know.
    var findings = JSONDocument.Findings()

    /// Prepares to read `source`; `known` must stay until it is read.
    init(
        _ source: UnsafeBufferPointer<UInt8>,
        start: UnsafePointer<UInt8>,
        policy: JSONParsePolicy,
        known: NameOrders? = nil
    ) {
        shapes = NameShapes(known)
        self.source = source
        self.start = start
        end = start + source.count
        self.policy = policy
        nodes = GrowingBuffer(capacity: source.count / 12 + 16)
    }

    /// The tape, which the caller owns from now on.
    ///
    /// `known`: what the parser began with.
    consuming func finish(_ known: NameOrders?) -> JSONTape {
        let nameCount = shapes.count
        let (entries, size) = nodes.release()
        return JSONTape(entries, size: size, nameCount: nameCount, knownNames: known)
    }

    /// Reads the whole text.
    mutating func parse() throws(JSONParseError) {
        var position = start
        if end - start >= 3, start[0] == 0xEF, start[1] == 0xBB, start[2] == 0xBF, policy.invalidText != .reject {
            position += 3
        }
        position = skipSpace(position)
        value: while true {
            nodes.reserve(2)
            guard position < end else { throw failure(.unexpectedEnd, "expected a value, found the end", position) }
            switch position.pointee {
            case UInt8(ascii: "\""):
                position = try string(position, kind: .string)
            case UInt8(ascii: "{"):
                position = skipSpace(try open(position, isObject: true))
                guard position < end, position.pointee == UInt8(ascii: "}") else {
                    position = try key(position)
                    continue value
                }
                position = close(position)
            case UInt8(ascii: "["):
                position = skipSpace(try open(position, isObject: false))
                guard position < end, position.pointee == UInt8(ascii: "]") else {
                    top.count = 1
                    continue value
                }
                position = close(position)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                position = try number(position)
            case UInt8(ascii: "t"):
                position = try literal(position, "true", .true)
            case UInt8(ascii: "f"):
                position = try literal(position, "false", .false)
            case UInt8(ascii: "n"):
                position = try literal(position, "null", .null)
            default:
                throw unexpected("a value", position)
            }
            while top.node >= 0 {
                position = skipSpace(position)
                let closer = top.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                if position < end, position.pointee == UInt8(ascii: ",") {
                    position = skipSpace(position + 1)
                    if top.isObject {
                        position = try key(position)
                    } else {
                        top.count += 1
                    }
                    continue value
                }
                guard position < end, position.pointee == closer else {
                    throw unexpected("',' or '\(Character(.init(closer)))'", position)
                }
                if top.isObject, !shapes.isUnique(top.shape) || top.count > JSONTape.indexedCount { try checkNames() }
                position = close(position)
            }
            break value
        }
        position = skipSpace(position)
        guard position == end else { throw failure(.trailingText, "expected the end after the value", position) }
    }

    // MARK: Arrays and objects

    @inline(__always)
    private mutating func open(
        _ position: UnsafePointer<UInt8>,
        isObject: Bool
    ) throws(JSONParseError) -> UnsafePointer<UInt8> {
        guard frames.count < policy.depthMax else {
            throw failure(.tooDeep, "nested deeper than \(policy.depthMax) levels", position)
        }
        frames.reserve(1)
        frames.append(top)
        let shape = isObject ? shapes.inside(top.shape) : top.shape
        top = Frame(node: nodes.count, count: 0, isObject: isObject, shape: shape)
        append(isObject ? .object : .array, 0, position, 1, 0)
        return position + 1
    }

    @inline(__always)
    private mutating func close(_ position: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        let node = nodes.base + top.node
        node.pointee.length = UInt32(truncatingIfNeeded: position + 1 - start) - node.pointee.offset
        node.pointee.extra = UInt32(truncatingIfNeeded: nodes.count)
        node.pointee.head |= min(top.count, JSONTapeNode.countMax) << 8
        top = frames.removeLast()
        return position + 1
    }

    // MARK: Strings, numbers, literals

    /// Checks a string and appends its entry; `position` is at the opening quote.
    @inline(__always)
    mutating func string(
        _ position: UnsafePointer<UInt8>,
        kind: JSONTapeNode.Kind
    ) throws(JSONParseError) -> UnsafePointer<UInt8> {
        let content = position + 1
        let stop = TextScan.plainEnd(content, end)
        if stop < end, stop.pointee == UInt8(ascii: "\"") {
            append(kind, 0, content, stop - content, 0)
            return stop + 1
        }
        return try rareString(content, stop, kind: kind)
    }

    /// Goes on with a string at the first byte that is not plain.
    @inline(never)
    private mutating func rareString(
        _ content: UnsafePointer<UInt8>,
        _ first: UnsafePointer<UInt8>,
        kind: JSONTapeNode.Kind
    ) throws(JSONParseError) -> UnsafePointer<UInt8> {
        var position = first
        var flags: UInt32 = 0
        while position < end {
            let byte = position.pointee
            if byte >= 0x80 {
                flags |= JSONTapeNode.nonASCII
                repeat {
                    let length = TextScan.sequenceLength(position, end)
                    guard length > 0 else {
                        throw failure(.invalidUTF8, "expected UTF-8, found byte \(hex(position.pointee))", position)
                    }
                    position += length
                } while position < end && position.pointee >= 0x80
            } else if byte == UInt8(ascii: "\"") {
                append(kind, flags, content, position - content, 0)
                return position + 1
            } else if byte == UInt8(ascii: "\\") {
                position = try escape(position, &flags)
            } else {
                throw failure(.controlCharacter, "expected an escape for control character \(hex(byte))", position)
            }
            position = TextScan.plainEnd(position, end)
        }
        throw failure(.unexpectedEnd, "expected '\"', found the end", end)
    }

    /// Checks an escape; `position` is at the backslash.
    private mutating func escape(
        _ position: UnsafePointer<UInt8>,
        _ flags: inout UInt32
    ) throws(JSONParseError) -> UnsafePointer<UInt8> {
        flags |= JSONTapeNode.escaped
        guard end - position >= 2 else { throw failure(.unexpectedEnd, "expected an escape, found the end", end) }
        guard position[1] == UInt8(ascii: "u") else {
            guard StringDecoding.plainEscape(position[1]) != nil else {
                throw failure(.invalidEscape, "expected one of \"\\/bfnrtu after '\\'", position)
            }
            return position + 2
        }
        guard let unit = TextScan.hexUnit(position + 2, end) else {
            throw failure(.invalidEscape, "expected four hexadecimal digits after '\\u'", position)
        }
        if unit >= 0x80 { flags |= JSONTapeNode.nonASCII }
        guard unit & 0xF800 == 0xD800 else { return position + 6 }
        if unit < 0xDC00, end - position >= 8, position[6] == UInt8(ascii: "\\"), position[7] == UInt8(ascii: "u"),
            let low = TextScan.hexUnit(position + 8, end), low & 0xFC00 == 0xDC00
        {
            return position + 12
        }
        switch policy.invalidText {
        case .reject: throw failure(.loneSurrogate, "expected a surrogate pair, found \(hex(unit)) alone", position)
        case .replaceAndFlag: findings.surrogates.append(Int(position - start))
        case .keep: flags |= JSONTapeNode.surrogate
        }
        return position + 6
    }

    @inline(__always)
    private mutating func number(_ first: UnsafePointer<UInt8>) throws(JSONParseError) -> UnsafePointer<UInt8> {
        var position = first
        let isNegative = position.pointee == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let digits = position
        var value: UInt32 = 0
        while position < end, position.pointee &- 0x30 < 10 {
            value = value &* 10 &+ UInt32(position.pointee &- 0x30)
            position += 1
        }
        let count = position - digits
        guard count > 0, count == 1 || digits.pointee != UInt8(ascii: "0") else {
            throw count == 0
                ? unexpected("a digit", position, .invalidNumber)
                : failure(.invalidNumber, "expected no digits after a leading 0", digits)
        }
        if position < end, position.pointee == UInt8(ascii: ".") || position.pointee | 0x20 == UInt8(ascii: "e") {
            position = try fraction(position)
            append(.number, 0, first, position - first, 0)
        } else if count <= 9 {
            let value = Int32(truncatingIfNeeded: value)
            let bits = UInt32(bitPattern: isNegative ? 0 &- value : value)
            // "-0" is not the integer 0: its double is negative.
            let flags = isNegative && value == 0 ? 0 : JSONTapeNode.integer | JSONTapeNode.small
            append(.number, flags, first, position - first, bits)
        } else {
            append(.number, JSONTapeNode.integer, first, position - first, 0)
        }
        return position
    }

    private mutating func fraction(_ first: UnsafePointer<UInt8>) throws(JSONParseError) -> UnsafePointer<UInt8> {
        var position = first
        if position.pointee == UInt8(ascii: ".") {
            position = try digits(position + 1)
        }
        if position < end, position.pointee | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < end, position.pointee == UInt8(ascii: "+") || position.pointee == UInt8(ascii: "-") {
                position += 1
            }
            position = try digits(position)
        }
        return position
    }

    @inline(__always)
    private func digits(_ first: UnsafePointer<UInt8>) throws(JSONParseError) -> UnsafePointer<UInt8> {
        var position = first
        while position < end, position.pointee &- 0x30 < 10 { position += 1 }
        guard position > first else { throw unexpected("a digit", position, .invalidNumber) }
        return position
    }

    @inline(__always)
    private mutating func literal(
        _ position: UnsafePointer<UInt8>,
        _ word: StaticString,
        _ kind: JSONTapeNode.Kind
    ) throws(JSONParseError) -> UnsafePointer<UInt8> {
        let count = word.utf8CodeUnitCount
        for index in 1..<count where position + index >= end || position[index] != word.utf8Start[index] {
            throw unexpected("'\(word)'", position + index)
        }
        append(kind, 0, position, count, 0)
        return position + count
    }

    @inline(__always)
    private mutating func append(
        _ kind: JSONTapeNode.Kind,
        _ flags: UInt32,
        _ position: UnsafePointer<UInt8>,
        _ length: Int,
        _ extra: UInt32
    ) {
        nodes.append(
            JSONTapeNode(
                head: UInt32(kind.rawValue) | flags,
                offset: UInt32(truncatingIfNeeded: position - start),
                length: UInt32(truncatingIfNeeded: length),
                extra: extra
            )
        )
    }

    @inline(__always)
    func skipSpace(_ first: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        if first < end, first.pointee > 0x20 { return first }
        return skipRun(first)
    }

    private func skipRun(_ first: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var position = first
        while position < end {
            switch position.pointee {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return position
            }
        }
        return position
    }
}

// MARK: Errors

extension TapeParser {
    @inline(never)
    func failure(
        _ code: JSONParseError.Code,
        _ message: String,
        _ position: UnsafePointer<UInt8>
    ) -> JSONParseError {
        JSONParseError(code, message, offset: position - start, in: source)
    }

    @inline(never)
    func unexpected(
        _ expected: String,
        _ position: UnsafePointer<UInt8>,
        _ code: JSONParseError.Code = .unexpectedByte
    ) -> JSONParseError {
        guard position < end else { return failure(.unexpectedEnd, "expected \(expected), found the end", position) }
        let byte = position.pointee
        guard byte < 0x80 || TextScan.sequenceLength(position, end) > 0 else {
            return failure(.invalidUTF8, "expected UTF-8, found byte \(hex(byte))", position)
        }
        let found =
            byte > 0x20 && byte < 0x7F
            ? "'\(Character(.init(byte)))'" : byte < 0x80 ? "byte \(hex(byte))" : "a character"
        return failure(code, "expected \(expected), found \(found)", position)
    }

    private func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
}
