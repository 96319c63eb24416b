/// How an array came to be; the sequence rules of the language depend on it.
struct ArrayFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// Made by the evaluator: collapses to its item when it has one.
    static let sequence = ArrayFlags(rawValue: 1)
    /// Stays an array although it has one item.
    static let keepSingleton = ArrayFlags(rawValue: 2)
    /// The wrapper around an input that is an array.
    static let outerWrapper = ArrayFlags(rawValue: 4)
    /// Written as `[...]` at the start or end of a path: is not flattened into its parent.
    static let constructed = ArrayFlags(rawValue: 8)
    /// Items are rows with bindings.
    static let tupleStream = ArrayFlags(rawValue: 16)
    /// Items are the integers from `rangeStart`; there is no storage.
    static let range = ArrayFlags(rawValue: 32)
    /// Belongs to a group that is still being collected.
    static let growing = ArrayFlags(rawValue: 64)
}

/// The header of an array; its items lie elsewhere in the arena.
struct ArrayHeader: BitwiseCopyable {
    var items: UnsafeMutablePointer<Value>?
    var count: Int
    var capacity: Int
    var flags: ArrayFlags
    var rangeStart: Double
}

typealias ArrayPointer = UnsafeMutablePointer<ArrayHeader>

extension UnsafeMutablePointer<ArrayHeader> {
    @inline(__always)
    var count: Int { pointee.count }

    /// The item at an index that must be in range.
    @inline(__always)
    subscript(item index: Int) -> Value {
        if let items = pointee.items { return items[index] }
        return Value(pointee.rangeStart + Double(index))
    }
}

extension Arena {
    /// An empty array with room for `capacity` items.
    @inline(__always)
    func array(_ flags: ArrayFlags = [], capacity: Int = 0) -> ArrayPointer {
        let header = allocate(ArrayHeader.self, count: 1)
        let items = capacity == 0 ? nil : allocate(Value.self, count: capacity)
        header.initialize(
            to: ArrayHeader(items: items, count: 0, capacity: capacity, flags: flags, rangeStart: 0)
        )
        return header
    }

    /// A sequence of one item.
    @inline(__always)
    func sequence(of value: Value) -> ArrayPointer {
        let header = array(.sequence, capacity: 1)
        push(value, to: header)
        return header
    }

    /// The integers `start...`, without storage.
    func range(from start: Double, count: Int) -> ArrayPointer {
        let header = array([.sequence, .range])
        header.pointee.rangeStart = start
        header.pointee.count = count
        return header
    }

    @inline(__always)
    func push(_ value: Value, to array: ArrayPointer) {
        if array.pointee.count == array.pointee.capacity { reserve(array, 1) }
        array.pointee.items.unsafelyUnwrapped[array.pointee.count] = value
        array.pointee.count &+= 1
    }

    /// Appends the items of `other`.
    @inline(__always)
    func push(contentsOf other: ArrayPointer, to array: ArrayPointer) {
        let count = other.pointee.count
        if count == 0 { return }
        if array.pointee.count + count > array.pointee.capacity { reserve(array, count) }
        let target = array.pointee.items.unsafelyUnwrapped + array.pointee.count
        if let items = other.pointee.items {
            target.update(from: items, count: count)
        } else {
            for index in 0..<count { target[index] = other[item: index] }
        }
        array.pointee.count += count
    }

    /// Makes room for `extra` more items, giving a lazy range its storage.
    @inline(never)
    func reserve(_ array: ArrayPointer, _ extra: Int) {
        let count = array.pointee.count
        let stride = MemoryLayout<Value>.stride
        let capacity = max(count + extra, max(4, array.pointee.capacity * 2))
        if let items = array.pointee.items {
            if extend(UnsafeMutableRawPointer(items), from: array.pointee.capacity * stride, to: capacity * stride) {
                array.pointee.capacity = capacity
                return
            }
            let grown = allocate(Value.self, count: capacity)
            grown.update(from: items, count: count)
            array.pointee.items = grown
        } else {
            let grown = allocate(Value.self, count: capacity)
            for index in 0..<count { grown[index] = array[item: index] }
            array.pointee.items = grown
            array.pointee.flags.remove(.range)
        }
        array.pointee.capacity = capacity
    }

    /// The items in contiguous memory.
    @inline(__always)
    func items(of array: ArrayPointer) -> UnsafeMutableBufferPointer<Value> {
        if array.pointee.items == nil, array.pointee.count > 0 { reserve(array, 0) }
        return UnsafeMutableBufferPointer(start: array.pointee.items, count: array.pointee.count)
    }
}
