import ConnectorEngine
package import Foundation
package import HTTPExchange
package import Logging
package import Postgres
package import RegistryContract
package import ServiceKit
package import UnifiedModel
package import VaultContract
package import Vocabulary

/// Connect flows and token renewal: the one service that handles secrets and dials vendors' authorization servers.
package struct BrokerService: Sendable {
    private let pool: PostgresPool
    private let registry: any RegistryClient
    private let vault: any VaultClient
    private let verifier: ServiceTokenVerifier?
    private let digests: any Digests
    private let logger: Logger
    private let publicURL: String
    private let connectRoutes: ConnectRoutes
    private let access: AccessBroker
    private let certificates: ClientCertificates
    private let certificateReader: any CertificateReader
    private let now: @Sendable () -> Date

    /// Puts the service together.
    ///
    /// - Parameters:
    ///   - config: where it is reached.
    ///   - pool: the database `tributary`, as the broker's role.
    ///   - registry: the Registry.
    ///   - vault: the Vault.
    ///   - sender: dials vendors.
    ///   - digests: randomness, hashing and HMAC.
    ///   - model: the unified resources, from which a connector's form can take choices.
    ///   - certificateReader: reads what people upload for mutual TLS.
    ///   - verifier: checks the other services' tokens.
    ///   - logger: writes the log of the background work.
    ///   - now: the time.
    /// - Throws: when the page template is broken.
    package init(
        config: BrokerConfig,
        pool: PostgresPool,
        registry: any RegistryClient,
        vault: any VaultClient,
        sender: any HTTPSender,
        digests: any Digests,
        model: UnifiedModel,
        certificateReader: any CertificateReader,
        verifier: ServiceTokenVerifier?,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        self.pool = pool
        self.registry = registry
        self.vault = vault
        self.verifier = verifier
        self.digests = digests
        self.logger = logger
        publicURL = config.publicURL
        let configurations = Configurations(registry: registry)
        let certificates = ClientCertificates(vault: vault, digests: digests)
        self.certificates = certificates
        self.certificateReader = certificateReader
        self.now = now
        let exchange = TokenExchange(vault: vault, sender: sender, digests: digests, now: now)
        let secrets = BrowserSecret(digests: digests, sessionKey: config.sessionKey)
        let engine = Engine(
            model: model,
            sender: sender,
            digests: digests,
            cursorKey: Secret(try secrets.key("choices")),
            traffic: TrafficControl()
        )
        connectRoutes = ConnectRoutes(
            flow: ConnectFlow(
                configurations: configurations,
                registry: registry,
                vault: vault,
                certificates: certificates,
                certificateReader: certificateReader,
                exchange: exchange,
                sessions: ConnectSessionStore(pool: pool),
                secrets: secrets,
                config: config,
                engine: engine,
                now: now
            ),
            page: try ConnectPage()
        )
        access = AccessBroker(
            configurations: configurations,
            registry: registry,
            vault: vault,
            certificates: certificates,
            exchange: exchange,
            now: now,
            holder: try secrets.make(),
            farewell: AccountFarewell(
                configurations: configurations,
                vault: vault,
                certificates: certificates,
                sender: sender,
                digests: digests
            )
        )
    }

    /// Its operations.
    package var endpoints: [Endpoint] {
        connectRoutes.endpoints
            + BrokerRoutes(registry: registry, access: access, publicURL: publicURL).endpoints
            + AppCredentialRoutes(
                registry: registry,
                vault: vault,
                certificates: certificates,
                certificateReader: certificateReader,
                now: now
            ).endpoints
    }

    /// Reads API keys, which it asks the Registry about, and service tokens.
    package var authenticator: any CallerAuthenticator {
        BearerAuthenticator(tokens: verifier) { [registry, digests] text in
            let digest = Hexadecimal.text(try digests.digest(.sha256, of: Array(text.reveal().utf8)))
            guard let key = try await registry.apiKey(sha256: digest), !key.revoked else { return nil }
            return APIKeyIdentity(
                keyID: key.keyID,
                tenantID: key.tenantID,
                environmentID: key.environmentID,
                scopes: Set(key.scopes.map { Scope(rawValue: $0) })
            )
        }
    }

    /// What must hold before it takes requests.
    package var readiness: [HealthCheck] {
        [HealthCheck("database") { [pool] in try await pool.query("select 1") }]
    }

    /// What there is to do without being asked: carries events between Vault and Registry, and keeps grants alive.
    ///
    /// - Throws: when one of them cannot be reached; it is tried again.
    package func work() async throws {
        try await access.announce()
        try await access.keepAlive(logger: logger)
    }

    /// Works until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await work()
            } catch {
                logger.debug("events wait for the vault or the registry", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(2))
        }
    }
}
