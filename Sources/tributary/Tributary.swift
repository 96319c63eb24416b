import ArgumentParser

/// The one executable: every service, and the tools to run them.
@main
struct Tributary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tributary",
        abstract: "One API for every CRM and HRIS: the services and their tools.",
        discussion: """
            Settings are environment variables that begin with TRIBUTARY_; those not set are read from settings.env in \
            the data directory (TRIBUTARY_DATA_DIR, .tributary unless set).
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "Services",
                subcommands: [
                    AllCommand.self, RegistryCommand.self, BrokerCommand.self, VaultCommand.self,
                    ExecutorCommand.self, SyncCommand.self, SandboxCommand.self,
                ]
            ),
            CommandGroup(
                name: "Installation",
                subcommands: [
                    InitCommand.self, MigrateCommand.self, KeysCommand.self, AdminKeyCommand.self, DoctorCommand.self,
                ]
            ),
            CommandGroup(
                name: "Connectors and expressions",
                subcommands: [
                    ConnectorsCommand.self, JSONataCommand.self, OpenAPICommand.self, MeasureJSONCommand.self,
                ]
            ),
        ]
    )

    private static let services: [any ServiceCommand.Type] = [
        RegistryCommand.self, BrokerCommand.self, VaultCommand.self, ExecutorCommand.self, SyncCommand.self,
    ]

    /// Runs the command that the words of the command line name.
    ///
    /// A service with nothing to explain or to refuse is started without the parser, which takes longer than the service's
    /// own parts.
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        let service = services.first { $0.configuration.commandName == words.first }
        guard let service, words.dropFirst().allSatisfy({ $0 == "--supervised" }) else { return await main(nil) }
        do {
            try await service.serve(supervised: words.count > 1)
        } catch {
            service.exit(withError: error)
        }
    }
}
