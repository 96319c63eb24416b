import ArgumentParser
import BrokerContract
import BrokerService
import Cryptography
import ExecutorService
import Foundation
import RegistryContract
import RegistryService
import ServiceKit
import SyncService
import UnifiedModel
import VaultContract
import VaultService
import Vocabulary

/// The command `tributary registry`.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Run the registry: tenants, keys, connectors, configuration, accounts."
    )
    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let installation = try await Installation.current()
        let registry = RegistryService(
            pool: try installation.pool("registry"),
            digests: OpenSSLDigests(),
            verifier: try installation.verifier(for: .registry)
        )
        try await ServiceRunner(name: .registry, installation: installation, options: options).run(
            endpoints: registry.endpoints,
            authenticator: registry.authenticator,
            readiness: registry.readiness,
            background: {
                await withTaskCancellationHandler {
                    await registry.run()
                } onCancel: {
                    registry.prepareToStop()
                }
            }
        )
    }
}

/// The command `tributary vault`.
struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "Run the vault: encrypted credentials. Never expose it to the public."
    )
    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let installation = try await Installation.current()
        let vault = VaultService(
            credentials: try installation.pool("vault.service"),
            keys: try installation.pool("keys.service"),
            root: try RootKey(file: installation.settings.file("keys/root.key")),
            verifier: try installation.verifier(for: .vault)
        )
        try await ServiceRunner(name: .vault, installation: installation, options: options).run(
            endpoints: vault.endpoints,
            authenticator: vault.authenticator,
            readiness: vault.readiness,
            background: {}
        )
    }
}

/// The command `tributary broker`.
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Run the broker: connect pages, OAuth, token renewal."
    )
    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let installation = try await Installation.current()
        let settings = installation.settings
        let sender = try installation.sender()
        let broker = try BrokerService(
            config: BrokerConfig(
                publicURL: settings.connectURL,
                browserHosts: try settings.browserHosts(),
                sessionKey: Secret(try settings.key("session.key"))
            ),
            pool: try installation.pool("broker"),
            registry: HTTPRegistryClient(try installation.client(from: .broker, to: .registry, sender: sender)),
            vault: HTTPVaultClient(try installation.client(from: .broker, to: .vault, sender: sender)),
            sender: sender,
            digests: OpenSSLDigests(),
            model: try installation.unifiedModel(),
            certificateReader: OpenSSLCertificateReader(),
            verifier: try installation.verifier(for: .broker),
            logger: installation.logger(ServiceName.broker.rawValue)
        )
        try await ServiceRunner(name: .broker, installation: installation, options: options).run(
            endpoints: broker.endpoints,
            authenticator: broker.authenticator,
            readiness: broker.readiness,
            background: { await broker.run() }
        )
    }
}

/// The command `tributary executor`.
struct ExecutorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "executor",
        abstract: "Run the executor: the unified API and the proxy."
    )
    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let installation = try await Installation.current()
        let settings = installation.settings
        let sender = try installation.sender()
        var config = ExecutorConfig()
        config.cacheCapacity = settings.executorCacheCapacity
        let model = try installation.unifiedModel()
        let executor = ExecutorService(
            registry: HTTPRegistryClient(try installation.client(from: .executor, to: .registry, sender: sender)),
            writes: HTTPIdempotentWritesClient(
                try installation.client(from: .executor, to: .registry, sender: sender)
            ),
            requestLog: HTTPRequestLogClient(
                try installation.client(from: .executor, to: .registry, sender: sender)
            ),
            broker: HTTPBrokerClient(try installation.client(from: .executor, to: .broker, sender: sender)),
            sender: sender,
            model: model,
            digests: OpenSSLDigests(),
            cursorKey: Secret(try settings.key("cursor.key")),
            config: config,
            logger: installation.logger(ServiceName.executor.rawValue)
        )
        let tls = try settings.executorTLSPort.map { port in
            ApplicationConfig.TLS(
                port: port,
                certificateChainPEM: [UInt8](try Data(contentsOf: settings.file("tls/executor.pem"))),
                privateKeyPEM: [UInt8](try Data(contentsOf: settings.file("tls/executor.key")))
            )
        }
        try await ServiceRunner(name: .executor, installation: installation, options: options).run(
            endpoints: executor.endpoints,
            authenticator: executor.authenticator,
            readiness: executor.readiness,
            tls: tls,
            threads: 2,
            background: {
                // While the first requests are answered already; a model that is not usable ends the service.
                try model.readAll()
                try await executor.run()
            }
        )
    }
}

/// The command `tributary sync`.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Run sync: webhooks, jobs, the change feed."
    )
    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let installation = try await Installation.current()
        let sync = SyncService(pool: try installation.pool("sync"), verifier: try installation.verifier(for: .sync))
        try await ServiceRunner(name: .sync, installation: installation, options: options).run(
            endpoints: sync.endpoints,
            authenticator: sync.authenticator,
            readiness: sync.readiness,
            background: { try await sync.run() }
        )
    }
}
