import ConnectorConfig
import ExecutorService
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Synchronization
import Vocabulary

/// An executor that follows its registry's changes, and four accounts of whom each level of an override reaches others.
struct LayeredWorld {
    /// Whose answers an override may change.
    enum Customer: String, CaseIterable {
        /// The account that has a layer of its own.
        case own
        /// Another account of the same environment.
        case neighbour
        /// An account of the same tenant in another environment.
        case elsewhere
        /// An account of another tenant.
        case foreign
    }

    let executor: ExecutorWorld
    private let base: JSONValue
    private let accounts: [Customer: AccountRecord]

    /// Starts with the platform's first version and no other layer.
    init(base: JSONValue, _ script: @escaping FakeVendor.Script) throws {
        executor = try ExecutorWorld(script)
        self.base = base
        var accounts: [Customer: AccountRecord] = [:]
        accounts[.own] = executor.record(executor.own).account
        accounts[.neighbour] = accounts[.own]
        accounts[.neighbour]?.id = .random()
        accounts[.elsewhere] = accounts[.own]
        accounts[.elsewhere]?.id = .random()
        accounts[.elsewhere]?.environmentID = .random()
        accounts[.foreign] = executor.record(executor.foreign).account
        self.accounts = accounts
        // One key for both environments of the tenant.
        executor.registry.state.withLock { state in
            for (digest, key) in state.keys where key.tenantID == executor.own.id {
                state.keys[digest]?.environmentID = nil
            }
        }
        store(Published())
    }

    /// The layers that are in force, each with its version.
    struct Published {
        var layers: [OverrideLevel: JSONValue] = [:]
        /// Counts publications, as each makes a version that was never there.
        var version = 1
    }

    /// Runs `body` while the executor follows the changes.
    func whileRunning(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await executor.executor.run() }
            while executor.registry.state.withLock({ $0.waiting.isEmpty }) { await Task.yield() }
            try await body()
            group.cancelAll()
            executor.registry.tell(.apiKey, "x")
        }
    }

    /// Puts layers in force and returns when the executor has heard of it.
    func publish(_ published: Published) async {
        store(published)
        let heard = executor.registry.calls("changes")
        executor.registry.tell(.configuration, "acme")
        while executor.registry.calls("changes") <= heard { await Task.yield() }
    }

    /// The customers that a layer of `level` is for.
    static func reached(by level: OverrideLevel) -> [Customer] {
        switch level {
        case .platform: Customer.allCases
        case .environment: [.own, .neighbour]
        case .account: [.own]
        }
    }

    /// A call for a customer's account; `path` is below `/unified/crm`.
    func call(
        _ customer: Customer,
        _ path: String,
        writing body: JSONValue? = nil
    ) async throws -> (status: Int, json: JSONValue) {
        let account = accounts[customer]?.id.description ?? ""
        let mark = path.contains("?") ? "&" : "?"
        let answer = try await executor.call(
            body == nil ? .get : .post,
            "/unified/crm/\(path)\(mark)integrated_account_id=\(account)",
            key: customer == .foreign ? executor.foreign.key : executor.own.key,
            headers: body == nil ? [:] : [.contentType: "application/json"],
            body: body?.bytes()
        )
        return (answer.status, answer.json)
    }

    /// What the registry would answer for each account.
    private func store(_ published: Published) {
        for (customer, account) in accounts {
            // The platform's override is a new version of its document.
            let document = published.layers[.platform].map { base.overlaid(by: $0) } ?? base
            var layers = [ConfigLayerRecord(level: .platform, version: published.version, document: document)]
            for level in [OverrideLevel.environment, .account] {
                guard let patch = published.layers[level], Self.reached(by: level).contains(customer) else { continue }
                layers.append(ConfigLayerRecord(level: level, version: published.version, document: patch))
            }
            let record = ConfigurationRecord(
                account: account,
                integration: nil,
                layers: layers,
                revision: "r\(published.version)"
            )
            executor.registry.state.withLock { $0.configurations[account.id] = record }
        }
    }
}
