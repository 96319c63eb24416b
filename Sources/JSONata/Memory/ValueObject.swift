#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A member of an object.
///
/// The key is in key form (see `Value.keyed`).
struct Entry: BitwiseCopyable {
    var key: Value
    var value: Value
}

/// The header of an object; its entries lie elsewhere in the arena, in the order of JavaScript: integer keys
/// ascending, then the others as written.
struct ObjectHeader: BitwiseCopyable {
    var entries: UnsafeMutablePointer<Entry>?
    var count: Int32
    var capacity: Int32
    /// Entries below this index have integer keys.
    var integerKeys: Int32
    /// Size of `index` less one, when there is one.
    var indexMask: Int32
    /// An open-addressed table of entry numbers plus one, made when the object is large.
    var index: UnsafeMutablePointer<Int32>?
}

typealias ObjectPointer = UnsafeMutablePointer<ObjectHeader>

extension Value {
    private static let hashMask: UInt64 = 0xFFFF << 16

    /// The string with the hash bits and the ASCII flag set, so that two equal keys have equal words.
    @inline(__always)
    var keyed: Value {
        let bytes = bytes
        var hash: UInt32 = 0x811C_9DC5
        var high: UInt8 = 0
        for byte in bytes {
            hash = (hash ^ UInt32(byte)) &* 0x0100_0193
            high |= byte
        }
        let short = UInt64((hash ^ (hash >> 16)) & 0xFFFF) << 16
        let ascii = high < 0x80 ? Value.asciiFlag : 0
        let kept = word & ~(Value.hashMask | Value.asciiFlag | Value.plainFlag)
        return Value(word: kept | short | ascii, payload: payload)
    }

    /// The hash bits of a key.
    @inline(__always)
    var keyHash: Int { Int((word >> 16) & 0xFFFF) }

    /// The string without its hash bits, as an ordinary value.
    @inline(__always)
    var unkeyed: Value { Value(word: word & ~Value.hashMask, payload: payload) }

    /// Whether two keys in key form are equal.
    @inline(__always)
    func equalsKey(_ other: Value) -> Bool {
        word == other.word
            && (payload == other.payload || memcmp(start, other.start, byteCount) == 0)
    }

    /// The integer a key stands for, when JavaScript orders it before other keys (0 to 2^32-2, canonical digits).
    var integerKey: UInt32? {
        let count = byteCount
        guard count > 0, count <= 10 else { return nil }
        var result: UInt64 = 0
        for byte in bytes {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            result = result * 10 + UInt64(byte - 0x30)
        }
        if count > 1, start[0] == 0x30 { return nil }
        return result < 4_294_967_295 ? UInt32(result) : nil
    }
}

extension UnsafeMutablePointer<ObjectHeader> {
    @inline(__always)
    var count: Int { Int(pointee.count) }

    @inline(__always)
    subscript(entry index: Int) -> Entry { pointee.entries.unsafelyUnwrapped[index] }

    /// The number of the entry with this key (in key form), or -1.
    @inline(__always)
    func find(_ key: Value) -> Int {
        if pointee.index != nil { return findIndexed(key) }
        guard let entries = pointee.entries else { return -1 }
        for index in 0..<Int(pointee.count) where entries[index].key.equalsKey(key) { return index }
        return -1
    }

    @inline(never)
    private func findIndexed(_ key: Value) -> Int {
        guard let table = pointee.index, let entries = pointee.entries else { return -1 }
        let mask = Int(pointee.indexMask)
        var slot = (key.keyHash &* 0x9E3B) & mask
        while table[slot] != 0 {
            let index = Int(table[slot]) - 1
            if entries[index].key.equalsKey(key) { return index }
            slot = (slot + 1) & mask
        }
        return -1
    }

    /// The value under a key in key form; undefined when there is none.
    @inline(__always)
    func value(for key: Value) -> Value {
        let index = find(key)
        return index < 0 ? .undefined : pointee.entries.unsafelyUnwrapped[index].value
    }
}

extension Arena {
    private static let indexThreshold = 24

    /// An empty object with room for `capacity` members.
    @inline(__always)
    func object(capacity: Int = 0) -> ObjectPointer {
        let header = allocate(ObjectHeader.self, count: 1)
        let entries = capacity == 0 ? nil : allocate(Entry.self, count: capacity)
        header.initialize(
            to: ObjectHeader(
                entries: entries,
                count: 0,
                capacity: Int32(capacity),
                integerKeys: 0,
                indexMask: 0,
                index: nil
            )
        )
        return header
    }

