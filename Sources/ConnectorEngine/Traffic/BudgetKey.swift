import ConnectorConfig
import JSONValue
package import Vocabulary

/// Names one budget: who shares it, and which of his.
package struct BudgetKey: Sendable, Hashable {
    /// Who shares a budget.
    package enum Owner: Sendable, Hashable {
        case account(AccountID)
        case integration(IntegrationID)
        case connector(String)
        case vendorTenant(connector: String, tenant: TenantID?, value: String)
    }

    /// Who shares it.
    package let owner: Owner
    /// The budget's name in the connector.
    package let name: String

    /// The name under which the registry keeps it, at most 200 bytes.
    package var text: String {
        switch owner {
        case .account(let id): "account:\(id):\(name)"
        case .integration(let id): "app:\(id):\(name)"
        case .connector(let connector): "ip:\(connector):\(name)"
        case .vendorTenant(let connector, let tenant, let value):
            "vendor:\(connector):\(tenant?.description ?? "-"):\(Self.short(value)):\(name)"
        }
    }

    /// Texts as they are; long ones by a hash, which need not be a secret one.
    private static func short(_ text: String) -> String {
        let isPlain = text.utf8.count <= 40 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard !isPlain else { return text }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}

/// What a call takes from one budget.
struct BudgetCharge: Sendable {
    let key: BudgetKey
    let config: BudgetConfig
    let cost: Double

    /// The charges of a call.
    ///
    /// A budget whose key has no value for this account, or whose integration is not known, is kept per account.
    static func charges(of call: TrafficCall) throws -> [BudgetCharge] {
        guard !call.connector.budgets.isEmpty else { return [] }
        return try call.connector.budgets.compactMap { config -> BudgetCharge? in
            guard let cost = config.cost(of: call.rateClass) else { return nil }
            let owner: BudgetKey.Owner
            switch config.scope {
            case .account: owner = .account(call.account)
            case .app: owner = call.subject.integration.map { .integration($0) } ?? .account(call.account)
            case .ip: owner = .connector(call.connector.name)
            case .vendorTenant:
                owner =
                    try config.vendorTenant(call.variables).map {
                        .vendorTenant(connector: call.connector.name, tenant: call.subject.tenant, value: $0)
                    } ?? .account(call.account)
            }
            return BudgetCharge(key: BudgetKey(owner: owner, name: config.name), config: config, cost: Double(cost))
        }
    }

    /// The rule with the amount for this account; nil when the expression gives none.
    func rule(_ variables: JSONObject) -> RateRule? {
        let amount: Double?
        if case .literal(let value) = config.amount {
            amount = value.number?.double
        } else {
            let scope = ExpressionScope(["context": .object(variables)])
            amount = ((try? config.amount.text(in: scope)) ?? nil).flatMap { Double($0) }
        }
        guard let amount, amount.isFinite, amount > 0 else { return nil }
        return RateRule(
            config.window,
            amount: amount,
            seconds: Double(config.seconds),
            burst: config.burst.map(Double.init)
        )
    }
}

extension BudgetConfig {
    /// The value that accounts of one tenant of the vendor have in common; nil when this account has none.
    fileprivate func vendorTenant(_ variables: JSONObject) throws -> String? {
        guard let key else { return nil }
        do {
            return try key.text(in: ExpressionScope(["context": .object(variables)]))
        } catch {
            throw ExpressionProblem.problem(error)
        }
    }
}
