/// One row of an answer.
package struct Row: Sendable {
    let columns: [String: Int]
    let values: [String?]

    /// The value of `column`.
    ///
    /// - Throws: `wrongType` when there is no such column, when it is NULL, or when it cannot be read as `type`.
    package func get<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let value = try optional(column, as: type) else {
            throw PostgresError(.wrongType, "column \(column) is NULL where \(type) is wanted")
        }
        return value
    }

    /// The value of `column`, nil for NULL.
    ///
    /// - Throws: `wrongType` when there is no such column or when it cannot be read as `type`.
    package func optional<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value? {
        guard let index = columns[column] else {
            throw PostgresError(.wrongType, "the answer has no column \(column); it has \(columns.keys.sorted())")
        }
        guard let text = values[index] else { return nil }
        guard let value = Value(postgresText: text) else {
            throw PostgresError(.wrongType, "column \(column) cannot be read as \(type)")
        }
        return value
    }
}
