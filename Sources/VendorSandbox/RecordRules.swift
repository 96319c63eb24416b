import JSONValue
import JSONata

/// What a route knows about records beyond reading and keeping them: what it refuses, how a new record looks, which
/// other collections its expressions see.
struct RecordRules: Sendable {
    /// Collections whose records expressions see, by the name they see them under.
    let companions: [(name: String, collection: String)]
    /// Which records of a list count; sees `record`.
    let condition: JSONataExpression?
    /// Gives `{"error": name, ...}` for what the vendor refuses; the other members go to the complaint.
    let refusal: JSONataExpression?
    /// A new record; without it the body is the record.
    ///
    /// Sees `body`, `id`, `now`.
    let record: JSONataExpression?
    /// A merge patch (RFC 7396) of `record`; without it the body is the patch.
    let patch: JSONataExpression?
    /// The id of the record that is changed, where the path does not have it; sees `body`.
    let identity: JSONataExpression?
    /// Names of filters that stand for lists elsewhere in the record.
    let searchPaths: [String: [String]]
    /// Whether removing what is not there is fine.
    let toleratesMissing: Bool
    /// The status of a list without rows, which then has no body either.
    let emptyStatus: Int?
    /// What goes in front of a related record in a statement's row; sees `table` and `id`.
    let related: JSONataExpression?

    init(_ route: JSONValue, _ prelude: SandboxPrelude) throws {
        companions = (route["with"]?.object ?? [:]).map { ($0.key, $0.value.string ?? $0.key) }
        condition = try prelude.expression(route["where"])
        refusal = try prelude.expression(route["refuse"])
        record = try prelude.expression(route["record"])
        patch = try prelude.expression(route["patch"])
        identity = try prelude.expression(route["record_id"])
        related = try prelude.expression(route["related"])
        emptyStatus = route["empty_status"]?.int
        toleratesMissing = route["missing"]?.string == "fine"
        var paths: [String: [String]] = [:]
        for member in route["search_paths"]?.object ?? [:] {
            paths[member.key] = member.value.string?.split(separator: ".").map(String.init)
        }
        searchPaths = paths
    }

    /// The id of the record that is changed, where the path does not have it.
    func identifier(in scope: JSONObject) throws -> String? {
        let value = try identity?.evaluate(.object(scope))
        return value?.string ?? value?.number?.text
    }

    /// The records that count.
    func selected(_ records: [JSONValue], in scope: JSONObject) throws -> [JSONValue] {
        guard let condition else { return records }
        return try records.filter { record in
            var scope = scope
            scope["record"] = record
            return try condition.evaluate(.object(scope))?.bool == true
        }
    }
}

/// Functions that a vendor's expressions share.
struct SandboxPrelude: Sendable {
    private let functions: [(name: String, source: String)]

    init(_ functions: JSONValue?) {
        self.functions = (functions?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
    }

    /// An expression with the functions in front of it; those that it does not name, itself or by another, are left out.
    func expression(_ value: JSONValue?) throws -> JSONataExpression? {
        guard let source = value?.string else { return nil }
        var text = source
        var used: [String] = []
        // A function may name those above it.
        for function in functions.reversed() where text.contains("$\(function.name)(") {
            used.insert("$\(function.name) := \(function.source);", at: 0)
            text += function.source
        }
        return try JSONataExpression(compiling: used.isEmpty ? source : "(\(used.joined(separator: "\n"))\n\(source))")
    }
}

/// A record that another one points at, as statements name it: `Owner.Name`.
struct Relation: Sendable {
    /// The member that holds the other record's id.
    let key: String
    /// Where the other record may be: a table's name and its collection.
    let targets: [(table: String, collection: String)]

    /// The relations of all tables: `{Table: {Name: {key, targets: {Table: collection}}}}`.
    static func all(_ document: JSONValue?) -> [String: [String: Relation]] {
        var all: [String: [String: Relation]] = [:]
        for table in document?.object ?? [:] {
            for relation in table.value.object ?? [:] {
                all[table.key, default: [:]][relation.key] = Relation(
                    key: relation.value["key"]?.string ?? "",
                    targets: (relation.value["targets"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") }
                )
            }
        }
        return all
    }
}
