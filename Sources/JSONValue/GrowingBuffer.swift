/// Raw room for trivial values that doubles when it is full: an array without checks or reference counting, for the
/// parser's inner loop.
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 8)
        base = .allocate(capacity: self.capacity)
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

    /// Hands the elements to the caller, who deallocates them.
    consuming func release() -> UnsafeBufferPointer<Element> {
        let result = UnsafeBufferPointer(start: base, count: count)
        discard self
        return result
    }

    @inline(never)
    private mutating func grow(to larger: Int) {
        let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        base = moved
        capacity = larger
    }

    deinit { base.deallocate() }
}
