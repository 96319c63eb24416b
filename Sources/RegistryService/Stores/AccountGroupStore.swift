import FoundationEssentials
import Postgres
import RegistryContract
import Vocabulary

/// Groups of accounts.
struct AccountGroupStore: Sendable {
    let pool: PostgresPool

    private static let columns: Query = """
        g.id, g.tenant_id, g.environment_id, g.name, g.created_at,
        array(select m.account_id from registry.account_group_member m
              join registry.integrated_account a on a.id = m.account_id and a.deleted_at is null
              where m.group_id = g.id order by m.place) as account_ids
        """

    /// Makes a group.
    ///
    /// - Throws: `not_found` when one of the accounts is none of the environment's.
    func create(
        environment: EnvironmentRow,
        name: String,
        accounts: [AccountID],
        scope: TenantScope,
        by actor: Actor
    ) async throws -> AccountGroupRecord {
        let id = AccountGroupID.random()
        return try await pool.transaction(context: scope.context) { transaction in
            try await transaction.execute(
                """
                insert into registry.account_group (id, tenant_id, environment_id, name)
                values (\(id.uuid), \(environment.tenantID.uuid), \(environment.id.uuid), \(name))
                """
            )
            try await Self.setMembers(accounts, of: id, environment.tenantID, environment.id, in: transaction)
            try await Self.told("created", id, environment.tenantID, actor, transaction)
            return try await Self.required(id, in: transaction)
        }
    }

    func group(_ id: AccountGroupID, scope: TenantScope) async throws -> AccountGroupRecord? {
        try await pool.transaction(context: scope.context) { try await Self.group(id, in: $0) }
    }

    func groups(
        _ page: PageRequest,
        environment: EnvironmentID?,
        scope: TenantScope
    ) async throws -> Page<AccountGroupRecord> {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                select \(Self.columns) from registry.account_group g
                where g.deleted_at is null
                  and (\(environment?.uuid)::uuid is null or g.environment_id = \(environment?.uuid))
                  and (\(page.after?.createdAt)::timestamptz is null
                       or (g.created_at, g.id) > (\(page.after?.createdAt), \(page.after?.id)))
                order by g.created_at, g.id limit \(page.limit + 1)
                """
            )
            return try Page(rows: rows, limit: page.limit, read: Self.record)
        }
    }

    /// Changes a group; nil leaves as it is.
    func update(
        _ group: AccountGroupRecord,
        name: String?,
        accounts: [AccountID]?,
        scope: TenantScope,
        by actor: Actor
    ) async throws -> AccountGroupRecord {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.execute(
                "update registry.account_group set name = coalesce(\(name), name) where id = \(group.id.uuid)"
            )
            if let accounts {
                try await transaction.execute(
                    "delete from registry.account_group_member where group_id = \(group.id.uuid)"
                )
                try await Self.setMembers(accounts, of: group.id, group.tenantID, group.environmentID, in: transaction)
            }
            try await Self.told("changed", group.id, group.tenantID, actor, transaction)
            return try await Self.required(group.id, in: transaction)
        }
    }

    func delete(_ group: AccountGroupRecord, scope: TenantScope, by actor: Actor) async throws {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.execute(
                """
                update registry.account_group set deleted_at = now()
                where id = \(group.id.uuid) and deleted_at is null
                """
            )
            try await Self.told("deleted", group.id, group.tenantID, actor, transaction)
        }
    }

    private static func setMembers(
        _ accounts: [AccountID],
        of group: AccountGroupID,
        _ tenant: TenantID,
        _ environment: EnvironmentID,
        in transaction: PostgresTransaction
    ) async throws {
        let rows = try await transaction.query(
            """
            insert into registry.account_group_member (group_id, account_id, tenant_id, place)
            select \(group.uuid), a.id, a.tenant_id, wanted.place
            from unnest(\(accounts.map(\.uuid))) with ordinality as wanted(id, place)
            join registry.integrated_account a on a.id = wanted.id
            where a.tenant_id = \(tenant.uuid) and a.environment_id = \(environment.uuid) and a.deleted_at is null
            returning account_id
            """
        )
        guard rows.count == accounts.count else {
            throw Problem(
                .notFound,
                "one of the accounts is none of this environment",
                failures: [.init(code: "unknown", message: "no such integrated account", pointer: "/account_ids")]
            )
        }
    }

    /// Tells those who cache the group, under the kind of the accounts it is made of.
    private static func told(
        _ what: String,
        _ id: AccountGroupID,
        _ tenant: TenantID,
        _ actor: Actor,
        _ transaction: PostgresTransaction
    ) async throws {
        try await ChangeStore.record(.account, id.description, in: transaction)
        try await AuditStore.record(
            "account_group.\(what)",
            id.description,
            tenant: tenant,
            by: actor,
            in: transaction
        )
    }

    private static func group(
        _ id: AccountGroupID,
        in transaction: PostgresTransaction
    ) async throws -> AccountGroupRecord? {
        try await transaction.query(
            "select \(columns) from registry.account_group g where g.id = \(id.uuid) and g.deleted_at is null"
        ).first.map(record)
    }

    private static func required(
        _ id: AccountGroupID,
        in transaction: PostgresTransaction
    ) async throws -> AccountGroupRecord {
        guard let group = try await group(id, in: transaction) else {
            throw Problem(.notFound, "there is no such account group")
        }
        return group
    }

    private static func record(_ row: Row) throws -> AccountGroupRecord {
        AccountGroupRecord(
            id: AccountGroupID(try row.get("id", as: UUID.self)),
            tenantID: TenantID(try row.get("tenant_id", as: UUID.self)),
            environmentID: EnvironmentID(try row.get("environment_id", as: UUID.self)),
            name: try row.get("name"),
            accountIDs: try row.get("account_ids", as: [UUID].self).map { AccountID($0) }
        )
    }
}
