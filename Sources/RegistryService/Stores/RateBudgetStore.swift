import JSONValue
import Postgres
import RegistryContract
import Vocabulary

/// The books of the budgets that several executors share, one row each.
struct RateBudgetStore: Sendable {
    let pool: PostgresPool

    /// A slice for each wish, in their order; the rows are locked while the slices are cut, always in the same order.
    func slices(for wishes: [RateSliceWish]) async throws -> [RateSlice] {
        let order = wishes.indices.sorted { wishes[$0].budget < wishes[$1].budget }
        return try await pool.transaction(context: TenantScope.service.context) { transaction in
            var slices: [Int: RateSlice] = [:]
            for index in order { slices[index] = try await Self.slice(for: wishes[index], in: transaction) }
            try await transaction.execute(
                """
                delete from registry.rate_budget where budget in (
                    select budget from registry.rate_budget where expires_at < now()
                    limit 100 for update skip locked)
                """
            )
            return wishes.indices.compactMap { slices[$0] }
        }
    }

    private static func slice(
        for wish: RateSliceWish,
        in transaction: PostgresTransaction
    ) async throws -> RateSlice {
        let rows = try await transaction.query(
            """
            insert into registry.rate_budget (budget, tenant_id, ledger, expires_at)
            values (\(wish.budget), \(wish.tenantID?.uuid), '', now())
            on conflict (budget) do update set budget = excluded.budget
            returning ledger, extract(epoch from clock_timestamp())::float8 as moment
            """
        )
        let text: String = try rows[0].get("ledger")
        var ledger = RateLedger()
        if !text.isEmpty { ledger = try JSONValueDecoder().decode(RateLedger.self, from: JSONValue(parsing: text)) }
        let slice = ledger.grant(wish, at: try rows[0].get("moment"))
        let written = try JSONValueEncoder().encode(ledger).text()
        try await transaction.execute(
            """
            update registry.rate_budget
            set ledger = \(written), expires_at = now() + make_interval(secs => \(wish.rule.seconds * 2 + 60))
            where budget = \(wish.budget)
            """
        )
        return slice
    }
}
