package import Foundation
package import Postgres
import Synchronization

/// Databases of a real server, one per test, each a copy of a template that is migrated once.
package enum TestDatabase {
    /// Migrations of one scope, as files of the package.
    package struct Schema: Sendable, Hashable {
        /// The folder under `migrations/`, which is also the scope.
        package let scope: String

        /// Names a folder.
        package init(_ scope: String) {
            self.scope = scope
        }
    }

    /// The package's root folder.
    package static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A fresh database with `schemas` applied in order, and the connection string of `role` in it.
    ///
    /// The roles of the services exist on the server, with the password `test`.
    ///
    /// - Parameters:
    ///   - schemas: folders under `migrations/`; none gives an empty database.
    ///   - role: such as `tributary_registry`; nil is the superuser.
    /// - Returns: How to reach the database.
    /// - Throws: when no server can be reached or started.
    package static func make(_ schemas: [Schema] = [], role: String? = nil) async throws -> PostgresConfig {
        let template = try await templates.template(schemas)
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let admin = PostgresPool(PostgresConfig(url: try await server.url(), connectionsMax: 1))
        defer { admin.close() }
        try await admin.execute(Query(stringLiteral: "create database \(name) template \(template)"))
        return PostgresConfig(url: try await server.url(database: name, role: role), connectionsMax: 4)
    }

    private static let server = TestServer()
    private static let templates = TemplateDatabases(server: server)

    /// The server's address: TRIBUTARY_TEST_POSTGRES, or a private cluster under `.tributary/` that is started here.
    private actor TestServer {
        private var address: Task<String, any Error>?

        func url() async throws -> String {
            if let address { return try await address.value }
            let starting = Task { try await Self.started() }
            address = starting
            return try await starting.value
        }

        private static func started() async throws -> String {
            if let given = ProcessInfo.processInfo.environment["TRIBUTARY_TEST_POSTGRES"] { return given }
            let process = Process()
            process.executableURL = packageRoot.appendingPathComponent("ops/postgres")
            process.arguments = ["start", packageRoot.appendingPathComponent(".tributary/test-postgres").path, "auto"]
            let output = Pipe()
            process.standardOutput = output
            // To wait for its end on this thread would keep all other tests waiting, too, and the end may be missed.
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                process.terminationHandler = { process in
                    if process.terminationStatus == 0 {
                        continuation.resume()
                    } else {
                        continuation.resume(throwing: CocoaError(.executableLoad))
                    }
                }
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
            let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            let started = text.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !started.isEmpty else { throw CocoaError(.executableLoad) }
            return started
        }

        func url(database: String, role: String?) async throws -> String {
            guard var parts = URLComponents(string: try await url()) else { throw CocoaError(.coderInvalidValue) }
            parts.path = "/" + database
            if let role {
                parts.user = role
                parts.password = "test"
            }
            guard let text = parts.string else { throw CocoaError(.coderInvalidValue) }
            return text
        }
    }

    /// Templates, each made once per process.
    private actor TemplateDatabases {
        private let server: TestServer
        private var made: [[Schema]: Task<String, any Error>] = [:]

        init(server: TestServer) {
            self.server = server
        }

        func template(_ schemas: [Schema]) async throws -> String {
            if let task = made[schemas] { return try await task.value }
            let task = Task { try await self.make(schemas) }
            made[schemas] = task
            return try await task.value
        }

        private func make(_ schemas: [Schema]) async throws -> String {
            let admin = PostgresPool(PostgresConfig(url: try await server.url(), connectionsMax: 1))
            defer { admin.close() }
            try await admin.execute(
                """
                do $$
                declare role_name text;
                begin
                    perform pg_advisory_xact_lock(7410, 2);
                    foreach role_name in array
                        array['tributary_registry', 'tributary_broker', 'tributary_sync', 'tributary_vault']
                    loop
                        if not exists (select from pg_roles where rolname = role_name) then
                            execute format('create role %I login password ''test''', role_name);
                        end if;
                    end loop;
                end $$
                """
            )
            let name = "template_" + UUID().uuidString.lowercased().replacing("-", with: "")
            try await admin.execute(Query(stringLiteral: "create database \(name)"))
            let pool = PostgresPool(
                PostgresConfig(url: try await server.url(database: name, role: nil), connectionsMax: 2)
            )
            for schema in schemas {
                let folder = packageRoot.appendingPathComponent("migrations/\(schema.scope)")
                _ = try await Migrator(Migration.read(folder), scope: schema.scope).migrate(pool)
            }
            pool.close()
            return name
        }
    }
}
