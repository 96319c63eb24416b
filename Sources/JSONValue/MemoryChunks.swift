import Synchronization

/// The memory that tapes, texts and arenas are made of.
///
/// Chunks that were given back are kept for the next one, so that a warm process does not ask the system for pages at each
/// document and evaluation. What is kept is bounded.
package enum MemoryChunks {
    /// The largest chunk that is kept.
    package static let largestKept = 1 << 20
    /// The smallest chunk worth keeping: below it `malloc` is as quick.
    package static let smallestKept = 64 << 10
    /// Bytes kept at most.
    private static let keptBytesMax = 24 << 20

    private struct Kept: @unchecked Sendable {  // Proof: each pointer is owned by this list alone while it is in it.
        var bySize: [[UnsafeMutableRawPointer]] = [[], [], []]
        var bytes = 0
    }

    private static let kept = Mutex(Kept())

    /// The size to ask for when `bytes` are needed: a size that is kept, when it is not too large for that.
    package static func size(atLeast bytes: Int) -> Int {
        if bytes <= smallestKept / 4 || bytes > largestKept { return bytes }
        if bytes <= smallestKept { return smallestKept }
        return bytes <= smallestKept * 4 ? smallestKept * 4 : largestKept
    }

    /// A chunk of `size` bytes, not cleared.
    package static func take(_ size: Int) -> UnsafeMutableRawPointer {
        if let index = index(of: size) {
            let chunk = kept.withLock { kept -> UnsafeMutableRawPointer? in
                guard let chunk = kept.bySize[index].popLast() else { return nil }
                kept.bytes -= size
                return chunk
            }
            if let chunk { return chunk }
        }
        return .allocate(byteCount: size, alignment: 16)
    }

    /// Takes a chunk back.
    package static func give(_ chunk: UnsafeMutableRawPointer, size: Int) {
        if let index = index(of: size) {
            let isKept = kept.withLock { kept -> Bool in
                guard kept.bytes + size <= keptBytesMax else { return false }
                kept.bySize[index].append(chunk)
                kept.bytes += size
                return true
            }
            if isKept { return }
        }
        chunk.deallocate()
    }

    @inline(__always)
    private static func index(of size: Int) -> Int? {
        switch size {
        case smallestKept: 0
        case smallestKept * 4: 1
        case largestKept: 2
        default: nil
        }
    }
}
