import FoundationEssentials
import Postgres
import Vocabulary

/// A tenant, as stored.
struct TenantRow: Sendable {
    let id: TenantID
    let name: String
    let createdAt: Timestamp

    init(_ row: Row) throws {
        id = TenantID(try row.get("id", as: UUID.self))
        name = try row.get("name")
        createdAt = try row.get("created_at")
    }
}

/// An environment, as stored.
struct EnvironmentRow: Sendable {
    let id: EnvironmentID
    let tenantID: TenantID
    let name: String
    let returnURLs: [String]
    let allowedOrigins: [String]
    let createdAt: Timestamp

    init(_ row: Row) throws {
        id = EnvironmentID(try row.get("id", as: UUID.self))
        tenantID = TenantID(try row.get("tenant_id", as: UUID.self))
        name = try row.get("name")
        returnURLs = try row.get("return_urls")
        allowedOrigins = try row.get("allowed_origins")
        createdAt = try row.get("created_at")
    }
}

/// Tenants and their environments.
struct TenantStore: Sendable {
    let pool: PostgresPool

    func create(name: String, by actor: Actor) async throws -> TenantRow {
        let id = TenantID.random()
        return try await pool.transaction(context: TenantScope.service.context) { transaction in
            let rows = try await transaction.query(
                "insert into registry.tenant (id, name) values (\(id.uuid), \(name)) returning id, name, created_at"
            )
            try await AuditStore.record("tenant.created", id.description, tenant: id, by: actor, in: transaction)
            return try TenantRow(rows[0])
        }
    }

    func tenant(_ id: TenantID, scope: TenantScope) async throws -> TenantRow? {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.query(
                "select id, name, created_at from registry.tenant where id = \(id.uuid)"
            ).first.map(TenantRow.init)
        }
    }

    func tenants(_ page: PageRequest, scope: TenantScope) async throws -> Page<TenantRow> {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                select id, name, created_at from registry.tenant
                where \(page.after?.createdAt)::timestamptz is null
                   or (created_at, id) > (\(page.after?.createdAt), \(page.after?.id))
                order by created_at, id limit \(page.limit + 1)
                """
            )
            return try Page(rows: rows, limit: page.limit, read: TenantRow.init)
        }
    }

    func createEnvironment(
        tenant: TenantID,
        name: String,
        returnURLs: [String],
        allowedOrigins: [String],
        scope: TenantScope,
        by actor: Actor
    ) async throws -> EnvironmentRow {
        let id = EnvironmentID.random()
        return try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                insert into registry.environment (id, tenant_id, name, return_urls, allowed_origins)
                values (\(id.uuid), \(tenant.uuid), \(name), \(returnURLs), \(allowedOrigins))
                returning id, tenant_id, name, return_urls, allowed_origins, created_at
                """
            )
            try await AuditStore.record(
                "environment.created",
                id.description,
                tenant: tenant,
                by: actor,
                in: transaction
            )
            return try EnvironmentRow(rows[0])
        }
    }

    func updateEnvironment(
        _ id: EnvironmentID,
        returnURLs: [String]?,
        allowedOrigins: [String]?,
        scope: TenantScope,
        by actor: Actor
    ) async throws -> EnvironmentRow? {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                update registry.environment
                set return_urls = coalesce(\(returnURLs), return_urls),
                    allowed_origins = coalesce(\(allowedOrigins), allowed_origins)
                where id = \(id.uuid)
                returning id, tenant_id, name, return_urls, allowed_origins, created_at
                """
            )
            guard let environment = try rows.first.map(EnvironmentRow.init) else { return nil }
            try await AuditStore.record(
                "environment.changed",
                id.description,
                tenant: environment.tenantID,
                by: actor,
                in: transaction
            )
            return environment
        }
    }

    func environment(_ id: EnvironmentID, scope: TenantScope) async throws -> EnvironmentRow? {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.query(
                """
                select id, tenant_id, name, return_urls, allowed_origins, created_at
                from registry.environment where id = \(id.uuid)
                """
            ).first.map(EnvironmentRow.init)
        }
    }

    func environments(_ page: PageRequest, scope: TenantScope) async throws -> Page<EnvironmentRow> {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                select id, tenant_id, name, return_urls, allowed_origins, created_at from registry.environment
                where \(page.after?.createdAt)::timestamptz is null
                   or (created_at, id) > (\(page.after?.createdAt), \(page.after?.id))
                order by created_at, id limit \(page.limit + 1)
                """
            )
            return try Page(rows: rows, limit: page.limit, read: EnvironmentRow.init)
        }
    }
}