    /// Sets a member; the key must be in key form.
    ///
    /// A new key goes to its place in JavaScript's order.
    @inline(__always)
    func set(_ value: Value, for key: Value, in object: ObjectPointer) {
        let index = object.find(key)
        if index >= 0 {
            object.pointee.entries.unsafelyUnwrapped[index].value = value
        } else {
            append(value, for: key, to: object)
        }
    }

    /// Adds a member whose key is known to be new.
    @inline(__always)
    func append(_ value: Value, for key: Value, to object: ObjectPointer) {
        if object.pointee.count == object.pointee.capacity { reserve(object) }
        let count = Int(object.pointee.count)
        if key.byteCount > 0, key.start[0] &- 0x30 < 10, let number = key.integerKey {
            return insert(value, for: key, number: number, into: object)
        }
        object.pointee.entries.unsafelyUnwrapped[count] = Entry(key: key, value: value)
        object.pointee.count &+= 1
        if object.pointee.index != nil {
            addToIndex(count, of: object)
        } else if count >= Arena.indexThreshold {
            rebuildIndex(of: object)
        }
    }

    /// Removes a member when there is one.
    func remove(_ key: Value, from object: ObjectPointer) {
        let index = object.find(key)
        guard index >= 0, let entries = object.pointee.entries else { return }
        for position in index..<(object.count - 1) { entries[position] = entries[position + 1] }
        object.pointee.count -= 1
        if index < Int(object.pointee.integerKeys) { object.pointee.integerKeys -= 1 }
        if object.pointee.index != nil { rebuildIndex(of: object) }
    }

    @inline(never)
    private func insert(_ value: Value, for key: Value, number: UInt32, into object: ObjectPointer) {
        guard let entries = object.pointee.entries else { return }
        var place = Int(object.pointee.integerKeys)
        while place > 0, let other = entries[place - 1].key.integerKey, other > number { place -= 1 }
        var position = object.count
        while position > place {
            entries[position] = entries[position - 1]
            position -= 1
        }
        entries[place] = Entry(key: key, value: value)
        object.pointee.count += 1
        object.pointee.integerKeys += 1
        if object.pointee.index != nil || object.count > Arena.indexThreshold {
            if place == object.count - 1, object.pointee.index != nil {
                addToIndex(place, of: object)
            } else {
                rebuildIndex(of: object)
            }
        }
    }

    @inline(never)
    private func reserve(_ object: ObjectPointer) {
        let capacity = max(4, Int(object.pointee.capacity) * 2)
        let stride = MemoryLayout<Entry>.stride
        let old = Int(object.pointee.capacity)
        if let entries = object.pointee.entries {
            if !extend(UnsafeMutableRawPointer(entries), from: old * stride, to: capacity * stride) {
                let grown = allocate(Entry.self, count: capacity)
                grown.update(from: entries, count: object.count)
                object.pointee.entries = grown
            }
        } else {
            object.pointee.entries = allocate(Entry.self, count: capacity)
        }
        object.pointee.capacity = Int32(capacity)
    }

    @inline(never)
    private func rebuildIndex(of object: ObjectPointer) {
        let size = Int(object.pointee.indexMask) + 1
        var wanted = 64
        while wanted < object.count * 2 { wanted *= 2 }
        let table: UnsafeMutablePointer<Int32>
        if let existing = object.pointee.index, size == wanted {
            table = existing
        } else {
            table = allocate(Int32.self, count: wanted)
        }
        table.initialize(repeating: 0, count: wanted)
        object.pointee.index = table
        object.pointee.indexMask = Int32(wanted - 1)
        for position in 0..<object.count { link(position, of: object, in: table) }
    }

    private func addToIndex(_ position: Int, of object: ObjectPointer) {
        if object.count * 2 > Int(object.pointee.indexMask) + 1 { return rebuildIndex(of: object) }
        if let table = object.pointee.index { link(position, of: object, in: table) }
    }

    private func link(_ position: Int, of object: ObjectPointer, in table: UnsafeMutablePointer<Int32>) {
        let mask = Int(object.pointee.indexMask)
        var slot = (object[entry: position].key.keyHash &* 0x9E3B) & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = Int32(position + 1)
    }
}
