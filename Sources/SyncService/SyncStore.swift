import Postgres

/// The sync service's part of the database.
struct SyncStore: Sendable {
    let pool: PostgresPool

    /// Returns when the database answers and the service may use its schema.
    ///
    /// - Throws: `PostgresError` when it does not.
    func check() async throws {
        let rows = try await pool.query("select has_schema_privilege('sync', 'usage') as usable")
        guard try rows.first?.get("usable", as: Bool.self) == true else { throw SyncSetupError() }
    }
}

/// The service's role may not use its schema.
struct SyncSetupError: Error, CustomStringConvertible {
    let description = "the role of this service may not use the schema sync; run: tributary migrate"
}
