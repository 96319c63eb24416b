/// The entries of a document, owned.
final class JSONTape: @unchecked Sendable {
    // Proof: the entries are written before this object exists and never after, and live as long as it does.
    let entries: UnsafeBufferPointer<JSONTapeNode>

    /// Numbers of names are below this.
    let nameCount: Int

    init(_ entries: UnsafeBufferPointer<JSONTapeNode>, nameCount: Int) {
        self.entries = entries
        self.nameCount = nameCount
    }

    deinit { entries.deallocate() }

    /// Objects with more members than this have an index for lookups.
    static let indexedCount = 64
}
