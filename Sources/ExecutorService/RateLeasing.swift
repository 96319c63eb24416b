import ConnectorEngine
import Logging
import RegistryContract
import Vocabulary

/// Takes slices of shared budgets ahead of time, so that no call waits for the registry.
struct RateLeasing: Sendable {
    let traffic: TrafficControl
    let registry: any RegistryClient
    let sleep: @Sendable (Duration) async throws -> Void
    let logger: Logger

    private static let wishesMax = 100
    /// How often everything is looked at, to give back what idle budgets hold.
    private static let round = Duration.seconds(5)

    /// Runs until its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    do { try await sleep(Self.round) } catch { return }
                    traffic.look(atAll: true)
                }
            }
            for await all in traffic.wishesArise where await !exchange(all: all) {
                // What could not be had is asked for again a little later, not with each call.
                do { try await sleep(.seconds(1)) } catch { break }
            }
            group.cancelAll()
        }
    }

    /// Asks once for what is needed now.
    ///
    /// `all`: whether budgets that no call asked for are looked at, too.
    /// Returns: false when the registry could not be asked.
    func exchange(all: Bool) async -> Bool {
        var wishes = traffic.wishes(all: all)[...]
        var isWell = true
        while !wishes.isEmpty {
            let batch = wishes.prefix(Self.wishesMax)
            wishes = wishes.dropFirst(Self.wishesMax)
            do {
                let slices = try await registry.rateSlices(batch.map(RateSliceWish.init))
                for (wish, slice) in zip(batch, slices) { traffic.accept(slice, for: wish) }
                for wish in batch.dropFirst(slices.count) { traffic.fail(wish) }
            } catch {
                for wish in batch { traffic.fail(wish) }
                isWell = false
                logger.warning("slices of rate budgets are not available; the small local share is used")
            }
        }
        return isWell
    }
}

extension RateSliceWish {
    fileprivate init(_ wish: RateWish) {
        self.init(
            budget: wish.key.text,
            tenantID: wish.tenant,
            rule: wish.rule,
            amount: wish.amount,
            used: wish.used,
            unused: wish.unused,
            unusedSince: wish.unusedSince,
            remaining: wish.remaining
        )
    }
}
