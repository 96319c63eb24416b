package import JSONValue

/// The resources that every connector answers in the same words: `openapi/models/`, read once at start.
package struct UnifiedModel: Sendable {
    private let byName: [String: ResourceModel]

    /// Reads the model.
    ///
    /// - Parameter documents: the schema documents by file name relative to `openapi/models`, such as
    ///   `crm/contacts.schema.json` and `common.schema.json`.
    /// - Throws: `SchemaError` when a schema is not usable.
    package init(documents: [String: JSONValue]) throws(SchemaError) {
        var byName: [String: ResourceModel] = [:]
        for (name, document) in documents where document["x-resource"] != nil {
            let model = try ResourceModel(named: name, document, in: documents)
            byName["\(model.category)/\(model.name)"] = model
        }
        self.byName = byName
    }

    /// The resource `name` of a category, such as `contacts` of `crm`.
    package func resource(_ category: String, _ name: String) -> ResourceModel? {
        byName["\(category)/\(name)"]
    }

    /// All resources, ordered by category and name.
    package var resources: [ResourceModel] {
        byName.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The categories, in alphabetical order.
    package var categories: [String] {
        Set(byName.values.map(\.category)).sorted()
    }
}
