import Logging
import RegistryContract

/// Follows the registry's change feed and drops from the caches what has changed.
struct ChangeFeed: Sendable {
    let registry: any RegistryClient
    let keys: KeyCache
    let configurations: ConfigCache
    let leases: AccessLeases
    let groups: GroupCache
    let sleep: @Sendable (Duration) async throws -> Void
    let logger: Logger

    /// Runs until its task is cancelled.
    func run() async {
        var sequence: Int?
        while !Task.isCancelled {
            do {
                let answer = try await registry.changes(after: sequence, wait: .seconds(25))
                if let sequence, answer.latest < sequence {
                    // Another database than before: nothing that is known can be trusted.
                    keys.dropAll()
                    configurations.dropAll()
                    groups.dropAll()
                }
                apply(answer.changes)
                sequence = answer.latest
                configurations.setFeed(alive: true)
            } catch {
                configurations.setFeed(alive: false)
                if Task.isCancelled { return }
                logger.warning("the registry's change feed is not available")
                do { try await sleep(.seconds(1)) } catch { return }
            }
        }
    }

    private func apply(_ changes: [RegistryChange]) {
        for change in changes {
            switch change.kind {
            case .apiKey: keys.drop(change.id)
            case .account:
                configurations.drop(account: change.id)
                leases.drop(account: change.id)
                groups.drop(change.id)
            case .configuration: configurations.drop(connector: change.id)
            }
        }
    }
}
