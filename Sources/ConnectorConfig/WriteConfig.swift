package import JSONValue

/// What a unified method that changes something says beside its mappings.
package struct WriteConfig: Sendable {
    static let keys = [
        "required_fields", "defaults", "writable_fields", "record_id", "read_back", "verify_write", "body_schema",
        "result_mapping", "max_items",
    ]
    /// The slots that can see the caller's body.
    private static let slots = [
        "request_body_mapping", "request_header_mapping", "query_mapping", "path_mapping", "route", "before",
    ]

    /// A value for a field that the caller leaves out.
    package struct Default: Sendable {
        /// The field.
        package let path: [String]
        /// Its value; sees `body`, `query`, `context`.
        package let expression: Expression
    }

    /// Fields that the caller must give, on top of the model's.
    package let requiredFields: [[String]]
    /// Values of fields that a create leaves out.
    package let defaults: [Default]
    /// The unified fields that the connector can write; nil when that cannot be told.
    package let writableFields: Set<String>?
    /// Lists of which the vendor keeps no more than so many elements.
    package let itemsMax: [(path: [String], max: Int)]
    /// Where the answer names the record.
    package let recordID: RecordIDConfig?
    /// Whether the record is got afterwards; nil for "when the answer is not the record".
    package let readsBack: Bool?
    /// How the outcome of a write without an answer is found out.
    package let verification: VerifyWriteConfig?
    /// The body of a custom method, as JSON Schema.
    package let bodySchema: JSONValue?
    /// What a custom method answers; sees `response`.
    package let resultMapping: MappingStack?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        var required: [[String]] = []
        for field in reader.child("required_fields")?.elements() ?? [] {
            required.append(Self.path(try field.string()))
        }
        requiredFields = required
        var defaults: [Default] = []
        for (name, member) in try reader.child("defaults")?.members() ?? [] {
            defaults.append(Default(path: Self.path(name), expression: try member.expression()))
        }
        self.defaults = defaults
        var itemsMax: [(path: [String], max: Int)] = []
        for (name, member) in try reader.child("max_items")?.members() ?? [] {
            itemsMax.append((Self.path(name), try member.int(1...1000)))
        }
        self.itemsMax = itemsMax
        recordID = try reader.child("record_id").map(RecordIDConfig.init(reading:))
        readsBack = try reader.child("read_back")?.bool()
        verification = try reader.child("verify_write").map(VerifyWriteConfig.init(reading:))
        bodySchema = reader.child("body_schema")?.value
        resultMapping = try reader.child("result_mapping")?.mapping()
        if let named = try reader.child("writable_fields")?.strings() {
            writableFields = Set(named).union(defaults.compactMap(\.path.first))
        } else {
            writableFields = Self.readFields(reader, defaults)
        }
    }

    /// `last_name`, `/account/id` or `account.id`.
    private static func path(_ text: String) -> [String] {
        DocumentPath(text).names
    }

    /// The unified fields that the write's expressions name; nil when one of them takes the body as a whole.
    private static func readFields(_ reader: DocumentReader, _ defaults: [Default]) -> Set<String>? {
        let parts = Self.slots.compactMap { reader.value[$0] }
        guard reader.value["request_body_mapping"] != nil || reader.value["route"] != nil else { return nil }
        let words = SourceWords(parts.flatMap(texts))
        var fields = Set(defaults.compactMap(\.path.first))
        for run in words.runs {
            let names = run.split(separator: ".")
            guard names.first == "body" || names.first == "unified" else { continue }
            guard names.count > 1 else { return nil }
            fields.insert(String(names[1]))
        }
        return fields.isEmpty ? nil : fields
    }

    private static func texts(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let array): array.flatMap(texts)
        case .object(let object): object.flatMap { texts($0.value) }
        case .null, .bool, .number: []
        }
    }
}

/// Where the answer to a create names the new record.
package struct RecordIDConfig: Sendable {
    /// In the body.
    package let path: DocumentPath?
    /// In a header field, such as `Location`.
    package let header: String?
    /// Which part of the header field: the first group of the pattern.
    package let pattern: String?
    /// By expression; sees `response`, `headers`, `status`.
    package let expression: Expression?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["path", "header", "pattern", "expr"])
        path = try reader.child("path")?.string().documentPath
        header = try reader.child("header")?.string()
        pattern = try reader.child("pattern")?.string()
        expression = try reader.child("expr")?.expression()
        guard [path != nil, header != nil, expression != nil].count(where: \.self) == 1 else {
            throw reader.error("write one of 'path', 'header' and 'expr'")
        }
        if let pattern, (try? Regex(pattern)) == nil {
            throw try reader.required("pattern").error("not a regular expression")
        }
    }
}

/// The read that settles whether a write without an answer took place.
package struct VerifyWriteConfig: Sendable {
    /// The unified method: `list` or `get`.
    package let method: String
    /// Unified query parameters; see `body`, `id`, `context`.
    package let query: [NamedExpression]
    /// Whether a record found is the one written; sees `record`, `body`, `started_at`.
    ///
    /// nil takes any.
    package let match: Expression?
    /// Whether the vendor's reads see its writes at once, so that finding nothing means that nothing was written.
    package let isConsistent: Bool

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["method", "query", "match", "consistent"])
        method = try reader.child("method")?.string() ?? "list"
        guard method == "list" || method == "get" else {
            throw try reader.required("method").error("expected list or get")
        }
        query = try reader.child("query")?.expressions() ?? []
        match = try reader.child("match")?.expression()
        isConsistent = try reader.child("consistent")?.bool() ?? false
        if method == "get", match == nil { _ = try reader.required("match") }
    }
}

extension String {
    fileprivate var documentPath: DocumentPath { DocumentPath(self) }
}
