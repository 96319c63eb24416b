import RegistryContract
import Vocabulary

/// Keeps the registry's groups of accounts for a while, and until the change feed tells of them.
final class GroupCache: Sendable {
    private struct Entry: Sendable {
        let group: AccountGroupRecord
        let end: ContinuousClock.Instant
    }

    private let registry: any RegistryClient
    private let lifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let entries: BoundedCache<AccountGroupID, Entry>
    private let flights = SingleFlight<AccountGroupID, AccountGroupRecord?>()

    init(
        registry: any RegistryClient,
        lifetime: Duration,
        capacity: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.registry = registry
        self.lifetime = lifetime
        self.now = now
        entries = BoundedCache(capacity: capacity)
    }

    /// The group; nil when there is none.
    ///
    /// When the registry is down what is here is served on.
    func group(_ id: AccountGroupID) async throws -> AccountGroupRecord? {
        let known = entries[id]
        if let known, known.end > now() { return known.group }
        let group: AccountGroupRecord?
        do {
            group = try await flights.value(for: id) { [registry] in try await registry.accountGroup(id) }
        } catch let problem as Problem where problem.code == .serviceUnavailable {
            guard let known else { throw problem }
            return known.group
        }
        entries[id] = group.map { Entry(group: $0, end: now() + lifetime) }
        return group
    }

    /// The feed has told a change.
    func drop(_ id: String) {
        if let id = AccountGroupID(id) { entries[id] = nil }
    }

    /// Forgets everything.
    func dropAll() {
        entries.removeAll()
    }
}
