import JSONValue
import Vocabulary

/// The effective configuration of one account: the merged layers, compiled.
///
/// Immutable, so that it can be kept and shared for as long as its revision is the current one.
package final class CompiledConnector: Sendable {
    /// The decoded document.
    package let document: ConnectorDocument
    /// Identity of the tuple of layer versions, such as `3.1.0`; it binds cursors and is told in `X-Config-Revision`.
    package let revision: String
    /// Who set what.
    package let provenance: Provenance

    /// Merges and compiles layers.
    ///
    /// - Parameters:
    ///   - base: the platform's layer.
    ///   - layers: the environment's and the account's patches, where there are any.
    ///   - compiler: compiles expressions; a caching one shares them between accounts.
    /// - Throws: `ConnectorConfigError` naming the place and, where it is known, the level.
    package init(
        base: ConfigLayer,
        layers: [ConfigLayer] = [],
        compiler: ExpressionCompiler = ExpressionCompiler()
    ) throws(ConnectorConfigError) {
        let (merged, provenance) = try LayerMerge.merge(base: base, layers: layers)
        document = try ConnectorDocument(merged, compiler: compiler)
        self.provenance = provenance
        revision = OverrideLevel.allCases.map { level in
            String((level == base.level ? base : layers.first { $0.level == level })?.version ?? 0)
        }.joined(separator: ".")
    }

    /// The connector's key.
    package var name: String { document.name }

    /// How a unified method is done; nil when the connector cannot.
    package func mapping(category: String, resource: String, method: String) -> MethodMapping? {
        document.mappings[category]?[resource]?[method]
    }

    /// A native call.
    package func resourceMethod(_ resource: String, _ method: String) -> ResourceMethod? {
        document.resources[resource]?[method]
    }
}
