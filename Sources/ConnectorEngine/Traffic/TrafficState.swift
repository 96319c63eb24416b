import ConnectorConfig
package import Vocabulary

/// Everything that decides whether a native call may be sent now: pure, times are seconds since any origin.
///
/// Asked in this order: has the vendor told this account to wait, is its circuit open, do all budgets have room. Only
/// then a place behind the ``Bulkhead`` is taken, so that a call that waits for a budget keeps no other one out.
/// Accounts that are well and idle are soon forgotten.
struct TrafficState: Sendable {
    /// What becomes of a call.
    enum Decision {
        case go
        /// Look again then; the problem is for those who do not want to wait that long.
        indirect case wait(seconds: Double, Problem)
        indirect case refuse(Problem)
    }

    private struct Parking: Hashable {
        let account: AccountID
        /// nil for all classes.
        let rateClass: String?
    }

    private struct Payer: Hashable {
        let connector: String
        let tenant: TenantID?
    }

    private let isShared: Bool
    private(set) var budgets: [BudgetKey: RateBudget] = [:]
    private var owners: [BudgetKey: TenantID] = [:]
    /// Budgets that need a slice.
    private var wanting: Set<BudgetKey> = []
    private var breakers: [AccountID: CircuitBreaker] = [:]
    private var parked: [Parking: Double] = [:]
    private var allowances: [Payer: RetryAllowance] = [:]
    private var lastSweep = 0.0
    var bulkhead: Bulkhead

    init(isShared: Bool, bulkhead: Bulkhead = Bulkhead()) {
        self.isShared = isShared
        self.bulkhead = bulkhead
    }

    // MARK: Before a call

    mutating func decide(_ call: TrafficCall, _ charges: [BudgetCharge], at now: Double) -> Decision {
        if let seconds = parkedFor(call, now) {
            return .wait(
                seconds: seconds,
                Problem(
                    .remoteRateLimited,
                    "the vendor's rate limit is reached, and it said when to come again",
                    retryAfter: .seconds(seconds)
                )
            )
        }
        if !breakers.isEmpty, case .refused(let seconds)? = breakers[call.account]?.admit(at: now) {
            return .refuse(
                Problem(
                    .circuitOpen,
                    "the vendor fails for this account again and again; it is left alone until Retry-After",
                    retryAfter: .seconds(max(seconds, 1))
                )
            )
        }
        let decision = reserve(call, charges, now)
        // A probe that is not sent is none.
        if case .go = decision { return decision }
        breakers[call.account]?.record(.abandoned, call.connector.circuit, at: now)
        return decision
    }

    private mutating func reserve(_ call: TrafficCall, _ charges: [BudgetCharge], _ now: Double) -> Decision {
        for (index, charge) in charges.enumerated() {
            guard let rule = charge.rule(call.variables) else { continue }
            if budgets[charge.key] == nil {
                budgets[charge.key] = RateBudget(rule, reserve: charge.config.reserve, isShared: isShared)
                if charge.config.scope != .ip { owners[charge.key] = call.subject.tenant }
            }
            budgets[charge.key]?.configure(rule)
            let isInteractive = call.subject.priority == .interactive
            let decision = budgets[charge.key]?.reserve(charge.cost, isInteractive: isInteractive, at: now) ?? .reserved
            guard decision != .reserved else { continue }
            for earlier in charges[..<index] { budgets[earlier.key]?.cancel(earlier.cost, at: now) }
            return refusal(charge, decision, now)
        }
        return .go
    }

    private func refusal(_ charge: BudgetCharge, _ decision: RateBudget.Decision, _ now: Double) -> Decision {
        var problem = Problem(
            .rateLimited,
            "the budget '\(charge.config.name)' of the connector is used up; try again after Retry-After"
        )
        problem.rateLimit = standing(charge, now)
        guard case .wait(let seconds) = decision else {
            problem.message = "the call costs more than the budget '\(charge.config.name)' ever has"
            problem.retryAfter = .seconds(charge.config.seconds)
            return .refuse(problem)
        }
        problem.retryAfter = .seconds(max(seconds, 1))
        return .wait(seconds: seconds, problem)
    }

    /// Takes back what ``decide(_:_:at:)`` reserved for a call that is not sent.
    mutating func cancel(_ call: TrafficCall, _ charges: [BudgetCharge], at now: Double) {
        for charge in charges { budgets[charge.key]?.cancel(charge.cost, at: now) }
        breakers[call.account]?.record(.abandoned, call.connector.circuit, at: now)
    }

    // MARK: After a call

    mutating func record(_ report: TrafficReport, _ call: TrafficCall, _ charges: [BudgetCharge], at now: Double) {
        for charge in charges { budgets[charge.key]?.finish(charge.cost) }
        if report.outcome == .failed || (!breakers.isEmpty && breakers[call.account] != nil) {
            breakers[call.account, default: CircuitBreaker()].record(report.outcome, call.connector.circuit, at: now)
            if breakers[call.account]?.isAtRest == true { breakers[call.account] = nil }
        }
        if let signal = report.signal { learn(signal, report, call, charges, now) }
        if now - lastSweep > 30 { sweep(now) }
    }

