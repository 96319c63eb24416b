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
}
