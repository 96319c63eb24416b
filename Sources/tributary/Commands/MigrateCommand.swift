import ArgumentParser
import Cryptography
import Foundation
import Postgres
import RegistryService
import Vocabulary

/// The command `tributary migrate`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the databases' schemas up to date."
    )

    func run() async throws {
        let installation = try Installation.current()
        let sets = [
            ("registry", "owner"), ("broker", "owner"), ("sync", "owner"), ("vault", "owner.vault"),
            ("keys", "owner.keys"),
        ]
        for (scope, database) in sets {
            let folder = installation.settings.content("migrations/\(scope)")
            guard FileManager.default.fileExists(atPath: folder.path) else { continue }
            let pool = try installation.pool(database)
            defer { pool.close() }
            let applied = try await Migrator(Migration.read(folder), scope: scope).migrate(pool)
            print(applied.isEmpty ? "\(scope): up to date" : "\(scope): applied \(applied.joined(separator: ", "))")
        }
    }
}

/// The command `tributary admin-key`.
struct AdminKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin-key",
        abstract: "Make an API key of a platform administrator and print it.",
        discussion: "The key is shown this once. It may do everything; make narrower keys with it."
    )

    @Option(help: "What the key is for.")
    var name = "operator"

    func run() async throws {
        let installation = try Installation.current()
        let registry = RegistryService(
            pool: try installation.pool("registry"),
            digests: OpenSSLDigests(),
            verifier: nil
        )
        print(try await registry.createPlatformAdminKey(named: name).reveal())
    }
}
