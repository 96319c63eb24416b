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
struct RegistryCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Run the registry: tenants, keys, connectors, configuration, accounts."
    )
    @OptionGroup var options: ServiceOptions

    static func serve(supervised: Bool) async throws {
        let installation = try Installation.current()
        let registry = RegistryService(
            pool: try installation.pool("registry"),
            digests: OpenSSLDigests(),
            verifier: try installation.verifier(for: .registry)
        )
        try await ServiceRunner(name: .registry, installation: installation, isSupervised: supervised).run(
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
struct VaultCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "Run the vault: encrypted credentials. Never expose it to the public."
    )
    @OptionGroup var options: ServiceOptions

    static func serve(supervised: Bool) async throws {
        let installation = try Installation.current()
        let vault = VaultService(
            credentials: try installation.pool("vault.service"),
            keys: try installation.pool("keys.service"),
            root: try RootKey(file: installation.settings.file("keys/root.key")),
            verifier: try installation.verifier(for: .vault)
        )
        try await ServiceRunner(name: .vault, installation: installation, isSupervised: supervised).run(
            endpoints: vault.endpoints,
            authenticator: vault.authenticator,
            readiness: vault.readiness,
            background: {}
        )
    }
}

/// The command `tributary broker`.
struct BrokerCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Run the broker: connect pages, OAuth, token renewal."
    )
    @OptionGroup var options: ServiceOptions

    static func serve(supervised: Bool) async throws {
        let installation = try Installation.current()
        let settings = installation.settings
        let sender = try installation.sender()
        let services = try installation.services(for: .broker, sender: sender)
        let broker = try BrokerService(
            config: BrokerConfig(
                publicURL: settings.connectURL,
                browserHosts: try settings.browserHosts(),
                sessionKey: Secret(try settings.key("session.key"))
            ),
            pool: try installation.pool("broker"),
            registry: HTTPRegistryClient(services.client(of: .registry)),
            vault: HTTPVaultClient(services.client(of: .vault)),
            sender: sender,
            digests: OpenSSLDigests(),
            model: try installation.unifiedModel(),
            certificateReader: OpenSSLCertificateReader(),
            verifier: try installation.verifier(for: .broker),
            logger: installation.logger(ServiceName.broker.rawValue)
        )
        try await ServiceRunner(name: .broker, installation: installation, isSupervised: supervised).run(
            endpoints: broker.endpoints,
            authenticator: broker.authenticator,
            readiness: broker.readiness,
            background: { await broker.run() }
        )
    }
}

/// The command `tributary executor`.
struct ExecutorCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "executor",
        abstract: "Run the executor: the unified API and the proxy."
    )
    @OptionGroup var options: ServiceOptions

    static func serve(supervised: Bool) async throws {
        let installation = try Installation.current()
        let settings = installation.settings
        let sender = try installation.sender()
        let services = try installation.services(for: .executor, sender: sender)
        let registry = services.client(of: .registry)
        var config = ExecutorConfig()
        config.cacheCapacity = settings.executorCacheCapacity
        let model = try installation.unifiedModel()
        let executor = ExecutorService(
            registry: HTTPRegistryClient(registry),
            writes: HTTPIdempotentWritesClient(registry),
            requestLog: HTTPRequestLogClient(registry),
            broker: HTTPBrokerClient(services.client(of: .broker)),
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
        try await ServiceRunner(name: .executor, installation: installation, isSupervised: supervised).run(
            endpoints: executor.endpoints,
            authenticator: executor.authenticator,
            readiness: executor.readiness,
            tls: tls,
            threads: 2,
            background: {
                async let running: Void = executor.run()
                // Not while the first requests are answered; a model that is not usable ends the service.
                try? await Task.sleep(for: .seconds(1))
                if !Task.isCancelled { try model.readAll() }
                try await running
            }
        )
    }
}

/// The command `tributary sync`.
struct SyncCommand: ServiceCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Run sync: webhooks, jobs, the change feed."
    )
    @OptionGroup var options: ServiceOptions

    static func serve(supervised: Bool) async throws {
        let installation = try Installation.current()
        let sync = SyncService(pool: try installation.pool("sync"), verifier: try installation.verifier(for: .sync))
        try await ServiceRunner(name: .sync, installation: installation, isSupervised: supervised).run(
            endpoints: sync.endpoints,
            authenticator: sync.authenticator,
            readiness: sync.readiness,
            background: { try await sync.run() }
        )
    }
}
