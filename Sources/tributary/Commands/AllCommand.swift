import ArgumentParser
import Foundation
import ServiceKit
import ServiceLifecycle
import UnixSignals

/// The command `tributary all`.
struct AllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all",
        abstract: "Run every service as a process of its own, and start again what ends."
    )

    @Flag(help: "Leave a service that ended as it is.")
    var noRestart = false

    @Flag(help: "Run the vendor simulator too.")
    var sandbox = false

    func run() async throws {
        let installation = try Installation.current()
        let services: [ServiceName] = [.registry, .vault, .broker, .executor, .sync] + (sandbox ? [.sandbox] : [])
        let supervisor = Supervisor(
            services: services,
            restarts: !noRestart,
            pidDirectory: installation.settings.file("run"),
            logger: installation.logger("supervisor")
        )
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: supervisor, successTerminationBehavior: .gracefullyShutdownGroup)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: installation.logger("supervisor")
        )
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        try await ServiceGroup(configuration: configuration).run()
    }
}
