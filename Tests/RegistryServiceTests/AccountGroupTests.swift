import JSONValue
import Postgres
import RegistryContract
import TestSupport
import Testing
import Vocabulary

@testable import RegistryService

/// Groups of accounts over a real database.
struct AccountGroupTests {
    private struct World {
        let groups: AccountGroupStore
        let accounts: AccountStore
        let environment: EnvironmentRow
        let other: EnvironmentRow
        let actor = Actor(name: "test", requestID: "r")

        init() async throws {
            let config = try await TestDatabase.make([.init("registry")], role: "tributary_registry")
            let pool = PostgresPool(config)
            let actor = actor
            let tenants = TenantStore(pool: pool)
            groups = AccountGroupStore(pool: pool)
            accounts = AccountStore(pool: pool)
            func environment(_ name: String) async throws -> EnvironmentRow {
                let tenant = try await tenants.create(name: name, by: actor)
                return try await tenants.createEnvironment(
                    tenant: tenant.id,
                    name: "live",
                    returnURLs: [],
                    allowedOrigins: [],
                    scope: .service,
                    by: actor
                )
            }
            self.environment = try await environment("one")
            other = try await environment("two")
        }

        func account(in environment: EnvironmentRow, _ integrations: IntegrationStore) async throws -> AccountID {
            let integration = try await integrations.create(
                environment: environment,
                connector: "acme_\(Int.random(in: 0..<1_000_000_000))",
                label: nil,
                scope: .service,
                by: actor
            )
            return try await accounts.create(
                NewAccount(
                    tenantID: environment.tenantID,
                    environmentID: environment.id,
                    integrationID: integration.id,
                    endUserID: "u",
                    label: nil,
                    variables: [:],
                    status: .active
                ),
                connector: integration.connector,
                by: actor
            ).id
        }

        func make(_ accounts: [AccountID]) async throws -> AccountGroupRecord {
            try await groups.create(
                environment: environment,
                name: "all",
                accounts: accounts,
                scope: .tenant(environment.tenantID),
                by: actor
            )
        }
    }

    @Test func `a group keeps the order of its accounts and loses those that are deleted`() async throws {
        let world = try await World()
        let integrations = IntegrationStore(pool: world.groups.pool)
        var ids: [AccountID] = []
        for _ in 0..<3 { ids.append(try await world.account(in: world.environment, integrations)) }
        let group = try await world.make(ids.reversed())
        #expect(group.accountIDs == ids.reversed())
        let scope = TenantScope.tenant(world.environment.tenantID)
        let changed = try await world.groups.update(
            group,
            name: "some",
            accounts: [ids[0], ids[2]],
            scope: scope,
            by: world.actor
        )
        #expect(changed.name == "some" && changed.accountIDs == [ids[0], ids[2]])
        _ = try await world.accounts.delete(ids[0], scope: scope, by: world.actor)
        #expect(try await world.groups.group(group.id, scope: scope)?.accountIDs == [ids[2]])
        try await world.groups.delete(changed, scope: scope, by: world.actor)
        #expect(try await world.groups.group(group.id, scope: scope) == nil)
    }

    @Test func `accounts of another tenant are none, and so is another tenant's group`() async throws {
        let world = try await World()
        let integrations = IntegrationStore(pool: world.groups.pool)
        let own = try await world.account(in: world.environment, integrations)
        let foreign = try await world.account(in: world.other, integrations)
        await #expect(throws: Problem.self) { try await world.make([own, foreign]) }
        let group = try await world.make([own])
        #expect(try await world.groups.group(group.id, scope: .tenant(world.other.tenantID)) == nil)
        let page = try await world.groups.groups(
            PageRequest(limit: 10, after: nil),
            environment: nil,
            scope: .tenant(world.environment.tenantID)
        )
        #expect(page.records == [group])
    }
}
