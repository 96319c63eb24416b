package import Postgres
package import ServiceKit
import ServiceLifecycle

/// Webhooks in and out, sync jobs and the change feed.
///
/// For now the process with its health alone.
package struct SyncService: Sendable {
    private let store: SyncStore
    private let verifier: ServiceTokenVerifier?

    /// Puts the service together.
    ///
    /// - Parameters:
    ///   - pool: the database `tributary`, as the role of this service.
    ///   - verifier: checks the other services' tokens.
    package init(pool: PostgresPool, verifier: ServiceTokenVerifier?) {
        store = SyncStore(pool: pool)
        self.verifier = verifier
    }

    /// The operations of the service; none yet beside health and metrics.
    package var endpoints: [Endpoint] { [] }

    /// Reads the credentials of callers.
    package var authenticator: any CallerAuthenticator { BearerAuthenticator(tokens: verifier) }

    /// What must hold before the service takes requests.
    package var readiness: [HealthCheck] {
        [HealthCheck("database") { [store] in try await store.check() }]
    }

    /// Runs what the service does by itself, until it is told to stop.
    package func run() async throws {
        try? await gracefulShutdown()
    }
}
