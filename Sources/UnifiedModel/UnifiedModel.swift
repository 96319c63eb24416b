package import JSONValue
import Synchronization

/// The resources that every connector answers in the same words: `openapi/models/`.
///
/// A resource is read when it is first asked for; `<category>/<name>.schema.json` is its file.
package final class UnifiedModel: Sendable {
    private struct Name: Hashable {
        let category: String
        let name: String
    }

    private static let ending = ".schema.json"

    private let documents: SchemaDocuments
    private let files: [Name: String]
    private let known = Mutex<[Name: ResourceModel]>([:])

    /// Finds the model's files; none is read yet.
    ///
    /// - Parameters:
    ///   - files: their names relative to `openapi/models`, such as `crm/contacts.schema.json` and `common.schema.json`.
    ///   - read: reads one of them.
    package init(files: [String], reading read: @escaping @Sendable (String) throws -> JSONValue) {
        documents = SchemaDocuments(Set(files), reading: read)
        var named: [Name: String] = [:]
        for file in files where file.hasSuffix(Self.ending) {
            let parts = file.dropLast(Self.ending.count).split(separator: "/")
            if parts.count == 2 { named[Name(category: String(parts[0]), name: String(parts[1]))] = file }
        }
        self.files = named
    }

    /// Reads a whole model.
    ///
    /// - Parameter documents: the schema documents by file name.
    /// - Throws: `SchemaError` when a schema is not usable.
    package convenience init(documents: [String: JSONValue]) throws(SchemaError) {
        self.init(files: Array(documents.keys)) { documents[$0] ?? .null }
        try readAll()
    }

    /// Reads what nobody has asked for yet.
    ///
    /// - Throws: `SchemaError` when a schema is not usable.
    package func readAll() throws(SchemaError) {
        for name in files.keys { _ = try model(name) }
    }

    /// The resource `name` of a category, such as `contacts` of `crm`; nil also when its schema is not usable, which
    /// ``readAll()`` tells.
    package func resource(_ category: String, _ name: String) -> ResourceModel? {
        try? model(Name(category: category, name: name))
    }

    /// All resources, ordered by category and name.
    package var resources: [ResourceModel] {
        files.sorted { $0.value < $1.value }.compactMap { try? model($0.key) }
    }

    /// The categories, in alphabetical order.
    package var categories: [String] {
        Set(files.keys.map(\.category)).sorted()
    }

    private func model(_ name: Name) throws(SchemaError) -> ResourceModel? {
        if let model = known.withLock({ $0[name] }) { return model }
        guard let file = files[name] else { return nil }
        let model = try ResourceModel(named: file, in: documents)
        guard model.category == name.category, model.name == name.name else {
            throw SchemaError(message: "\(file)#/x-resource: the category and the name are not those of the file")
        }
        return known.withLock { known in
            if let first = known[name] { return first }
            known[name] = model
            return model
        }
    }
}
