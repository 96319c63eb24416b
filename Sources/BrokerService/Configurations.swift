import ConnectorConfig
import RegistryContract
import Vocabulary

/// Reads and compiles the configuration that a connect flow or a refresh needs.
struct Configurations: Sendable {
    let registry: any RegistryClient

    /// An integration with its compiled connector.
    struct OfIntegration: Sendable {
        let integration: IntegrationRecord
        let connector: CompiledConnector
    }

    /// An account with its compiled connector.
    struct OfAccount: Sendable {
        let account: AccountRecord
        let connector: CompiledConnector
    }

    func integration(_ id: IntegrationID) async throws -> OfIntegration? {
        guard let record = try await registry.configuration(of: id), let integration = record.integration else {
            return nil
        }
        return OfIntegration(integration: integration, connector: try compile(record))
    }

    func account(_ id: AccountID) async throws -> OfAccount? {
        guard case .changed(let record)? = try await registry.configuration(of: id, unless: nil),
            let account = record.account
        else { return nil }
        return OfAccount(account: account, connector: try compile(record))
    }

    private func compile(_ record: ConfigurationRecord) throws -> CompiledConnector {
        let layers = record.layers.map { ConfigLayer(level: $0.level, version: $0.version, document: $0.document) }
        guard let base = layers.first, base.level == .platform else {
            throw Problem(.configInvalid, "the connector has no published version")
        }
        do {
            return try CompiledConnector(base: base, layers: Array(layers.dropFirst()))
        } catch {
            throw Problem(.configInvalid, "the connector's configuration does not compile: \(error)", underlying: error)
        }
    }
}
