import Foundation
import Postgres

/// Makes the databases and roles of an installation.
///
/// Needs a superuser; everything else runs as the roles made here.
struct DatabaseSetupStore {
    /// The superuser's database `postgres`.
    let admin: PostgresPool

    /// The role that owns the schemas and runs migrations.
    static let owner = "tributary_owner"
    /// The databases, one per trust zone.
    static let databases = ["tributary", "tributary_vault", "tributary_keys"]

    /// Makes what is missing and sets each role's password.
    ///
    /// - Parameter passwords: by role; letters, digits, hyphens and underscores only.
    /// - Throws: `PostgresError` when the role is no superuser.
    func create(passwords: [String: String]) async throws {
        for (role, password) in passwords.sorted(by: { $0.key < $1.key }) {
            let known = try await admin.query("select 1 from pg_roles where rolname = \(role)")
            // Role names and passwords cannot be bound in DDL; both are of our own making and of a safe alphabet.
            precondition((role + password).utf8.allSatisfy { $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\"") })
            let verb = known.isEmpty ? "create" : "alter"
            try await admin.execute(
                Query(
                    stringLiteral:
                        "\(verb) role \"\(role)\" login nobypassrls nocreatedb nocreaterole password '\(password)'"
                )
            )
        }
        for database in Self.databases {
            let known = try await admin.query("select 1 from pg_database where datname = \(database)")
            if known.isEmpty {
                try await admin.execute(Query(stringLiteral: "create database \"\(database)\" owner \"\(Self.owner)\""))
                try await admin.execute(Query(stringLiteral: "revoke all on database \"\(database)\" from public"))
            }
        }
        let access = [
            "tributary": ["tributary_registry", "tributary_broker", "tributary_sync"],
            "tributary_vault": ["tributary_vault"], "tributary_keys": ["tributary_vault"],
        ]
        for (database, roles) in access {
            for role in roles {
                try await admin.execute(
                    Query(stringLiteral: "grant connect on database \"\(database)\" to \"\(role)\"")
                )
            }
        }
    }
}
