/// The entries of a document, owned.
final class JSONTape: @unchecked Sendable {
    // Proof: the entries are written before this object exists and never after, and live as long as it does.
    let entries: UnsafeBufferPointer<JSONTapeNode>

    init(_ entries: UnsafeBufferPointer<JSONTapeNode>) {
        self.entries = entries
    }

    deinit { entries.deallocate() }

    /// Objects with more members than this have an index for lookups.
    static let indexedCount = 64
}
