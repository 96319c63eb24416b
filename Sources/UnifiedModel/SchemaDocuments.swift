import JSONValue
import Synchronization

/// Schema documents by their file names, each read when it is first asked for.
final class SchemaDocuments: Sendable {
    private let names: Set<String>
    private let read: @Sendable (String) throws -> JSONValue
    private let known = Mutex<[String: JSONValue]>([:])

    init(_ names: Set<String>, reading read: @escaping @Sendable (String) throws -> JSONValue) {
        self.names = names
        self.read = read
    }

    /// A document; nil when there is none.
    ///
    /// - Throws: `SchemaError` when it cannot be read.
    func document(_ name: String) throws(SchemaError) -> JSONValue? {
        if let document = known.withLock({ $0[name] }) { return document }
        guard names.contains(name) else { return nil }
        let document: JSONValue
        do { document = try read(name) } catch {
            throw SchemaError(message: "\(name) cannot be read: \(error)")
        }
        known.withLock { $0[name] = document }
        return document
    }
}
