import ConnectorConfig
import RegistryContract
import ServiceKit
import Vocabulary

/// Lets a caller through to a connector of his environment, before there is an account.
///
/// Not on the way of calls to vendors, so the Registry is asked each time.
struct IntegrationDoor: Sendable {
    let registry: any RegistryClient

    /// The connector with a name, or that of the integration with an id, in the caller's environment.
    func open(_ request: EndpointRequest, name: String) async throws -> CompiledConnector {
        let key = try request.apiKey()
        let named = request.query["environment_id"].flatMap { EnvironmentID($0) }
        guard let environment = key.environmentID ?? named, let tenant = key.tenantID else {
            throw Problem(
                .invalidRequest,
                "name the environment: environment_id is missing",
                failures: [.init(code: "required", message: "the environment", pointer: "environment_id")]
            )
        }
        let unknown = Problem(.notFound, "there is no integration '\(name.prefix(100))' in this environment")
        guard named == nil || named == environment else { throw unknown }
        let found = try await registry.integrations(of: environment).first { record in
            record.tenantID == tenant && (record.connector == name || record.id.description == name)
        }
        guard let found, let record = try await registry.configuration(of: found.id) else { throw unknown }
        let layers = record.layers.map { ConfigLayer(level: $0.level, version: $0.version, document: $0.document) }
        guard let base = layers.first, base.level == .platform else {
            throw Problem(.configInvalid, "the connector '\(found.connector)' has no published configuration")
        }
        do { return try CompiledConnector(base: base, layers: Array(layers.dropFirst())) } catch {
            throw Problem(.configInvalid, "the configuration is not usable: \(error)", underlying: error)
        }
    }
}
