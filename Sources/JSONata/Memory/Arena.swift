import JSONValue

/// Memory that is given out by moving a pointer and is freed all at once.
///
/// Everything an evaluation makes lives here, so values need no reference counting. The owner calls `destroy` once.
struct Arena {
    private struct State {
        var cursor: UInt
        var end: UInt
        var chunk: UnsafeMutableRawPointer?
        var used: Int
        var nextSize: Int
    }

    /// Each chunk starts with a pointer to the chunk before it and its size.
    private static let prefix = 16

    private let state: UnsafeMutablePointer<State>

    init(firstChunk: Int) {
        state = .allocate(capacity: 1)
        state.initialize(to: State(cursor: 0, end: 0, chunk: nil, used: 0, nextSize: firstChunk))
    }

    /// Bytes held from the system.
    var bytesUsed: Int { state.pointee.used }

    /// `count` bytes, aligned to 16, not cleared.
    @inline(__always)
    func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let size = UInt(bitPattern: count &+ 15) & ~15
        let start = state.pointee.cursor
        if size <= state.pointee.end &- start, let pointer = UnsafeMutableRawPointer(bitPattern: start) {
            state.pointee.cursor = start &+ size
            return pointer
        }
        return grow(count)
    }

    /// Room for `count` elements of a trivial type, not cleared.
    @inline(__always)
    func allocate<T: BitwiseCopyable>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
        allocate(count &* MemoryLayout<T>.stride).assumingMemoryBound(to: type)
    }

    /// Makes the block that starts at `start` longer without moving it, when it is the last one given out.
    @inline(__always)
    func extend(_ start: UnsafeMutableRawPointer, from old: Int, to new: Int) -> Bool {
        let begin = UInt(bitPattern: start)
        let oldEnd = begin &+ (UInt(bitPattern: old &+ 15) & ~15)
        let newEnd = begin &+ (UInt(bitPattern: new &+ 15) & ~15)
        guard oldEnd == state.pointee.cursor, newEnd <= state.pointee.end else { return false }
        state.pointee.cursor = newEnd
        return true
    }

    @inline(never)
    private func grow(_ count: Int) -> UnsafeMutableRawPointer {
        let size = MemoryChunks.size(atLeast: max(state.pointee.nextSize, count + 16 + Arena.prefix))
        let chunk = MemoryChunks.take(size)
        chunk.storeBytes(of: UInt(bitPattern: state.pointee.chunk), as: UInt.self)
        chunk.storeBytes(of: size, toByteOffset: 8, as: Int.self)
        state.pointee.chunk = chunk
        state.pointee.used += size
        state.pointee.nextSize = min(size * 4, MemoryChunks.largestKept)
        state.pointee.cursor = UInt(bitPattern: chunk) + UInt(Arena.prefix)
        state.pointee.end = UInt(bitPattern: chunk) + UInt(size)
        return allocate(count)
    }

    /// Gives all memory back but the newest chunk, which serves again.
    func reset() {
        guard let chunk = state.pointee.chunk else { return }
        release(from: UnsafeMutableRawPointer(bitPattern: chunk.load(as: UInt.self)))
        chunk.storeBytes(of: 0, as: UInt.self)
        let begin = UInt(bitPattern: chunk)
        state.pointee.used = Int(state.pointee.end - begin)
        state.pointee.cursor = begin + UInt(Arena.prefix)
    }

    /// Gives all memory back.
    ///
    /// Nothing made in this arena may be used afterwards.
    func destroy() {
        release(from: state.pointee.chunk)
        state.deallocate()
    }

    private func release(from first: UnsafeMutableRawPointer?) {
        var chunk = first
        while let current = chunk {
            chunk = UnsafeMutableRawPointer(bitPattern: current.load(as: UInt.self))
            MemoryChunks.give(current, size: current.load(fromByteOffset: 8, as: Int.self))
        }
    }
}
