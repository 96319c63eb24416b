import FoundationEssentials
import JSONValue
import Postgres
import RegistryContract
import Vocabulary

/// Which accounts a list wants.
struct AccountFilter: Sendable {
    var environment: EnvironmentID?
    var connector: String?
    var status: AccountStatus?
    var endUserID: String?
}

/// Integrated accounts.
struct AccountStore: Sendable {
    let pool: PostgresPool

    private static let columns: Query = """
        id, tenant_id, environment_id, integration_id, connector, status, variables, label, end_user_id, revision, created_at,
        client_certificate
        """

    func create(_ wish: NewAccount, connector: String, by actor: Actor) async throws -> AccountRecord {
        let id = AccountID.random()
        return try await pool.transaction(context: TenantScope.tenant(wish.tenantID).context) { transaction in
            let rows = try await transaction.query(
                """
                insert into registry.integrated_account
                    (id, tenant_id, environment_id, integration_id, connector, status, variables, label, end_user_id)
                values (\(id.uuid), \(wish.tenantID.uuid), \(wish.environmentID.uuid), \(wish.integrationID.uuid),
                    \(connector), \(wish.status.rawValue), \(JSONValue.object(wish.variables).text()), \(wish.label),
                    \(wish.endUserID))
                returning \(Self.columns)
                """
            )
            try await ChangeStore.record(.account, id.description, in: transaction)
            try await AuditStore.record(
                "integrated_account.created",
                id.description,
                tenant: wish.tenantID,
                by: actor,
                in: transaction
            )
            return try Self.record(rows[0])
        }
    }

    func account(_ id: AccountID, scope: TenantScope) async throws -> AccountRecord? {
        try await pool.query(Self.selecting(id, locked: false), context: scope.context).first.map(Self.record)
    }

    private static func account(
        _ id: AccountID,
        in transaction: PostgresTransaction,
        locked: Bool
    ) async throws -> AccountRecord? {
        try await transaction.query(selecting(id, locked: locked)).first.map(record)
    }

    private static func selecting(_ id: AccountID, locked: Bool) -> Query {
        let lock: Query = locked ? "for update" : ""
        return """
            select \(columns) from registry.integrated_account
            where id = \(id.uuid) and deleted_at is null \(lock)
            """
    }

