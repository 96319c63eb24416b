import Synchronization
import Vocabulary

/// Keeps what the registry says for a while, and asks it once however many callers want the same.
///
/// While the change feed is known to be alive a value is good until the feed says otherwise.
final class RegistryCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let end: ContinuousClock.Instant
    }

    private let lifetime: Duration
    private let servesStale: Bool
    private let now: @Sendable () -> ContinuousClock.Instant
    private let entries: BoundedCache<Key, Entry>
    private let flights = SingleFlight<Key, Value?>()
    private let feedIsAlive = Atomic(false)
    /// Grows with each change, so that an answer which was under way during one is not kept.
    private let epoch = Mutex(0)

    /// Makes an empty cache for about `capacity` values.
    ///
    /// `servesStale`: whether what is here is served on while the registry is down.
    init(
        lifetime: Duration,
        capacity: Int,
        servesStale: Bool = true,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.lifetime = lifetime
        self.servesStale = servesStale
        self.now = now
        entries = BoundedCache(capacity: capacity)
    }

    /// The value for a key; nil when there is none.
    ///
    /// `fetch`: asks the registry; it sees the value that was known before.
    /// Throws: `Problem` with `service_unavailable` when the registry cannot be asked and nothing here may be served.
    func value(for key: Key, fetch: @Sendable (_ known: Value?) async throws -> Value?) async throws -> Value? {
        if let value = known(key) { return value }
        return try await flights.value(for: key) {
            // Who came too late for a flight finds what it brought.
            if let value = known(key) { return value }
            return try await fetched(key, fetch)
        }
    }

    /// A value is no longer true.
    func drop(_ key: Key) {
        epoch.withLock { $0 += 1 }
        entries[key] = nil
    }

    /// Values that fulfil a condition are no longer true; all of them unless one is given.
    func dropAll(where isStale: (Value) -> Bool = { _ in true }) {
        epoch.withLock { $0 += 1 }
        entries.removeAll { isStale($1.value) }
    }

    /// Whether changes are being told as they happen.
    func setFeed(alive: Bool) {
        feedIsAlive.store(alive, ordering: .releasing)
    }

    private func known(_ key: Key) -> Value? {
        guard let entry = entries[key], feedIsAlive.load(ordering: .acquiring) || entry.end > now() else { return nil }
        return entry.value
    }

    private func fetched(_ key: Key, _ fetch: (Value?) async throws -> Value?) async throws -> Value? {
        let known = entries[key]?.value
        let started = epoch.withLock { $0 }
        let value: Value?
        do { value = try await fetch(known) } catch let problem as Problem where problem.code == .serviceUnavailable {
            guard servesStale, let known else { throw problem }
            return known
        }
        guard let value else {
            entries[key] = nil
            return nil
        }
        if epoch.withLock({ $0 }) == started { entries[key] = Entry(value: value, end: now() + lifetime) }
        return value
    }
}
