import Synchronization

/// A map that never holds more than about its capacity: what has not been asked for while the newer half filled up is
/// forgotten.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Halves {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]
    }

    private let halves = Mutex(Halves())
    private let halfCapacity: Int

    /// Makes an empty cache for about `capacity` values.
    init(capacity: Int) {
        halfCapacity = max(1, capacity / 2)
    }

    subscript(key: Key) -> Value? {
        get {
            halves.withLock { halves in
                if let value = halves.young[key] { return value }
                guard let value = halves.old[key] else { return nil }
                store(value, key, &halves)
                return value
            }
        }
        set {
            halves.withLock { halves in
                if let newValue {
                    store(newValue, key, &halves)
                } else {
                    halves.young[key] = nil
                    halves.old[key] = nil
                }
            }
        }
    }

    /// Forgets the values that fulfil a condition.
    func removeAll(where isStale: (Key, Value) -> Bool = { _, _ in true }) {
        halves.withLock { halves in
            halves.young = halves.young.filter { !isStale($0.key, $0.value) }
            halves.old = halves.old.filter { !isStale($0.key, $0.value) }
        }
    }

    /// How many values there are.
    var count: Int {
        halves.withLock { halves in halves.young.count + halves.old.keys.count { halves.young[$0] == nil } }
    }

    private func store(_ value: Value, _ key: Key, _ halves: inout Halves) {
        if halves.young[key] == nil, halves.young.count >= halfCapacity {
            halves.old = halves.young
            halves.young = [:]
        }
        halves.young[key] = value
    }
}
