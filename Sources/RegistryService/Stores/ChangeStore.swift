import Postgres
import RegistryContract

/// The feed by which other services drop what they cache.
struct ChangeStore: Sendable {
    let pool: PostgresPool

    static func record(_ kind: RegistryChange.Kind, _ id: String, in transaction: PostgresTransaction) async throws {
        try await transaction.execute("insert into registry.change (kind, id) values (\(kind.rawValue), \(id))")
    }

    /// The changes after `sequence`, oldest first.
    func changes(after sequence: Int) async throws -> [RegistryChange] {
        try await pool.query(
            """
            select sequence, kind, id from registry.change
            where sequence > \(sequence) order by sequence limit 1000
            """
        ).compactMap { row in
            guard let kind = RegistryChange.Kind(rawValue: try row.get("kind")) else { return nil }
            return RegistryChange(sequence: try row.get("sequence"), kind: kind, id: try row.get("id"))
        }
    }

    func latest() async throws -> Int {
        try await pool.query("select coalesce(max(sequence), 0) as latest from registry.change")[0].get("latest")
    }
}
