import ConnectorConfig
import RegistryContract
import Vocabulary

/// An account with its effective configuration.
final class AccountConfiguration: Sendable {
    let account: AccountRecord
    let connector: CompiledConnector
    /// The registry's name for this combination of layers.
    let revision: String

    init(account: AccountRecord, connector: CompiledConnector, revision: String) {
        self.account = account
        self.connector = connector
        self.revision = revision
    }
}

/// Keeps accounts' effective configurations, compiled once for all accounts whose layers are the same.
///
/// While the change feed is alive an entry is good until the feed says otherwise; without it, entries are checked by
/// ETag once a minute. When the registry is down what is here is served on.
final class ConfigCache: Sendable {
    private let registry: any RegistryClient
    private let configurations: RegistryCache<AccountID, AccountConfiguration>
    private let compiled: BoundedCache<String, CompiledConnector>
    private let compiler: ExpressionCompiler

    init(
        registry: any RegistryClient,
        lifetime: Duration,
        capacity: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.registry = registry
        configurations = RegistryCache(lifetime: lifetime, capacity: capacity, now: now)
        compiled = BoundedCache(capacity: capacity)
        compiler = ExpressionCompiler(
            source: SharedExpressions(capacity: 8 * 1024).compile,
            parts: SharedParts(capacity: 8 * 1024)
        )
    }

    /// The configuration of an account; nil when there is no such account.
    ///
    /// - Throws: `Problem` with `service_unavailable` when the registry cannot be asked and nothing is known here.
    func configuration(of id: AccountID) async throws -> AccountConfiguration? {
        try await configurations.value(for: id) { known in try await self.fetch(id, known) }
    }

    /// The feed has told a change of an account.
    func drop(account id: String) {
        if let id = AccountID(id) { configurations.drop(id) }
    }

    /// The feed has told a change of a connector's layers.
    func drop(connector name: String) {
        configurations.dropAll { $0.connector.name == name }
    }

    /// Forgets everything.
    func dropAll() {
        configurations.dropAll()
    }

    /// Whether changes are being told as they happen.
    func setFeed(alive: Bool) {
        configurations.setFeed(alive: alive)
    }

    private func fetch(_ id: AccountID, _ known: AccountConfiguration?) async throws -> AccountConfiguration? {
        switch try await registry.configuration(of: id, unless: known?.revision) {
        case nil: return nil
        case .unchanged?:
            guard let known else { throw Problem(.internalError, "the registry says unchanged of nothing") }
            return known
        case .changed(let record)?:
            guard let account = record.account else {
                throw Problem(.internalError, "the registry gave a configuration without an account")
            }
            return AccountConfiguration(
                account: account,
                connector: try connector(record, of: account),
                revision: record.revision
            )
        }
    }

    /// The compiled layers; accounts without a layer of their own share them.
    private func connector(_ record: ConfigurationRecord, of account: AccountRecord) throws -> CompiledConnector {
        let name = record.layers.map { layer in
            let owner =
                switch layer.level {
                case .platform: account.connector
                case .environment: account.environmentID.description
                case .account: account.id.description
                }
            return "\(layer.level.rawValue) \(owner) \(layer.version)"
        }.joined(separator: "|")
        let key = "\(account.connector)|\(name)"
        if let connector = compiled[key] { return connector }
        let layers = record.layers.map { ConfigLayer(level: $0.level, version: $0.version, document: $0.document) }
        guard let base = layers.first, base.level == .platform else {
            throw Problem(.configInvalid, "the connector '\(account.connector)' has no published configuration")
        }
        do {
            let connector = try CompiledConnector(base: base, layers: Array(layers.dropFirst()), compiler: compiler)
            compiled[key] = connector
            return connector
        } catch {
            throw Problem(.configInvalid, "the configuration is not usable: \(error)", underlying: error)
        }
    }
}

/// Compiles each source once, however many accounts use it.
private final class SharedExpressions: Sendable {
    private let known: BoundedCache<String, ExpressionCompiler.Source>

    init(capacity: Int) {
        known = BoundedCache(capacity: capacity)
    }

    var compile: ExpressionCompiler.CompileSource {
        { (source: String) throws(SourceFault) in
            if let compiled = self.known[source] { return compiled }
            let compiled = try JSONataLanguage.source(source)
            self.known[source] = compiled
            return compiled
        }
    }
}

/// Keeps the parts of documents that accounts have in common.
private final class SharedParts: PartStore {
    private let known: BoundedCache<String, any Sendable>

    init(capacity: Int) {
        known = BoundedCache(capacity: capacity)
    }

    func part(_ name: String) -> (any Sendable)? { known[name] }

    func keep(_ part: any Sendable, under name: String) { known[name] = part }
}