    func accounts(_ page: PageRequest, _ filter: AccountFilter, scope: TenantScope) async throws -> Page<AccountRecord>
    {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                select \(Self.columns) from registry.integrated_account
                where deleted_at is null
                  and (\(filter.environment?.uuid)::uuid is null or environment_id = \(filter.environment?.uuid))
                  and (\(filter.connector)::text is null or connector = \(filter.connector))
                  and (\(filter.status?.rawValue)::text is null or status = \(filter.status?.rawValue))
                  and (\(filter.endUserID)::text is null or end_user_id = \(filter.endUserID))
                  and (\(page.after?.createdAt)::timestamptz is null
                       or (created_at, id) > (\(page.after?.createdAt), \(page.after?.id)))
                order by created_at, id limit \(page.limit + 1)
                """
            )
            return try Page(rows: rows, limit: page.limit, read: Self.record)
        }
    }

    /// Changes an account; nil when there is none.
    func update(_ id: AccountID, _ change: AccountChange, scope: TenantScope, by actor: Actor) async throws
        -> AccountRecord?
    {
        try await pool.transaction(context: scope.context) { transaction in
            guard let account = try await Self.account(id, in: transaction, locked: true) else { return nil }
            let variables = change.variables.map {
                JSONValue.object(account.variables).mergePatched(by: .object($0)).text()
            }
            let certificate = try change.clientCertificate.map { try JSONValueEncoder().encode($0).text() }
            let rows = try await transaction.query(
                """
                update registry.integrated_account
                set status = coalesce(\(change.status?.rawValue), status),
                    status_reason = case when \(change.status?.rawValue)::text is null then status_reason
                                         else \(change.statusReason) end,
                    variables = coalesce(\(variables), variables),
                    label = coalesce(\(change.label), label),
                    client_certificate = coalesce(\(certificate), client_certificate),
                    revision = revision + 1, updated_at = now()
                where id = \(id.uuid)
                returning \(Self.columns)
                """
            )
            try await ChangeStore.record(.account, id.description, in: transaction)
            try await AuditStore.record(
                "integrated_account.changed",
                id.description,
                tenant: account.tenantID,
                by: actor,
                in: transaction
            )
            return try Self.record(rows[0])
        }
    }

    /// Deletes an account and leaves word for the vault; false when there is none.
    func delete(_ id: AccountID, scope: TenantScope, by actor: Actor) async throws -> Bool {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                with known as (
                    select id, integration_id, variables from registry.integrated_account
                    where id = \(id.uuid) and deleted_at is null for update
                )
                update registry.integrated_account account
                set deleted_at = now(), updated_at = now(), variables = '{}', label = null, client_certificate = null,
                    revision = revision + 1
                from known where account.id = known.id
                returning account.tenant_id, known.integration_id, known.variables
                """
            )
            guard let row = rows.first else { return false }
            let tenant = TenantID(try row.get("tenant_id", as: UUID.self))
            try await transaction.execute(
                """
                insert into registry.account_deletion (account_id, tenant_id, integration_id, variables)
                values (\(id.uuid), \(tenant.uuid), \(try row.get("integration_id", as: UUID.self)),
                    \(try row.get("variables", as: String.self)))
                on conflict do nothing
                """
            )
            try await ChangeStore.record(.account, id.description, in: transaction)
            try await AuditStore.record(
                "integrated_account.deleted",
                id.description,
                tenant: tenant,
                by: actor,
                in: transaction
            )
            return true
        }
    }

    /// Deleted accounts whose credentials are still to be shredded, oldest first.
    func deletions(limit: Int) async throws -> [AccountDeletion] {
        try await pool.transaction(context: TenantScope.service.context) { transaction in
            try await transaction.query(
                """
                select account_id, tenant_id, integration_id, variables from registry.account_deletion
                order by created_at, account_id limit \(limit)
                """
            ).map {
                AccountDeletion(
                    accountID: AccountID(try $0.get("account_id", as: UUID.self)),
                    tenantID: TenantID(try $0.get("tenant_id", as: UUID.self)),
                    integrationID: try $0.optional("integration_id", as: UUID.self).map { IntegrationID($0) },
                    variables: try $0.optional("variables", as: String.self).flatMap {
                        try JSONValue(parsing: $0).object
                    }
                )
            }
        }
    }

    /// Forgets deletions that the vault has carried out.
    func acknowledge(_ deletions: [AccountID]) async throws {
        try await pool.transaction(context: TenantScope.service.context) { transaction in
            try await transaction.execute(
                "delete from registry.account_deletion where account_id = any(\(deletions.map(\.uuid)))"
            )
        }
    }

    private static func record(_ row: Row) throws -> AccountRecord {
        guard let status = AccountStatus(rawValue: try row.get("status")) else {
            throw Problem(.internalError, "an account has an unknown status")
        }
        let variables: String = try row.get("variables")
        return AccountRecord(
            id: AccountID(try row.get("id", as: UUID.self)),
            tenantID: TenantID(try row.get("tenant_id", as: UUID.self)),
            environmentID: EnvironmentID(try row.get("environment_id", as: UUID.self)),
            integrationID: IntegrationID(try row.get("integration_id", as: UUID.self)),
            connector: try row.get("connector"),
            status: status,
            variables: try JSONValue(parsing: variables).object ?? [:],
            label: try row.optional("label"),
            endUserID: try row.get("end_user_id"),
            revision: try row.get("revision"),
            clientCertificate: try row.optional("client_certificate", as: String.self).map {
                try JSONValueDecoder().decode(CertificateNote.self, from: JSONValue(parsing: $0))
            }
        )
    }
}
