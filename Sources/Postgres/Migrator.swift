package import Foundation

/// One numbered, forward-only change of a schema.
package struct Migration: Sendable, Equatable {
    /// The file's name without its ending, such as `0001_tenants`; the number decides the order.
    package let name: String
    /// The statements; they run in one transaction.
    package let sql: String

    /// Describes a change.
    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }

    /// Reads every `NNNN_name.sql` of `directory`, in order.
    ///
    /// - Throws: `migration` when a name has another form or a number is used twice.
    package static func read(_ directory: URL) throws -> [Migration] {
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".sql") && $0 != "schema.sql" }.sorted()
        var numbers: Set<Substring> = []
        return try files.map { file in
            guard let match = file.wholeMatch(of: /([0-9]{4})_[a-z0-9_]+\.sql/), numbers.insert(match.1).inserted else {
                throw PostgresError(
                    .migration,
                    "\(directory.lastPathComponent)/\(file): a migration is named NNNN_words.sql, each number once"
                )
            }
            let sql = try String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8)
            return Migration(name: String(file.dropLast(4)), sql: sql)
        }
    }
}

/// Brings a database's schema up to date, once for however many processes try.
package struct Migrator: Sendable {
    private let migrations: [Migration]
    private let scope: String

    /// Will apply `migrations` in order.
    ///
    /// - Parameters:
    ///   - migrations: what ``Migration/read(_:)`` gives.
    ///   - scope: keeps several sets in one database apart, such as `registry`.
    package init(_ migrations: [Migration], scope: String) {
        self.migrations = migrations
        self.scope = scope
    }

    /// Applies what is missing and gives the names of what was applied.
    ///
    /// - Throws: `migration` when an applied file was changed or has vanished; otherwise the ``PostgresError`` of the
    ///   statement that failed, whose migration is then not applied at all.
    package func migrate(_ pool: PostgresPool) async throws -> [String] {
        try await pool.withConnection { connection in
            // One lock for every set and process; it ends with the session at the latest.
            _ = try await connection.run("select pg_advisory_lock(7410, 1)")
            do {
                // Under the lock: even `if not exists` fails when two sessions create the same table at once.
                _ = try await connection.run(
                    """
                    create table if not exists public.schema_migrations (
                        scope text not null,
                        name text not null,
                        checksum text not null,
                        applied_at timestamptz not null default now(),
                        primary key (scope, name)
                    )
                    """
                )
                let applied = try await apply(connection)
                _ = try await connection.run("select pg_advisory_unlock(7410, 1)")
                return applied
            } catch {
                await connection.rollBack()
                _ = try? await connection.run("select pg_advisory_unlock(7410, 1)")
                throw error
            }
        }
    }

    private func apply(_ connection: PostgresConnection) async throws -> [String] {
        let rows = try await connection.run(
            "select name, checksum from public.schema_migrations where scope = \(scope) order by name"
        ).rows
        var known: [String: String] = [:]
        for row in rows { known[try row.get("name")] = try row.get("checksum", as: String.self) }
        if let lost = known.keys.sorted().first(where: { name in !migrations.contains { $0.name == name } }) {
            throw PostgresError(
                .migration,
                "\(scope)/\(lost).sql was applied to this database and is missing; restore the file"
            )
        }
        var applied: [String] = []
        for migration in migrations {
            let checksum: String = try await connection.run(
                "select encode(sha256(convert_to(\(migration.sql), 'UTF8')), 'hex') as checksum"
            ).rows[0].get("checksum")
            if let earlier = known[migration.name] {
                guard earlier == checksum else {
                    throw PostgresError(
                        .migration,
                        "\(scope)/\(migration.name).sql was changed after it was applied; undo the change and write a new file"
                    )
                }
                continue
            }
            _ = try await connection.run("begin")
            try await connection.runScript(migration.sql)
            _ = try await connection.run(
                """
                insert into public.schema_migrations (scope, name, checksum)
                values (\(scope), \(migration.name), \(checksum))
                """
            )
            _ = try await connection.run("commit")
            applied.append(migration.name)
        }
        return applied
    }
}
