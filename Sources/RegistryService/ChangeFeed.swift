import Postgres
import RegistryContract
import Synchronization

/// Wakes the long polls of the change feed when the database says that something changed.
final class ChangeFeed: Sendable {
    private struct Waiters {
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var isStopped = false
    }

    private let pool: PostgresPool
    private let store: ChangeStore
    private let waiters = Mutex(Waiters())

    init(pool: PostgresPool) {
        self.pool = pool
        store = ChangeStore(pool: pool)
    }

    /// Listens until the task is cancelled.
    func run() async {
        for await _ in pool.listen("registry_changes") { wakeAll() }
        waiters.withLock { $0.isStopped = true }
        wakeAll()
    }

    /// Answers every waiting caller at once, for a drain that need not wait for them.
    func stop() {
        waiters.withLock { $0.isStopped = true }
        wakeAll()
    }

    /// The changes after `sequence`; waits for one at most `wait`.
    func changes(after sequence: Int?, wait: Duration) async throws -> RegistryChanges {
        guard let sequence else { return RegistryChanges(changes: [], latest: try await store.latest()) }
        let end = ContinuousClock.now + wait
        while true {
            // Asked again after each wake-up; a wake-up that came before the wait began is caught by the short turns.
            let changes = try await store.changes(after: sequence)
            let left = ContinuousClock.now.duration(to: end)
            if !changes.isEmpty || left <= .zero || waiters.withLock({ $0.isStopped }) {
                return RegistryChanges(changes: changes, latest: changes.last?.sequence ?? sequence)
            }
            await sleep(for: min(left, .seconds(1)))
        }
    }

    private func wakeAll() {
        let waiting = waiters.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    private func sleep(for duration: Duration) async {
        let id = waiters.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                await withCheckedContinuation { continuation in
                    let isStopped = waiters.withLock { state in
                        if !state.isStopped { state.waiting[id] = continuation }
                        return state.isStopped
                    }
                    if isStopped { continuation.resume() }
                }
            }
            group.addTask { [self] in
                try? await Task.sleep(for: duration)
                waiters.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
            }
            await group.next()
            group.cancelAll()
        }
    }
}
