import ArgumentParser
import Foundation
import Logging
import ServiceKit
import ServiceLifecycle
import UnixSignals

/// Options that every service command has.
struct ServiceOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp("End when standard input ends, which is when the supervisor is gone.", visibility: .private)
    )
    var supervised = false
}

/// A command that runs one service.
protocol ServiceCommand: AsyncParsableCommand {
    var options: ServiceOptions { get }

    /// Runs the service until it is told to stop.
    ///
    /// - Parameter supervised: whether it ends with its standard input.
    /// - Throws: when it cannot start, or its work fails.
    static func serve(supervised: Bool) async throws
}

extension ServiceCommand {
    func run() async throws {
        try await Self.serve(supervised: options.supervised)
    }
}

/// Runs one service's process: its listener, its background work, and its graceful end.
struct ServiceRunner {
    let name: ServiceName
    let installation: Installation
    let isSupervised: Bool

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameters:
    ///   - endpoints: the service's operations.
    ///   - authenticator: reads its callers.
    ///   - readiness: what must hold before it takes requests.
    ///   - tls: a listener with TLS beside the plain one.
    ///   - threads: event loops unless the operator sets their number.
    ///   - background: the service's own loops; cancelled at the end.
    /// - Throws: when a port cannot be had or the background work fails.
    func run(
        endpoints: [Endpoint],
        authenticator: any CallerAuthenticator,
        readiness: [HealthCheck],
        tls: ApplicationConfig.TLS? = nil,
        threads: Int = 1,
        background: @escaping @Sendable () async throws -> Void
    ) async throws {
        let settings = installation.settings
        let logger = installation.logger(name.rawValue)
        let application = TributaryApplication(
            name: name,
            endpoints: endpoints,
            authenticator: authenticator,
            config: ApplicationConfig(
                host: settings.listenHost,
                port: settings.port(of: name),
                tls: tls,
                threads: settings.eventLoops(of: name, default: threads)
            ),
            readiness: readiness,
            logger: logger
        )
        try await run(
            [
                // Of one type, because the group asks the runtime about each type for a millisecond.
                RunningPart(description: application.description) { try await application.run() },
                RunningPart(description: "background work") {
                    try await cancelWhenGracefulShutdown { try await background() }
                    // Some services have nothing to do by themselves; the group must not end for that.
                    try? await gracefulShutdown()
                },
            ],
            logger: logger
        )
    }

    /// Runs services until SIGTERM or SIGINT.
    func run(_ services: [any Service], logger: Logger) async throws {
        var configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0,
                successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup
            )
        }
        if isSupervised {
            configurations.append(
                .init(service: Lifeline(), successTerminationBehavior: .gracefullyShutdownGroup)
            )
        }
        var configuration = ServiceGroupConfiguration(
            services: configurations,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// A part of a service's process.
struct RunningPart: Service, CustomStringConvertible {
    let description: String
    let body: @Sendable () async throws -> Void

    func run() async throws { try await body() }
}
