import FoundationEssentials
import Postgres
import RegistryContract
import Vocabulary

/// An API key, as listed.
struct APIKeyRow: Sendable {
    let id: APIKeyID
    let tenantID: TenantID?
    let environmentID: EnvironmentID?
    let name: String
    let scopes: [String]
    let createdAt: Timestamp
    let revokedAt: Timestamp?

    init(_ row: Row) throws {
        id = APIKeyID(try row.get("id", as: UUID.self))
        tenantID = try row.optional("tenant_id", as: UUID.self).map { TenantID($0) }
        environmentID = try row.optional("environment_id", as: UUID.self).map { EnvironmentID($0) }
        name = try row.get("name")
        scopes = try row.get("scopes")
        createdAt = try row.get("created_at")
        revokedAt = try row.optional("revoked_at")
    }
}

/// API keys; of the key itself only the digest is kept.
struct APIKeyStore: Sendable {
    let pool: PostgresPool

    func create(
        tenant: TenantID?,
        environment: EnvironmentID?,
        name: String,
        scopes: [String],
        sha256: [UInt8],
        scope: TenantScope,
        by actor: Actor
    ) async throws -> APIKeyRow {
        let id = APIKeyID.random()
        return try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                insert into registry.api_key (id, tenant_id, environment_id, name, key_sha256, scopes)
                values (\(id.uuid), \(tenant?.uuid), \(environment?.uuid), \(name), \(sha256), \(scopes))
                returning id, tenant_id, environment_id, name, scopes, created_at, revoked_at
                """
            )
            try await AuditStore.record("api_key.created", id.description, tenant: tenant, by: actor, in: transaction)
            return try APIKeyRow(rows[0])
        }
    }

    /// The key with this digest, whoever's it is: this is how a caller's tenant becomes known.
    func key(sha256: [UInt8]) async throws -> APIKeyRecord? {
        try await pool.query(
            """
            select id, tenant_id, environment_id, scopes, revoked_at is not null as revoked
            from registry.api_key where key_sha256 = \(sha256)
            """,
            context: TenantScope.service.context
        ).first.map { row in
            APIKeyRecord(
                keyID: APIKeyID(try row.get("id", as: UUID.self)),
                tenantID: try row.optional("tenant_id", as: UUID.self).map { TenantID($0) },
                environmentID: try row.optional("environment_id", as: UUID.self).map { EnvironmentID($0) },
                scopes: try row.get("scopes"),
                revoked: try row.get("revoked")
            )
        }
    }

    func keys(_ page: PageRequest, scope: TenantScope) async throws -> Page<APIKeyRow> {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                select id, tenant_id, environment_id, name, scopes, created_at, revoked_at from registry.api_key
                where \(page.after?.createdAt)::timestamptz is null
                   or (created_at, id) > (\(page.after?.createdAt), \(page.after?.id))
                order by created_at, id limit \(page.limit + 1)
                """
            )
            return try Page(rows: rows, limit: page.limit, read: APIKeyRow.init)
        }
    }

    /// Revokes a key; false when there is none.
    func revoke(_ id: APIKeyID, scope: TenantScope, by actor: Actor) async throws -> Bool {
        try await pool.transaction(context: scope.context) { transaction in
            let rows = try await transaction.query(
                """
                update registry.api_key set revoked_at = coalesce(revoked_at, now())
                where id = \(id.uuid) returning tenant_id
                """
            )
            guard let row = rows.first else { return false }
            let tenant = try row.optional("tenant_id", as: UUID.self).map { TenantID($0) }
            try await ChangeStore.record(.apiKey, id.description, in: transaction)
            try await AuditStore.record("api_key.revoked", id.description, tenant: tenant, by: actor, in: transaction)
            return true
        }
    }
}
