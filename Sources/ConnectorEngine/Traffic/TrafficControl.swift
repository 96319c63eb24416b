import ConnectorConfig
import HTTPExchange
import Synchronization
package import Vocabulary

/// The one gate that all calls to vendors go through, unified and proxied alike: budgets, circuit breaker, places.
///
/// The decisions are ``TrafficState``'s; this performs them. One for a process.
package final class TrafficControl: Sendable {
    private struct Shell {
        var state: TrafficState
        /// Tickets whose holders have not been told yet.
        var open: Set<Bulkhead.Ticket> = []
        /// Holders that wait to be told: true when they have a place.
        var waiting: [Bulkhead.Ticket: CheckedContinuation<Bool, Never>] = [:]
        /// What is to be told to holders that have not begun to wait yet.
        var told: [Bulkhead.Ticket: Bool] = [:]

        /// Takes a place, or a ticket.
        mutating func enter(_ place: Bulkhead.Place) -> Bulkhead.Entry {
            let entry = state.bulkhead.enter(place)
            if case .mustWait(let ticket) = entry { open.insert(ticket) }
            return entry
        }

        /// Those who are to be resumed now; each ticket is told once.
        mutating func tell(_ tickets: [Bulkhead.Ticket], _ outcome: Bool) -> [Resumption] {
            tickets.compactMap { ticket in
                guard open.remove(ticket) != nil else { return nil }
                guard let continuation = waiting.removeValue(forKey: ticket) else {
                    told[ticket] = outcome
                    return nil
                }
                return (continuation, outcome)
            }
        }
    }

    /// What the gate says to a call now.
    private enum Admission {
        case entered
        /// There is no place for it yet.
        case inLine(Bulkhead.Ticket)
        /// Too many wait already.
        case full
        /// Look again then; the problem is for those who do not want to wait that long.
        case later(seconds: Double, Problem)
    }

    private typealias Resumption = (continuation: CheckedContinuation<Bool, Never>, outcome: Bool)

    /// Waits; ends early when the task is cancelled.
    package typealias Sleep = @Sendable (Duration) async throws -> Void

    private let shell: Mutex<Shell>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let origin: ContinuousClock.Instant
    private let random: @Sendable () -> Double
    let sleep: Sleep
    private let signals: AsyncStream<Bool>
    private let signal: AsyncStream<Bool>.Continuation

    /// Makes a gate.
    ///
    /// - Parameters:
    ///   - isShared: whether other processes use the same budgets, so that slices are to be taken from the registry.
    ///   - processLimit: calls under way at once.
    ///   - now: the monotonic clock.
    ///   - random: 0 to 1.
    ///   - sleep: waits.
    package init(
        isShared: Bool = false,
        processLimit: Int = 2048,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        sleep: @escaping Sleep = { try await ContinuousClock().sleep(for: $0) }
    ) {
        shell = Mutex(
            Shell(state: TrafficState(isShared: isShared, bulkhead: Bulkhead(processLimit: processLimit)))
        )
        self.now = now
        self.random = random
        self.sleep = sleep
        // Long ago, so that no time is ever 0, which means never.
        origin = now() - .seconds(1_000_000)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Makes one call when it may be made.
    ///
    /// - Parameters:
    ///   - call: what it counts against.
    ///   - patience: how long it may still wait; what is waited is taken off.
    ///   - body: sends, and says how it went.
    /// - Returns: what `body` gives.
    /// - Throws: `Problem` with `rate_limited`, `remote_rate_limited` or `circuit_open` and when to try again, without
    ///   having sent anything; or what `body` throws.
    package func perform<Value>(
        _ call: TrafficCall,
        patience: inout Duration,
        _ body: () async throws -> (Value, TrafficReport)
    ) async throws -> Value {
        let charges = try BudgetCharge.charges(of: call)
        let place = Bulkhead.Place(call)
        let admission = try admission(call, charges, place)
        if case .entered = admission {} else { try await letIn(admission, call, charges, place, &patience) }
        do {
            let (value, report) = try await body()
            leave(place, call, charges, report)
            return value
        } catch let error as ExchangeError {
            let isVendor = RetryConfig.Reason(error.reason) != nil || error.reason == .badResponse
            leave(place, call, charges, TrafficReport(isVendor ? .failed : .abandoned))
            throw error
        } catch {
            leave(place, call, charges, TrafficReport(.abandoned))
            throw error
        }
    }

    /// How the strictest of our own limits stands after a call; nil when the connector names none.
    package func standing(of call: TrafficCall) -> Problem.RateLimit? {
        guard !call.connector.budgets.isEmpty, let charges = try? BudgetCharge.charges(of: call) else { return nil }
        return shell.withLock { $0.state.standing(charges, at: moment) }
    }

    /// Whether one more call of this connector and tenant may be repeated.
    func mayRepeat(_ call: TrafficCall) -> Bool {
        shell.withLock { $0.state.mayRepeat(call) }
    }

    /// A trace that measures with this gate's clock.
    func trace() -> CallTrace { CallTrace(now: now) }

    /// 0 to 1.
    func randomShare() -> Double { random() }

    // MARK: The registry's side

    /// Fires when a budget needs a slice; for one reader.
    ///
    /// True when all budgets are to be looked at.
    package var wishesArise: AsyncStream<Bool> { signals }

    /// Fires ``wishesArise``.
    package func look(atAll all: Bool) { signal.yield(all) }

    /// What to ask of the registry now; each is answered with ``accept(_:for:)`` or ``fail(_:)``.
    ///
    /// - Parameter all: whether budgets that no call asked for are looked at, too.
    /// - Returns: one wish for each budget that needs something.
    package func wishes(all: Bool) -> [RateWish] {
        shell.withLock { $0.state.wishes(all: all, at: moment) }
    }

    /// Takes what the registry grants.
    package func accept(_ slice: RateSlice, for wish: RateWish) {
        shell.withLock { $0.state.accept(slice, for: wish, at: moment) }
    }

    /// The registry could not be asked.
    package func fail(_ wish: RateWish) {
        shell.withLock { $0.state.fail(wish) }
    }

    // MARK: Inside

    private var moment: Double { (now() - origin) / .seconds(1) }

    /// Whether the call may be sent and has a place now.
    private func admission(
        _ call: TrafficCall,
        _ charges: [BudgetCharge],
        _ place: Bulkhead.Place
    ) throws -> Admission {
        let (decision, entry, isShort) = shell.withLock { shell in
            let moment = moment
            let decision = shell.state.decide(call, charges, at: moment)
            var entry = Bulkhead.Entry.refused
            if case .go = decision {
                shell.state.earn(call)
                entry = shell.enter(place)
            }
            return (decision, entry, shell.state.needsSlice(charges, at: moment))
        }
        if isShort { signal.yield(false) }
        return switch (decision, entry) {
        case (.go, .entered): .entered
        case (.go, .mustWait(let ticket)): .inLine(ticket)
        case (.go, .refused): .full
        case (.refuse(let problem), _): throw problem
        case (.wait(let seconds, let problem), _): .later(seconds: seconds, problem)
        }
    }

    /// Returns when a call that was not let in at once may be sent and has a place.
    private func letIn(
        _ first: Admission,
        _ call: TrafficCall,
        _ charges: [BudgetCharge],
        _ place: Bulkhead.Place,
        _ patience: inout Duration
    ) async throws {
        var current = first
        while true {
            switch current {
            case .entered: return
            case .inLine(let ticket):
                if await isIn(ticket, place, &patience) { return }
                throw try noPlace(call, charges)
            case .full: throw try noPlace(call, charges)
            case .later(let seconds, let problem):
                // Never so short that looking again would be all there is to do.
                let wait = max(Duration.seconds(seconds), .milliseconds(5))
                guard wait <= patience else { throw problem }
                patience -= wait
                try await sleep(wait)
            }
            current = try admission(call, charges, place)
        }
    }

    /// Why a call that found no place is not made; what was reserved for it is free again.
    private func noPlace(_ call: TrafficCall, _ charges: [BudgetCharge]) throws -> Problem {
        shell.withLock { $0.state.cancel(call, charges, at: moment) }
        try Task.checkCancellation()
        return Problem(
            .rateLimited,
            "too many calls to the vendor are under way for this account; try again after Retry-After"
        )
    }

    /// Waits for a place; false when patience ended before.
    private func isIn(_ ticket: Bulkhead.Ticket, _ place: Bulkhead.Place, _ patience: inout Duration) async -> Bool {
        let limit = patience
        let start = now()
        let sleep = sleep
        let isIn = await withTaskGroup(of: Void.self) { group in
            // Ends when the time is up, or when the caller is cancelled.
            group.addTask {
                try? await sleep(limit)
                self.giveUp(ticket, place)
            }
            let isIn = await withCheckedContinuation { self.wait(ticket, $0) }
            group.cancelAll()
            return isIn
        }
        patience = max(.zero, patience - (now() - start))
        return isIn
    }

    private func wait(_ ticket: Bulkhead.Ticket, _ continuation: CheckedContinuation<Bool, Never>) {
        let outcome = shell.withLock { shell -> Bool? in
            // Whoever was told before it waited finds the word here.
            if let outcome = shell.told.removeValue(forKey: ticket) { return outcome }
            shell.waiting[ticket] = continuation
            return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
    }

    private func giveUp(_ ticket: Bulkhead.Ticket, _ place: Bulkhead.Place) {
        let told = shell.withLock { shell -> [Resumption] in
            let admitted = shell.state.bulkhead.giveUp(ticket, place.account)
            return shell.tell([ticket], false) + shell.tell(admitted, true)
        }
        for (continuation, outcome) in told { continuation.resume(returning: outcome) }
    }

    private func leave(
        _ place: Bulkhead.Place,
        _ call: TrafficCall,
        _ charges: [BudgetCharge],
        _ report: TrafficReport
    ) {
        let told = shell.withLock { shell in
            shell.state.record(report, call, charges, at: moment)
            return shell.tell(shell.state.bulkhead.leave(place), true)
        }
        for (continuation, outcome) in told { continuation.resume(returning: outcome) }
    }
}

extension Bulkhead.Place {
    fileprivate init(_ call: TrafficCall) {
        self.init(
            account: call.account,
            app: call.connector.name,
            tenant: call.subject.tenant,
            priority: call.subject.priority,
            accountLimit: call.connector.concurrency.account,
            appLimit: call.connector.concurrency.app
        )
    }
}
