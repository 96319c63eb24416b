package import JSONValue

/// A document in the engine's own form: parse once, evaluate many expressions over it.
package final class JSONataInput: @unchecked Sendable {  // Proof: nothing is written after the initialiser returns.
    private let arena: Arena
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    let root: Value

    /// Reads JSON text; of duplicate names the last wins, bad UTF-8 in strings becomes U+FFFD.
    /// - Returns: nil when the bytes are not JSON or nest deeper than 512.
    package convenience init?(parsing text: [UInt8]) {
        self.init(parsing: text, fields: nil)
    }

    /// Reads JSON text, and of objects only the fields that one expression reads.
    init?(parsing text: [UInt8], fields: ReadFieldPointer?) {
        bytes = .allocate(capacity: text.count)
        _ = bytes.initialize(from: text)
        arena = Arena(firstChunk: min(max(4096, text.count * 2), MemoryChunks.largestKept))
        guard let value = ValueReader.read(UnsafeBufferPointer(bytes), arena, fields: fields) else {
            arena.destroy()
            bytes.deallocate()
            return nil
        }
        root = value
    }

    /// Takes a value over.
    package init(_ value: JSONValue?) {
        bytes = .allocate(capacity: 0)
        arena = Arena(firstChunk: 4096)
        root = value.map { [arena] in ValueConversion.value($0, arena) } ?? .undefined
    }

    deinit {
        arena.destroy()
        bytes.deallocate()
    }
}
