import JSONValue
package import Vocabulary

/// A limit that is kept before the vendor says no; all executors together keep it.
package struct BudgetConfig: Sendable {
    /// Who shares the budget.
    package enum Scope: String, Sendable, CaseIterable {
        /// One account.
        case account
        /// All accounts of one integration: those of one OAuth application.
        case app
        /// All accounts of the connector, whoever they belong to.
        case ip
        /// The accounts whose `key` gives the same value.
        case vendorTenant = "vendor_tenant"
    }

    /// Tells it from the connector's other budgets.
    package let name: String
    /// Who shares it.
    package let scope: Scope
    /// The vendor's tenant, for that scope; sees `context`.
    package let key: Expression?
    /// How calls are counted.
    package let window: RateRule.Window
    /// The window's length.
    package let seconds: Int
    /// How many calls; sees `context`, so that it may depend on the customer's plan.
    package let amount: Expression
    /// Size of a token bucket.
    package let burst: Int?
    /// The rate classes that count; all when empty.
    package let classes: [String]
    /// The rate classes that do not count.
    package let except: [String]
    /// What a call costs, by rate class; `default` is for the others.
    package let costs: [String: Int]
    /// The share that is kept for interactive calls.
    package let reserve: Double

    init(reading reader: DocumentReader, index: Int) throws(ConnectorConfigError) {
        try reader.allow([
            "name", "scope", "key", "window", "seconds", "amount", "burst", "classes", "except", "cost", "reserve",
        ])
        name = try reader.child("name")?.string() ?? "budget\(index + 1)"
        guard (1...64).contains(name.utf8.count), !name.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
            throw reader.error("a budget's name has 1 to 64 printable characters")
        }
        scope = try reader.child("scope")?.choice(Scope.self) ?? .account
        key = try reader.child("key")?.expression()
        guard (scope == .vendorTenant) == (key != nil) else {
            throw reader.error("'key' belongs to the scope vendor_tenant, which needs it")
        }
        window = try reader.child("window")?.choice(RateRule.Window.self) ?? .sliding
        seconds = try reader.required("seconds").int(1...86_400)
        amount = try reader.required("amount").expression()
        burst = try reader.child("burst")?.int(1...1_000_000_000)
        classes = try reader.child("classes")?.strings() ?? []
        except = try reader.child("except")?.strings() ?? []
        var costs: [String: Int] = [:]
        for (name, member) in try reader.child("cost")?.members() ?? [] { costs[name] = try member.int(0...100_000) }
        self.costs = costs
        reserve = try reader.child("reserve")?.number(0...0.9) ?? 0
    }

    /// What a call of a rate class costs; nil when it does not count.
    package func cost(of rateClass: String?) -> Int? {
        if let rateClass, except.contains(rateClass) { return nil }
        if !classes.isEmpty {
            guard let rateClass, classes.contains(rateClass) else { return nil }
        }
        let cost = rateClass.flatMap { costs[$0] } ?? costs["default"] ?? 1
        return cost == 0 ? nil : cost
    }

    /// The budgets of a connector.
    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [BudgetConfig] {
        var budgets: [BudgetConfig] = []
        for (index, element) in (reader?.elements() ?? []).enumerated() {
            let budget = try BudgetConfig(reading: element, index: index)
            guard !budgets.contains(where: { $0.name == budget.name }) else {
                throw element.error("there is a budget '\(budget.name)' already")
            }
            budgets.append(budget)
        }
        return budgets
    }
}
