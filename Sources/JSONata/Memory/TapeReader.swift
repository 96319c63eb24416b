import JSONValue

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Makes values out of the entries of a parsed document.
///
/// Strings without escapes point into the document's text, names that come again are taken from a table, and numbers
/// keep a reference to the digits they were written with.
struct TapeReader {
    /// A name that was met, and where in the fields wanted it led to.
    struct Name: BitwiseCopyable {
        /// The name in key form; undefined in a place not taken yet.
        var key: Value = .undefined
        /// The hash on the tape.
        var hash: UInt32 = 0
        /// What a caller found out about the name: nothing yet, wanted, not wanted.
        var verdict: Verdict = .unknown
        /// The fields that the name was last looked up in.
        var parent: ReadFieldPointer?
        /// What was found there.
        var field: ReadFieldPointer?
    }

    enum Verdict: UInt8, BitwiseCopyable {
        case unknown, yes, no
    }

    let tape: UnsafeBufferPointer<JSONTapeNode>
    let source: UnsafeBufferPointer<UInt8>
    /// Where values are made.
    let arena: Arena
    private let start: UnsafePointer<UInt8>
    private let names: UnsafeMutablePointer<Name>
    /// The names that an expression has, whose values are taken so that they are compared by address.
    private let known: ObjectPointer?
    private static let nameCount = 128

    /// Reads from a tape; `table` must come from `nameTable` and live as long as the document is lent.
    init(
        tape: UnsafeBufferPointer<JSONTapeNode>,
        source: UnsafeBufferPointer<UInt8>,
        arena: Arena,
        table: UnsafeMutablePointer<Name>,
        known: ObjectPointer? = nil
    ) {
        self.tape = tape
        self.source = source
        self.arena = arena
        // A parsed text has at least one byte.
        start = source.baseAddress.unsafelyUnwrapped
        names = table
        self.known = known
    }

    /// An empty table of names.
    static func nameTable(in arena: Arena) -> UnsafeMutablePointer<Name> {
        let table = arena.allocate(Name.self, count: nameCount)
        table.initialize(repeating: Name(), count: nameCount)
        return table
    }

    /// The whole value at an entry.
    func value(_ entry: Int) -> Value {
        let node = tape[entry]
        switch node.kind {
        case .null: return .null
        case .true: return Value(true)
        case .false: return Value(false)
        case .number: return number(node)
        case .string, .key: return string(node)
        case .array:
            let array = arena.array([], capacity: Int(node.count))
            var child = entry + 1
            while child < Int(node.extra) {
                arena.push(value(child), to: array)
                child = tape[child].end(at: child)
            }
            return Value(array)
        case .object:
            let object = arena.object(capacity: Int(node.count))
            var key = entry + 1
            while key < Int(node.extra) {
                arena.append(value(key + 1), for: name(tape[key]).key, to: object)
                key = tape[key + 1].end(at: key + 1)
            }
            return Value(object)
        }
    }

    /// The value at an entry with only `fields` of its objects.
    func value(_ entry: Int, _ fields: ReadFieldPointer) -> Value {
        if fields.pointee.isWhole { return value(entry) }
        let node = tape[entry]
        switch node.kind {
        case .array:
            let array = arena.array([], capacity: Int(node.count))
            var child = entry + 1
            while child < Int(node.extra) {
                arena.push(value(child, fields), to: array)
                child = tape[child].end(at: child)
            }
            return Value(array)
        case .object:
            let object = arena.object(capacity: Int(node.count))
            var key = entry + 1
            while key < Int(node.extra) {
                let member = key + 1
                let (name, field) = name(tape[key], in: fields)
                if let field { arena.append(value(member, field), for: name, to: object) }
                key = tape[member].end(at: member)
            }
            return Value(object)
        default: return value(entry)
        }
    }

    private func number(_ node: JSONTapeNode) -> Value {
        if node.hasSmallInteger { return Value(node.smallInteger) }
        var value = Value(node.double(source))
        // A text that is nothing but a number has no byte behind it, by which its end could be found again.
        if Int(node.offset) + Int(node.length) < source.count { value.sourceReference = node.offset &+ 1 }
        return value
    }

    @inline(__always)
    private func string(_ node: JSONTapeNode) -> Value {
        if !node.isEscaped {
            return Value(string: start + Int(node.offset), count: Int(node.length), ascii: node.isASCII).plain
        }
        return unescaped(node)
    }

    @inline(never)
    private func unescaped(_ node: JSONTapeNode) -> Value {
        let text = arena.allocate(UInt8.self, count: Int(node.length))
        let count = node.decode(source, to: text)
        return Value(string: UnsafePointer(text), count: count, ascii: node.isASCII)
    }

    /// The place of a name, with the name in it.
    @inline(__always)
    func name(_ node: JSONTapeNode) -> (key: Value, place: UnsafeMutablePointer<Name>?) {
        if node.isEscaped { return (unescaped(node).keyed, nil) }
        let place = names + Int(node.extra & UInt32(Self.nameCount - 1))
        let bytes = start + Int(node.offset)
        if place.pointee.hash == node.extra, place.pointee.key.byteCount == Int(node.length),
            place.pointee.key.isString, memcmp(place.pointee.key.start, bytes, Int(node.length)) == 0
        {
            return (place.pointee.key, place)
        }
        var key = Value(string: bytes, count: Int(node.length)).keyed
        if let known {
            let index = known.find(key)
            if index >= 0 { key = known[entry: index].key }
        }
        place.pointee = Name(key: key, hash: node.extra)
        return (key, place)
    }

    /// A name, and the field that it is among `fields`.
    @inline(__always)
    private func name(_ node: JSONTapeNode, in fields: ReadFieldPointer) -> (Value, ReadFieldPointer?) {
        let (key, place) = name(node)
        guard let place else { return (key, fields.field(key)) }
        if place.pointee.parent == fields { return (key, place.pointee.field) }
        let field = fields.field(key)
        place.pointee.parent = fields
        place.pointee.field = field
        return (key, field)
    }
}
