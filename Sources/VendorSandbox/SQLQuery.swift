import JSONValue

/// A statement of the SQL-like query language: one object, conditions, order, limit.
///
/// ```
/// SELECT Id, Owner.Name | COUNT() FROM Name [WHERE condition] [ORDER BY field ASC|DESC [NULLS FIRST|LAST], ...]
///     [LIMIT n] [OFFSET n]
/// ```
struct SQLQuery: Sendable {
    /// The text cannot be read.
    struct Failure: Error {
        let message: String
    }

    /// Names a field that the object does not have.
    struct UnknownField: Error {
        let field: String
    }

    struct Order: Sendable {
        let field: String
        let isDescending: Bool
        let nullsLast: Bool
    }

    let fields: [String]
    let isCount: Bool
    let table: String
    let condition: SQLCondition?
    let order: [Order]
    let limit: Int?
    let offset: Int

    init(_ text: String) throws {
        var parser = SQLParser(text)
        try parser.expect("SELECT")
        var fields: [String] = []
        var isCount = false
        repeat {
            let name = try parser.name()
            if name.uppercased() == "COUNT", parser.take("(") {
                if parser.peek != ")" { _ = try parser.name() }
                try parser.expect(")")
                isCount = true
            } else {
                fields.append(name)
            }
        } while parser.take(",")
        self.fields = fields
        self.isCount = isCount
        try parser.expect("FROM")
        table = try parser.name()
        condition = parser.take("WHERE") ? try parser.condition() : nil
        var order: [Order] = []
        if parser.take("ORDER") {
            try parser.expect("BY")
            repeat {
                let field = try parser.name()
                let isDescending = parser.take("DESC")
                if !isDescending { _ = parser.take("ASC") }
                var nullsLast = false
                if parser.take("NULLS") {
                    nullsLast = parser.take("LAST")
                    if !nullsLast { try parser.expect("FIRST") }
                }
                order.append(Order(field: field, isDescending: isDescending, nullsLast: nullsLast))
            } while parser.take(",")
        }
        self.order = order
        limit = parser.take("LIMIT") ? try parser.integer() : nil
        offset = parser.take("OFFSET") ? try parser.integer() : 0
        try parser.expectEnd()
    }

    /// The records that the statement selects, in order, cut to its limit.
    func run(on records: [JSONValue], knownFields: Set<String>) throws -> [JSONValue] {
        for field in fields + order.map(\.field) + (condition?.fields ?? []) {
            let first = String(field.split(separator: ".")[0])
            guard knownFields.contains(first.lowercased()) else { throw UnknownField(field: field) }
        }
        var found = try records.filter { try condition?.matches($0) ?? true }
        if !order.isEmpty {
            found = found.enumerated().sorted { left, right in
                for key in order {
                    let first = SQLValue(Self.value(key.field, of: left.element))
                    let second = SQLValue(Self.value(key.field, of: right.element))
                    if first == .null || second == .null {
                        if first == second { continue }
                        return (first == .null) != key.nullsLast
                    }
                    if let isLess = first.isLess(than: second), isLess != (second.isLess(than: first) ?? false) {
                        return isLess != key.isDescending
                    }
                }
                return left.offset < right.offset
            }.map(\.element)
        }
        found = Array(found.dropFirst(offset))
        return limit.map { Array(found.prefix($0)) } ?? found
    }

    /// Whether a field of a related record is asked for, compared or sorted by.
    func mentions(_ relation: String) -> Bool {
        let prefix = relation.lowercased() + "."
        return (fields + order.map(\.field) + (condition?.fields ?? [])).contains { $0.lowercased().hasPrefix(prefix) }
    }

    /// A record with the selected fields alone, in the order asked for.
    func project(_ record: JSONValue) -> JSONObject {
        var result = JSONObject()
        for field in fields {
            let parts = field.split(separator: ".").map(String.init)
            if parts.count == 2 {
                let related = Self.value(parts[0], of: record)
                guard case .object = related else {
                    result[parts[0]] = .null
                    continue
                }
                var inner = result[parts[0]]?.object ?? JSONObject()
                // What a vendor puts into every related record comes first.
                if inner.isEmpty, let head = related["attributes"] { inner["attributes"] = head }
                inner[parts[1]] = Self.value(parts[1], of: related)
                result[parts[0]] = .object(inner)
            } else {
                let name = record.object?.keys.first { $0.lowercased() == field.lowercased() } ?? field
                result[name] = Self.value(field, of: record)
            }
        }
        return result
    }

    /// A field's value; names are compared without regard to case, as the language does.
    static func value(_ path: String, of record: JSONValue) -> JSONValue {
        var value = record
        for part in path.split(separator: ".") {
            guard case .object(let object) = value,
                let member = object.first(where: { $0.key.lowercased() == part.lowercased() })
            else { return .null }
            value = member.value
        }
        return value
    }
}
