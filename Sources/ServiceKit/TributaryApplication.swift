package import HTTPExchange
package import Logging
import ServiceLifecycle

/// A service's process: its endpoints behind a listener, with health, metrics and graceful drain.
package struct TributaryApplication: Service, CustomStringConvertible {
    /// The service's name; the service group would write out every member of a service that has none.
    package var description: String { name.rawValue }

    private let name: ServiceName
    private let endpoints: [Endpoint]
    private let authenticator: any CallerAuthenticator
    private let config: ApplicationConfig
    private let metrics: PrometheusMetrics
    private let logger: Logger
    private let started: @Sendable (BoundPorts) -> Void

    /// Puts a service together.
    ///
    /// - Parameters:
    ///   - name: the service.
    ///   - endpoints: its operations; `/health/live`, `/health/ready` and `/metrics` are added.
    ///   - authenticator: reads its callers' credentials.
    ///   - config: where it listens and its limits.
    ///   - readiness: what must hold before it takes requests.
    ///   - metrics: what `/metrics` shows.
    ///   - logger: writes its log.
    ///   - started: told the ports once the service listens.
    package init(
        name: ServiceName,
        endpoints: [Endpoint],
        authenticator: any CallerAuthenticator,
        config: ApplicationConfig,
        readiness: [HealthCheck] = [],
        metrics: PrometheusMetrics = PrometheusMetrics(),
        logger: Logger,
        started: @escaping @Sendable (BoundPorts) -> Void = { _ in }
    ) {
        self.endpoints = endpoints + HealthRoutes(service: name, checks: readiness, metrics: metrics).endpoints
        self.name = name
        self.authenticator = authenticator
        self.config = config
        self.metrics = metrics
        self.logger = logger
        self.started = started
    }

    /// Listens until the service is told to stop, then lets the requests in flight finish.
    ///
    /// - Throws: when a port cannot be had, or two endpoints are the same.
    package func run() async throws {
        try await HTTPServer(config: config, responder: responder(), logger: logger).run { ports in
            logger.info("listening", metadata: ["host": "\(config.host)", "port": "\(ports.plain)"])
            started(ports)
        }
    }

    /// The same endpoints without a socket, for tests of a service and of its clients.
    package func inProcessSender() throws -> any HTTPSender {
        InProcessSender(responder: try responder())
    }

    private func responder() throws -> EndpointResponder {
        try EndpointResponder(
            endpoints: endpoints,
            authenticator: authenticator,
            limits: config.limits,
            metrics: metrics,
            logger: logger
        )
    }
}
