import JSONValue

/// Where the choices of a question come from.
package struct ChoiceSource: Sendable {
    /// What is asked for them.
    package enum Origin: Sendable {
        /// A native call; sees `context`, `search`, `cursor`.
        case proxy(StepRequestConfig, next: DocumentPath?)
        /// A unified list.
        case unified(category: String, resource: String, query: [NamedExpression])
        /// The document.
        case fixed([VariableConfig.Option])
    }

    /// How what the user types narrows the choices.
    package enum Search: String, Sendable, CaseIterable {
        /// The vendor looks for it.
        case vendor
        /// It must stand in the label.
        case label
    }

    /// What is asked for them.
    package let origin: Origin
    /// Where a record has the value that is kept.
    package let value: DocumentPath
    /// Where it has what the user reads.
    package let label: DocumentPath
    /// How the user can look for one; not at all, if nil.
    package let search: Search?
    /// Most choices of one page.
    package let max: Int

    private static let origins = ["proxy", "unified", "static"]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["proxy", "unified", "static", "value", "label", "search", "max", "next_path"])
        let found = Self.origins.filter { reader.child($0) != nil }
        guard found.count == 1 else { throw reader.error("choices come from one of proxy, unified, static") }
        let next = try reader.child("next_path")?.string().path
        if let proxy = reader.child("proxy") {
            origin = .proxy(try StepRequestConfig(reading: proxy), next: next)
        } else if let unified = reader.child("unified") {
            try unified.allow(["category", "resource", "query"])
            origin = .unified(
                category: try unified.required("category").string(),
                resource: try unified.required("resource").string(),
                query: try unified.child("query")?.expressions() ?? []
            )
        } else {
            var options: [VariableConfig.Option] = []
            for element in try reader.required("static").elements() {
                options.append(try VariableConfig.Option(reading: element))
            }
            origin = .fixed(options)
        }
        if let place = reader.child("next_path"), reader.child("proxy") == nil {
            throw place.error("only the answer of a native call has to say where it goes on")
        }
        value = DocumentPath(try reader.child("value")?.string() ?? "id")
        label = DocumentPath(try reader.child("label")?.string() ?? "name")
        search = try reader.child("search")?.choice(Search.self)
        if search == .vendor, case .fixed = origin {
            throw try reader.required("search").error("what stands in the document is searched by its labels")
        }
        max = try reader.child("max")?.int(1...1000) ?? 200
    }

    /// The native call that is named.
    var native: StepRequestConfig? {
        if case .proxy(let call, _) = origin { call } else { nil }
    }

    /// Whether the choices that a user sees need not be all.
    package var isOpen: Bool {
        switch origin {
        case .proxy(_, let next): search != nil || next != nil
        case .unified: true
        case .fixed: search != nil
        }
    }
}
