import ArgumentParser
import BrokerService
import Cryptography
import Foundation
import Postgres
import ServiceKit
import VaultService
import Vocabulary

/// The command `tributary init`.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make keys, certificates, databases and roles, and write settings.env.",
        discussion: "What is there already is kept, so it may be run again."
    )

    @Option(help: "Connection string of a Postgres superuser; may also be TRIBUTARY_SUPERUSER_DATABASE_URL.")
    var superuser: String?

    func run() async throws {
        let settings = try Settings()
        let superuser = try superuser ?? settings.databaseURL("superuser")
        try FileManager.default.createDirectory(
            at: settings.dataDirectory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try KeyFiles(directory: settings.file("keys")).create()
        try certificates(settings)
        let admin = PostgresPool(PostgresConfig(url: superuser, connectionsMax: 1))
        defer { admin.close() }
        var passwords: [String: String] = [:]
        for role in ["tributary_owner", "tributary_registry", "tributary_broker", "tributary_sync", "tributary_vault"] {
            passwords[role] = Base64URL.encode(try SecureRandom.bytes(24))
        }
        try await DatabaseSetupStore(admin: admin).create(passwords: passwords)
        try writeSettings(settings, superuser: superuser, passwords: passwords)
        print("keys, certificates, databases and settings are in \(settings.dataDirectory.path)")
    }

    private func certificates(_ settings: Settings) throws {
        let authority = try DevelopmentAuthority(directory: settings.file("tls"))
        let identity = try authority.issue(
            commonName: "localhost",
            dnsNames: ["localhost"],
            ipAddresses: ["127.0.0.1", "::1"]
        )
        try Data(identity.chainPEM).write(to: settings.file("tls/executor.pem"), options: .atomic)
        try writeSecret(identity.privateKeyPEM, to: settings.file("tls/executor.key"))
        try clientCertificates(authority, settings)
    }

    /// What the sandbox's vendors that ask for a client certificate accept: one to upload as PEM, another as PFX.
    private func clientCertificates(_ authority: DevelopmentAuthority, _ settings: Settings) throws {
        let folder = settings.file("tls")
        let pem = try authority.issue(commonName: "Demo Mutual SSL", isClient: true)
        try Data(pem.chainPEM).write(to: folder.appendingPathComponent("client.pem"), options: .atomic)
        try writeSecret(pem.privateKeyPEM, to: folder.appendingPathComponent("client.key"))
        let bundle = try authority.issue(commonName: "Demo Mutual SSL bundle", isClient: true)
        try writeSecret(
            bundle.bundle(passphrase: Secret(Self.bundlePassphrase)),
            to: folder.appendingPathComponent("client.pfx")
        )
    }

    /// Known to everybody: the bundle opens nothing but the sandbox.
    private static let bundlePassphrase = "sandbox"

    private func writeSecret(_ bytes: [UInt8], to file: URL) throws {
        try? FileManager.default.removeItem(at: file)
        guard
            FileManager.default.createFile(
                atPath: file.path,
                contents: Data(bytes),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw Settings.Failure(description: "\(file.path) cannot be written") }
    }

    private func writeSettings(_ settings: Settings, superuser: String, passwords: [String: String]) throws {
        func url(_ role: String, _ database: String) throws -> String {
            guard var parts = URLComponents(string: superuser), let password = passwords[role] else {
                throw Settings.Failure(description: "the superuser's connection string is not a postgresql:// address")
            }
            parts.user = role
            parts.password = password
            parts.path = "/" + database
            return parts.string ?? ""
        }
        let lines = [
            "# Written by `tributary init`; holds passwords. Anything set in the environment wins.",
            "TRIBUTARY_OWNER_DATABASE_URL=\(try url("tributary_owner", "tributary"))",
            "TRIBUTARY_OWNER_VAULT_DATABASE_URL=\(try url("tributary_owner", "tributary_vault"))",
            "TRIBUTARY_OWNER_KEYS_DATABASE_URL=\(try url("tributary_owner", "tributary_keys"))",
            "TRIBUTARY_REGISTRY_DATABASE_URL=\(try url("tributary_registry", "tributary"))",
            "TRIBUTARY_BROKER_DATABASE_URL=\(try url("tributary_broker", "tributary"))",
            "TRIBUTARY_SYNC_DATABASE_URL=\(try url("tributary_sync", "tributary"))",
            "TRIBUTARY_VAULT_SERVICE_DATABASE_URL=\(try url("tributary_vault", "tributary_vault"))",
            "TRIBUTARY_KEYS_SERVICE_DATABASE_URL=\(try url("tributary_vault", "tributary_keys"))",
        ]
        let file = settings.file("settings.env").path
        // Written beside and moved into place with its mode, so that it is never readable by others nor half there.
        let draft = file + ".new"
        try? FileManager.default.removeItem(atPath: draft)
        guard
            FileManager.default.createFile(
                atPath: draft,
                contents: Data((lines.joined(separator: "\n") + "\n").utf8),
                attributes: [.posixPermissions: 0o600]
            ), rename(draft, file) == 0
        else { throw Settings.Failure(description: "\(file) cannot be written") }
    }
}

/// The key files of an installation, each made once.
struct KeyFiles {
    let directory: URL

    /// Makes what is missing.
    func create() throws {
        _ = try RootKey.create(at: directory.appendingPathComponent("root.key"))
        try ServiceKeys(directory: directory).create()
        for name in ["cursor.key", "session.key"] {
            let file = directory.appendingPathComponent(name).path
            guard !FileManager.default.fileExists(atPath: file) else { continue }
            guard
                FileManager.default.createFile(
                    atPath: file,
                    contents: Data(try SecureRandom.bytes(32)),
                    attributes: [.posixPermissions: 0o400]
                )
            else { throw Settings.Failure(description: "\(file) cannot be written") }
        }
    }
}

/// The command `tributary keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Manage the installation's keys.",
        subcommands: [Init.self]
    )

    /// The command `tributary keys init`.
    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Make the root key and the services' keys, where they are missing."
        )

        func run() async throws {
            let settings = try Settings()
            try KeyFiles(directory: settings.file("keys")).create()
            print("the keys are in \(settings.file("keys").path); keep a copy of root.key somewhere safe")
        }
    }
}
