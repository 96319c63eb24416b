import Cryptography
import Foundation
import Postgres
import Vocabulary

/// The keys of tenants and owners, wrapped, in the key database.
struct KeyStore {
    /// An owner's key, unwrapped.
    final class OwnerKey: Sendable {
        let id: UUID
        let key: SecretBytes

        init(id: UUID, key: consuming SecretBytes) {
            self.id = id
            self.key = key
        }
    }

    let pool: PostgresPool
    let root: RootKey

    /// The owner's key; made when there is none and `creating`, nil otherwise.
    ///
    /// - Throws: `not_found` for a shredded owner; `credential_unavailable` for keys that do not unwrap.
    func key(of owner: UUID, tenant: TenantID, creating: Bool) async throws -> OwnerKey? {
        try await pool.transaction(context: ["app.tenant_id": tenant.description]) { transaction in
            if let key = try await read(owner, tenant, in: transaction) { return key }
            guard creating else { return nil }
            let shredded = try await transaction.query("select 1 from keys.tombstone where owner_id = \(owner)")
            guard shredded.isEmpty else { throw Problem(.notFound, "this account was deleted") }
            // Others may be making the tenant's or the owner's first key right now.
            try await transaction.execute("select pg_advisory_xact_lock(hashtextextended(\(tenant.description), 7411))")
            if let key = try await read(owner, tenant, in: transaction) { return key }
            return try await make(owner, tenant, in: transaction)
        }
    }

    /// Deletes the owner's key and remembers that it had one.
    func shred(_ owner: UUID, tenant: TenantID) async throws {
        try await pool.transaction(context: ["app.tenant_id": tenant.description]) { transaction in
            try await transaction.execute("delete from keys.owner_key where owner_id = \(owner)")
            try await transaction.execute(
                "insert into keys.tombstone (owner_id) values (\(owner)) on conflict do nothing"
            )
        }
    }

    private func read(_ owner: UUID, _ tenant: TenantID, in transaction: PostgresTransaction) async throws -> OwnerKey?
    {
        let rows = try await transaction.query(
            """
            select o.id, o.wrapped, o.commitment, o.tenant_key_version, t.wrapped as tenant_wrapped,
                   t.commitment as tenant_commitment
            from keys.owner_key o join keys.tenant_key t
                on (t.tenant_id, t.version) = (o.tenant_id, o.tenant_key_version)
            where o.owner_id = \(owner)
            """
        )
        guard let row = rows.first else { return nil }
        let id: UUID = try row.get("id")
        let version: Int = try row.get("tenant_key_version")
        do {
            let tenantKey = try unwrap(
                tenant,
                version,
                wrapped: row.get("tenant_wrapped"),
                commitment: row.get("tenant_commitment")
            )
            let key = try Envelope.unwrap(
                row.get("wrapped"),
                commitment: row.get("commitment"),
                with: tenantKey,
                Self.ownerPurpose(owner, tenant, id, version)
            )
            return OwnerKey(id: id, key: key)
        } catch let error as CryptographyError {
            throw Problem(.credentialUnavailable, "the credential cannot be opened", underlying: error)
        }
    }

    private func make(_ owner: UUID, _ tenant: TenantID, in transaction: PostgresTransaction) async throws -> OwnerKey {
        let newest = try await transaction.query(
            """
            select version, wrapped, commitment from keys.tenant_key
            where tenant_id = \(tenant.uuid) order by version desc limit 1
            """
        ).first
        let version: Int
        let tenantKey: SecretBytes
        if let newest {
            version = try newest.get("version")
            do {
                tenantKey = try unwrap(
                    tenant,
                    version,
                    wrapped: newest.get("wrapped"),
                    commitment: newest.get("commitment")
                )
            } catch let error as CryptographyError {
                throw Problem(.credentialUnavailable, "the tenant's key cannot be opened", underlying: error)
            }
        } else {
            version = 1
            tenantKey = try SecretBytes.random(count: AES256GCM.keyLength)
            let wrapped = try Envelope.wrap(tenantKey, with: root.key, tenantPurpose(tenant, version))
            let commitment = try Envelope.commitment(of: tenantKey)
            try await transaction.execute(
                """
                insert into keys.tenant_key (tenant_id, version, root_version, wrapped, commitment)
                values (\(tenant.uuid), \(version)::bigint::int, \(root.version)::bigint::int, \(wrapped), \(commitment))
                """
            )
        }
        let id = UUID()
        let key = try SecretBytes.random(count: AES256GCM.keyLength)
        let wrapped = try Envelope.wrap(key, with: tenantKey, Self.ownerPurpose(owner, tenant, id, version))
        let commitment = try Envelope.commitment(of: key)
        try await transaction.execute(
            """
            insert into keys.owner_key (id, owner_id, tenant_id, tenant_key_version, wrapped, commitment)
            values (\(id), \(owner), \(tenant.uuid), \(version)::bigint::int, \(wrapped), \(commitment))
            """
        )
        return OwnerKey(id: id, key: key)
    }

    private func unwrap(_ tenant: TenantID, _ version: Int, wrapped: [UInt8], commitment: [UInt8]) throws -> SecretBytes
    {
        try Envelope.unwrap(wrapped, commitment: commitment, with: root.key, tenantPurpose(tenant, version))
    }

    private func tenantPurpose(_ tenant: TenantID, _ version: Int) -> [String] {
        ["tenant", tenant.description, String(version), String(root.version)]
    }

    private static func ownerPurpose(_ owner: UUID, _ tenant: TenantID, _ id: UUID, _ version: Int) -> [String] {
        ["owner", tenant.description, owner.uuidString, id.uuidString, String(version)]
    }
}