    private mutating func learn(
        _ signal: RateSignal,
        _ report: TrafficReport,
        _ call: TrafficCall,
        _ charges: [BudgetCharge],
        _ now: Double
    ) {
        if report.outcome == .limited, let wait = signal.retryAfter, call.connector.retry.honorsRetryAfter {
            park(call.account, call.rateClass, now + wait / .seconds(1))
        }
        for window in signal.windows {
            if let name = window.name, let charge = charges.first(where: { $0.config.name == name }) {
                budgets[charge.key]?.observe(
                    limit: window.limit.map(Double.init),
                    remaining: window.remaining.map(Double.init),
                    at: now
                )
            } else if let remaining = window.remaining, remaining <= 0, let reset = window.reset, reset > .zero {
                let classes: [String?] = window.classes.isEmpty ? [nil] : window.classes
                for rateClass in classes { park(call.account, rateClass, now + reset / .seconds(1)) }
            }
        }
    }

    private mutating func park(_ account: AccountID, _ rateClass: String?, _ until: Double) {
        let parking = Parking(account: account, rateClass: rateClass)
        parked[parking] = max(parked[parking] ?? 0, until)
    }

    private mutating func parkedFor(_ call: TrafficCall, _ now: Double) -> Double? {
        guard !parked.isEmpty else { return nil }
        var seconds = 0.0
        for rateClass in Set([nil, call.rateClass]) {
            let parking = Parking(account: call.account, rateClass: rateClass)
            guard let until = parked[parking] else { continue }
            if until <= now { parked[parking] = nil } else { seconds = max(seconds, until - now) }
        }
        return seconds > 0 ? seconds : nil
    }

    // MARK: Repetitions

    /// A call is made, or repeated; false when too many are repeated already.
    mutating func mayRepeat(_ call: TrafficCall) -> Bool {
        allowances[payer(call), default: RetryAllowance()].spend()
    }

    mutating func earn(_ call: TrafficCall) {
        // Who has never repeated anything has the full allowance, and needs no entry.
        if !allowances.isEmpty { allowances[payer(call)]?.earn() }
    }

    private func payer(_ call: TrafficCall) -> Payer {
        Payer(connector: call.connector.name, tenant: call.subject.tenant)
    }

    // MARK: For the caller, and for the registry

    /// The strictest of the call's budgets; nil when it has none.
    func standing(_ charges: [BudgetCharge], at now: Double) -> Problem.RateLimit? {
        charges.compactMap { standing($0, now) }
            .min { $0.remaining * max($1.limit, 1) < $1.remaining * max($0.limit, 1) }
    }

    private func standing(_ charge: BudgetCharge, _ now: Double) -> Problem.RateLimit? {
        guard let budget = budgets[charge.key] else { return nil }
        let standing = budget.standing(at: now)
        return Problem.RateLimit(
            limit: Int(standing.limit),
            remaining: Int(standing.remaining.rounded(.down)),
            reset: Int(standing.reset.rounded(.up)),
            policy: "\(Int(standing.limit));w=\(charge.config.seconds);name=\"\(charge.config.name)\""
        )
    }

    /// Whether a budget needs a slice; it is remembered then.
    mutating func needsSlice(_ charges: [BudgetCharge], at now: Double) -> Bool {
        guard isShared, !charges.isEmpty else { return false }
        let needy = charges.filter { budgets[$0.key]?.needsSlice(now) == true }
        for charge in needy { wanting.insert(charge.key) }
        return !needy.isEmpty
    }

    /// What to ask of the registry now.
    mutating func wishes(all: Bool, at now: Double) -> [RateWish] {
        guard isShared else { return [] }
        var wishes: [RateWish] = []
        let keys = all ? Array(budgets.keys) : Array(wanting)
        wanting.removeAll()
        for key in keys {
            guard let wish = budgets[key]?.wish(at: now), let rule = budgets[key]?.rule else { continue }
            wishes.append(RateWish(key: key, tenant: owners[key], rule: rule, wish: wish))
        }
        return wishes
    }

    mutating func accept(_ slice: RateSlice, for wish: RateWish, at now: Double) {
        budgets[wish.key]?.accept(slice, for: wish.wish, at: now)
    }

    mutating func fail(_ wish: RateWish) {
        budgets[wish.key]?.fail(wish.wish)
    }

    /// Forgets what has nothing to say any more.
    private mutating func sweep(_ now: Double) {
        lastSweep = now
        parked = parked.filter { $0.value > now }
        budgets = budgets.filter { !$0.value.isIdle(at: now) }
        owners = owners.filter { budgets[$0.key] != nil }
        bulkhead.sweep()
    }
}

/// What is asked of the registry for one budget.
package struct RateWish: Sendable {
    /// The budget.
    package let key: BudgetKey
    /// Whose it is; nil when all tenants share it.
    package let tenant: TenantID?
    /// Its window.
    package let rule: RateRule
    let wish: RateBudget.Wish

    /// Calls wanted.
    package var amount: Double { wish.amount }
    /// Calls made without a slice.
    package var used: Double { wish.used }
    /// Calls that an earlier slice had left when it was over.
    package var unused: Double { wish.unused }
    /// When that slice was granted, by the registry's clock.
    package var unusedSince: Double? { wish.unusedSince }
    /// What the vendor said was left for all.
    package var remaining: Double? { wish.remaining }
}
