/// Raw room for trivial values that doubles when it is full: an array without checks or reference counting, for the
/// parser's inner loop.
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    var count = 0
    private var capacity: Int

    init(capacity: Int) {
        (base, self.capacity) = Self.room(max(capacity, 8))
    }

    /// Makes room for `extra` more elements.
    @inline(__always)
    mutating func reserve(_ extra: Int) {
        if count + extra > capacity { grow(to: max(capacity * 2, count + extra)) }
    }

    /// Appends where room was reserved.
    @inline(__always)
    mutating func append(_ element: Element) {
        base[count] = element
        count += 1
    }

    /// Takes the last element away.
    @inline(__always)
    mutating func removeLast() -> Element {
        count -= 1
        return base[count]
    }

    /// Hands the elements to the caller, who gives `size` bytes back to `MemoryChunks`.
    consuming func release() -> (elements: UnsafeBufferPointer<Element>, size: Int) {
        let result = (UnsafeBufferPointer(start: base, count: count), size)
        discard self
        return result
    }

    private var size: Int { capacity * MemoryLayout<Element>.stride }

    private static func room(_ capacity: Int) -> (UnsafeMutablePointer<Element>, Int) {
        let stride = MemoryLayout<Element>.stride
        // A multiple of what an element takes, so that the size is told by the number of elements.
        let size = (MemoryChunks.size(atLeast: capacity * stride) / stride) * stride
        let count = size / stride
        return (MemoryChunks.take(size).bindMemory(to: Element.self, capacity: count), count)
    }

    @inline(never)
    private mutating func grow(to larger: Int) {
        let (moved, room) = Self.room(larger)
        moved.update(from: base, count: count)
        MemoryChunks.give(base, size: size)
        base = moved
        capacity = room
    }

    deinit { MemoryChunks.give(base, size: size) }
}
