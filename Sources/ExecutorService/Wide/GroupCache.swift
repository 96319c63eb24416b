import RegistryContract
import Vocabulary

/// Keeps the registry's groups of accounts for a while, and until the change feed tells of them.
struct GroupCache: Sendable {
    private let registry: any RegistryClient
    private let groups: RegistryCache<AccountGroupID, AccountGroupRecord>

    init(
        registry: any RegistryClient,
        lifetime: Duration,
        capacity: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.registry = registry
        groups = RegistryCache(lifetime: lifetime, capacity: capacity, now: now)
    }

    /// The group; nil when there is none.
    func group(_ id: AccountGroupID) async throws -> AccountGroupRecord? {
        try await groups.value(for: id) { _ in try await registry.accountGroup(id) }
    }

    /// The feed has told a change.
    func drop(_ id: String) {
        if let id = AccountGroupID(id) { groups.drop(id) }
    }

    /// Forgets everything.
    func dropAll() {
        groups.dropAll()
    }
}
