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
        /// The name where it stands for longer than the text that is read; undefined when it stands in that alone.
        var text: Value = .undefined
        /// The fields that the name was last looked up in.
        var parent: ReadFieldPointer?
        /// What was found there.
        var field: ReadFieldPointer?
        /// Whether JavaScript may order the name before others.
        var mayBeInteger = false
    }

    let tape: UnsafeBufferPointer<JSONTapeNode>
    let source: UnsafeBufferPointer<UInt8>
    /// Where values are made.
    let arena: Arena
    private let start: UnsafePointer<UInt8>
    private let names: UnsafeMutablePointer<Name>
    /// The names that an expression has, whose values are taken so that they are compared by address.
    private let known: ObjectPointer?
    /// Objects with more members get an index at once.
    private static let plainCount = 64

    /// Reads from a tape; `table` must have a place for each name and live as long as the document is lent.
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

    /// An empty table for names with numbers below `count`.
    static func nameTable(_ count: Int, in arena: Arena) -> UnsafeMutablePointer<Name> {
        let table = arena.allocate(Name.self, count: count)
        table.initialize(repeating: Name(), count: count)
        return table
    }

    /// The whole value at an entry.
    func value(_ entry: Int) -> Value {
        let node = tape[entry]
        if node.isText { return string(node) }
        switch node.form {
        case .null: return .null
        case .true: return Value(true)
        case .false: return Value(false)
        case .number: return number(node)
        case .array:
            let array = arena.array([], capacity: node.memberCount)
            var child = entry + 1
            while child < Int(node.extra) {
                arena.push(value(child), to: array)
                child = tape[child].next(child)
            }
            return Value(array)
        case .object:
            let object = arena.object(capacity: node.memberCount)
            var key = entry + 1
            while key < Int(node.extra) {
                let (name, place) = name(tape[key])
                let member = tape[key + 1]
                if member.isText, !member.needsDecoding {
                    append(plain(member), for: name, place, to: object)
                    key += 2
                } else {
                    append(value(key + 1), for: name, place, to: object)
                    key = member.next(key + 1)
                }
            }
            return Value(object)
        case .string, .key: return string(node)
        }
    }

    /// Adds a member to an object that has room for it.
    @inline(__always)
    private func append(_ value: Value, for name: Value, _ place: UnsafeMutablePointer<Name>?, to object: ObjectPointer)
    {
        guard let place, !place.pointee.mayBeInteger, object.pointee.capacity <= Self.plainCount else {
            return arena.append(value, for: name, to: object)
        }
        object.pointee.entries.unsafelyUnwrapped[Int(object.pointee.count)] = Entry(key: name, value: value)
        object.pointee.count &+= 1
    }

    /// The value at an entry with only `fields` of its objects.
    func value(_ entry: Int, _ fields: ReadFieldPointer) -> Value {
        if fields.pointee.isWhole { return value(entry) }
        let node = tape[entry]
        switch node.form {
        case .array:
            let array = arena.array([], capacity: node.memberCount)
            var child = entry + 1
            while child < Int(node.extra) {
                arena.push(value(child, fields), to: array)
                child = tape[child].next(child)
            }
            return Value(array)
        case .object:
            let object = arena.object(capacity: node.memberCount)
            var key = entry + 1
            while key < Int(node.extra) {
                let member = key + 1
                let (name, place) = name(tape[key])
                if let field = field(name, place, in: fields) {
                    append(value(member, field), for: name, place, to: object)
                }
                key = tape[member].next(member)
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
        node.needsDecoding ? unescaped(node) : plain(node)
    }

    @inline(__always)
    private func plain(_ node: JSONTapeNode) -> Value {
        Value(string: start + Int(node.offset), count: Int(node.length), ascii: node.holdsASCII).plain
    }

    @inline(never)
    private func unescaped(_ node: JSONTapeNode) -> Value {
        let text = arena.allocate(UInt8.self, count: Int(node.length))
        let count = node.decode(source, to: text)
        return Value(string: UnsafePointer(text), count: count, ascii: node.isASCII)
    }

    /// A name in key form, and its place in the table when it has a number.
    @inline(__always)
    func name(_ node: JSONTapeNode) -> (key: Value, place: UnsafeMutablePointer<Name>?) {
        let number = Int(node.head >> 8)
        if number > 0, names[number].key.isString { return (names[number].key, names + number) }
        return newName(node)
    }

    @inline(never)
    private func newName(_ node: JSONTapeNode) -> (key: Value, place: UnsafeMutablePointer<Name>?) {
        let number = Int(node.head >> 8)
        var key = number > 0 && names[number].text.isString ? names[number].text.keyed : string(node).keyed
        if let known {
            let index = known.find(key)
            if index >= 0 { key = known[entry: index].key }
        }
        guard number > 0 else { return (key, nil) }
        names[number].key = key
        names[number].mayBeInteger = key.byteCount > 0 && key.start[0] &- 0x30 < 10
        return (key, names + number)
    }

    /// The field that a name is among `fields`.
    @inline(__always)
    private func field(_ key: Value, _ place: UnsafeMutablePointer<Name>?, in fields: ReadFieldPointer)
        -> ReadFieldPointer?
    {
        guard let place else { return fields.field(key) }
        if place.pointee.parent == fields { return place.pointee.field }
        place.pointee.parent = fields
        place.pointee.field = fields.field(key)
        return place.pointee.field
    }
}

/// What is asked of every entry; the same as the properties of the other module, whose calls cost more than their work.
extension JSONTapeNode {
    @inline(__always)
    fileprivate var form: Kind { unsafeBitCast(UInt8(truncatingIfNeeded: head & 7), to: Kind.self) }
    @inline(__always)
    fileprivate var isText: Bool { head & 7 == 4 }
    @inline(__always)
    fileprivate var needsDecoding: Bool { head & 0x10 != 0 }
    @inline(__always)
    fileprivate var holdsASCII: Bool { head & 0x20 == 0 }
    @inline(__always)
    fileprivate var memberCount: Int { Int(head >> 8) }
    /// The index after the last entry of the value at `entry`.
    @inline(__always)
    func next(_ entry: Int) -> Int { head & 7 == 5 || head & 7 == 6 ? Int(extra) : entry + 1 }
}
