import FoundationEssentials
import Postgres
import RegistryContract
import Vocabulary

/// Connectors enabled in environments.
struct IntegrationStore: Sendable {
    let pool: PostgresPool

    private static let columns: Query = """
        i.id, i.tenant_id, i.environment_id, i.connector, i.label, i.created_at, e.return_urls, e.allowed_origins
        """
    private static let tables: Query = """
        registry.integration i join registry.environment e on e.id = i.environment_id
        """

    func create(
        environment: EnvironmentRow,
        connector: String,
        label: String?,
        scope: TenantScope,
        by actor: Actor
    ) async throws -> IntegrationRecord {
        let id = IntegrationID.random()
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.execute(
                """
                insert into registry.integration (id, tenant_id, environment_id, connector, label)
                values (\(id.uuid), \(environment.tenantID.uuid), \(environment.id.uuid), \(connector), \(label))
                """
            )
            try await AuditStore.record(
                "integration.created",
                id.description,
                tenant: environment.tenantID,
                by: actor,
                in: transaction
            )
        }
        guard let record = try await integration(id, scope: scope) else {
            throw Problem(.internalError, "the integration vanished while it was made")
        }
        return record
    }

    func integration(_ id: IntegrationID, scope: TenantScope) async throws -> IntegrationRecord? {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.query(
                "select \(Self.columns) from \(Self.tables) where i.id = \(id.uuid) and i.deleted_at is null"
            ).first.map(Self.record)
        }
    }

    func integrations(of environment: EnvironmentID) async throws -> [IntegrationRecord] {
        try await pool.transaction(context: TenantScope.service.context) { transaction in
            try await transaction.query(
                """
                select \(Self.columns) from \(Self.tables)
                where i.environment_id = \(environment.uuid) and i.deleted_at is null order by i.connector
                """
            ).map(Self.record)
        }
    }

    func integrations(_ page: PageRequest, scope: TenantScope) async throws -> Page<IntegrationRecord> {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                select \(Self.columns) from \(Self.tables)
                where i.deleted_at is null and (\(page.after?.createdAt)::timestamptz is null
                   or (i.created_at, i.id) > (\(page.after?.createdAt), \(page.after?.id)))
                order by i.created_at, i.id limit \(page.limit + 1)
                """
            )
            return try Page(rows: rows, limit: page.limit, read: Self.record)
        }
    }

    /// Disables an integration; false when there is none.
    ///
    /// Its accounts stay and can no longer connect anew.
    func delete(_ id: IntegrationID, scope: TenantScope, by actor: Actor) async throws -> Bool {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                update registry.integration set deleted_at = now()
                where id = \(id.uuid) and deleted_at is null returning tenant_id, connector
                """
            )
            guard let row = rows.first else { return false }
            let tenant = TenantID(try row.get("tenant_id", as: UUID.self))
            try await ChangeStore.record(.configuration, try row.get("connector"), in: transaction)
            try await AuditStore.record(
                "integration.deleted",
                id.description,
                tenant: tenant,
                by: actor,
                in: transaction
            )
            return true
        }
    }

    private static func record(_ row: Row) throws -> IntegrationRecord {
        IntegrationRecord(
            id: IntegrationID(try row.get("id", as: UUID.self)),
            tenantID: TenantID(try row.get("tenant_id", as: UUID.self)),
            environmentID: EnvironmentID(try row.get("environment_id", as: UUID.self)),
            connector: try row.get("connector"),
            label: try row.optional("label"),
            returnURLs: try row.get("return_urls"),
            allowedOrigins: try row.get("allowed_origins")
        )
    }
}
