package import Postgres
import RegistryContract
package import ServiceKit
package import Vocabulary

/// Tenants, keys, connectors, configuration and accounts: what the installation knows, except for secrets.
package struct RegistryService: Sendable {
    private let pool: PostgresPool
    private let tokens: TokenText
    private let verifier: ServiceTokenVerifier?
    private let feed: ChangeFeed

    /// Puts the service together.
    ///
    /// - Parameters:
    ///   - pool: the database `tributary`, as the registry's role.
    ///   - digests: randomness and hashing for keys and tokens.
    ///   - verifier: checks the other services' tokens.
    package init(pool: PostgresPool, digests: any Digests, verifier: ServiceTokenVerifier?) {
        self.pool = pool
        self.verifier = verifier
        tokens = TokenText(digests: digests)
        feed = ChangeFeed(pool: pool)
    }

    /// Its operations.
    package var endpoints: [Endpoint] {
        let tenants = TenantStore(pool: pool)
        let keys = APIKeyStore(pool: pool)
        let layers = ConfigLayerStore(pool: pool)
        let integrations = IntegrationStore(pool: pool)
        let accounts = AccountStore(pool: pool)
        return TenantRoutes(store: tenants).endpoints
            + APIKeyRoutes(keys: keys, tenants: tenants, tokens: tokens).endpoints
            + ConnectorRoutes(layers: layers).endpoints
            + IntegrationRoutes(integrations: integrations, tenants: tenants, layers: layers).endpoints
            + ConfigLayerRoutes(layers: layers, tenants: tenants, accounts: accounts).endpoints
            + AccountRoutes(accounts: accounts).endpoints
            + AuditRoutes(audit: AuditStore(pool: pool)).endpoints
            + RequestLogRoutes(log: RequestLogStore(pool: pool)).endpoints
            + IdempotencyRoutes(store: IdempotencyStore(pool: pool)).endpoints
            + InternalRoutes(
                keys: keys,
                layers: layers,
                integrations: integrations,
                accounts: accounts,
                linkTokens: LinkTokenStore(pool: pool),
                tenants: tenants,
                tokens: tokens,
                feed: feed
            ).endpoints
            + AccountGroupRoutes(groups: AccountGroupStore(pool: pool), tenants: tenants).endpoints
            + RateBudgetRoutes(budgets: RateBudgetStore(pool: pool)).endpoints
    }

    /// Reads API keys and service tokens.
    package var authenticator: any CallerAuthenticator {
        let keys = APIKeyStore(pool: pool)
        return BearerAuthenticator(tokens: verifier) { [tokens] text in
            guard let key = try await keys.key(sha256: tokens.sha256(of: text.reveal())), !key.revoked else {
                return nil
            }
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

    /// Follows the database's changes until the task is cancelled.
    package func run() async {
        await feed.run()
    }

    /// Lets the callers that wait for changes go, so that a drain need not wait for them.
    package func prepareToStop() {
        feed.stop()
    }

    /// Makes a platform administrator's key, for the first start.
    ///
    /// - Parameter name: says what it is for.
    /// - Returns: The key's text; it is not kept.
    /// - Throws: `PostgresError`.
    package func createPlatformAdminKey(named name: String) async throws -> Secret<String> {
        let key = try tokens.make(prefix: BearerAuthenticator.keyPrefix)
        _ = try await APIKeyStore(pool: pool).create(
            tenant: nil,
            environment: nil,
            name: name,
            scopes: [Scope.platform.rawValue],
            sha256: key.sha256,
            scope: .service,
            by: Actor(name: "operator", requestID: "command-line")
        )
        return key.text
    }
}
