/// The entries of a document, owned.
final class JSONTape: @unchecked Sendable {
    // Proof: the entries are written before this object exists and never after, and live as long as it does.
    let entries: UnsafeBufferPointer<JSONTapeNode>

    /// Numbers of names are below this.
    let nameCount: Int
    /// The names that texts of this kind had before, which have the first of the numbers.
    let knownNames: NameOrders?

    private let size: Int

    /// Takes over entries that take `size` bytes of `MemoryChunks`.
    init(_ entries: UnsafeBufferPointer<JSONTapeNode>, size: Int, nameCount: Int, knownNames: NameOrders?) {
        self.entries = entries
        self.size = size
        self.nameCount = nameCount
        self.knownNames = knownNames
    }

    deinit {
        if let start = entries.baseAddress { MemoryChunks.give(UnsafeMutableRawPointer(mutating: start), size: size) }
    }

    /// Objects with more members than this have an index for lookups.
    static let indexedCount = 64
}
