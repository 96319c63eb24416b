import Foundation
import Postgres
import VaultContract
import Vocabulary

/// Whose credential, and for what.
struct CredentialAddress: Sendable {
    let owner: UUID
    let tenant: TenantID
    let kind: CredentialKind

    var context: [String: String] { ["app.tenant_id": tenant.description] }
}

/// Who opens or changes a credential, for the access log.
struct VaultCaller: Sendable {
    let name: String
    let requestID: String
}

/// Sealed credentials, leases and attempts.
///
/// Nothing here can open what it stores.
struct CredentialStore: Sendable {
    /// A sealed version with the row that points to it.
    struct Sealed: Sendable {
        let version: Int
        let grantEpoch: Int
        let status: CredentialRecord.Status
        let environment: UUID
        let sealed: [UInt8]
        let expiresAt: Timestamp?

        init(_ row: Row) throws {
            version = try row.get("current_version")
            grantEpoch = try row.get("grant_epoch")
            status = try row.get("status", as: String.self) == "active" ? .active : .needsReauth
            environment = try row.get("environment_id")
            sealed = try row.get("sealed")
            expiresAt = try row.optional("expires_at")
        }
    }

    /// Seals values for the version and epoch they get; called inside the transaction that stores them.
    typealias Sealing = @Sendable (_ environment: UUID, _ version: Int, _ grantEpoch: Int) throws -> [UInt8]

    let pool: PostgresPool

    /// Stores a new grant: the next version, the next epoch, any lease void.
    func put(
        _ address: CredentialAddress,
        environment: UUID,
        expiresAt: Timestamp?,
        renewAt: Timestamp? = nil,
        by caller: VaultCaller,
        seal: @escaping Sealing
    ) async throws -> CredentialVersion {
        try await pool.transaction(context: address.context) { transaction in
            try await transaction.execute(
                "select pg_advisory_xact_lock(hashtextextended(\(address.owner.uuidString + address.kind.rawValue), 7412))"
            )
            let current = try await transaction.query(
                """
                select current_version, grant_epoch from vault.credential
                where owner_id = \(address.owner) and kind = \(address.kind.rawValue) for update
                """
            ).first
            let version = try (current?.get("current_version", as: Int.self) ?? 0) + 1
            let epoch = try (current?.get("grant_epoch", as: Int.self) ?? 0) + 1
            try await transaction.execute(
                """
                insert into vault.credential
                    (owner_id, kind, tenant_id, environment_id, current_version, grant_epoch, status, renew_at)
                values (\(address.owner), \(address.kind.rawValue), \(address.tenant.uuid), \(environment),
                    \(version), \(epoch)::bigint::int, 'active', \(renewAt))
                on conflict (owner_id, kind) do update
                set current_version = excluded.current_version, grant_epoch = excluded.grant_epoch, status = 'active',
                    environment_id = excluded.environment_id, lease_token = vault.credential.lease_token + 1,
                    lease_holder = null, lease_until = null, renew_at = excluded.renew_at
                """
            )
            try await insert(address, version, epoch, try seal(environment, version, epoch), expiresAt, in: transaction)
            try await log("put", address, version, caller, in: transaction)
            return CredentialVersion(version: version, grantEpoch: epoch)
        }
    }

    /// The current version.
    func current(_ address: CredentialAddress, by caller: VaultCaller) async throws -> Sealed? {
        try await pool.transaction(context: address.context) { transaction in
            let sealed = try await sealed(address, in: transaction)
            if let sealed { try await log("open", address, sealed.version, caller, in: transaction) }
            return sealed
        }
    }

    /// What asking for a lease gives.
    enum Leasing: Sendable {
        case granted(leaseToken: Int, attempt: UUID, until: Timestamp, Sealed)
        case refused(currentVersion: Int, leasedUntil: Timestamp?)
        case unknown
    }

    /// Grants the right to refresh, by the database's clock, and writes the attempt down.
    func lease(_ address: CredentialAddress, seen: Int, holder: String, by caller: VaultCaller) async throws -> Leasing
    {
        try await pool.transaction(context: address.context) { transaction in
            let granted = try await transaction.query(
                """
                update vault.credential
                set lease_token = lease_token + 1, lease_holder = \(holder),
                    lease_until = clock_timestamp() + interval '30 seconds'
                where owner_id = \(address.owner) and kind = \(address.kind.rawValue) and current_version = \(seen)
                  and status = 'active' and (lease_until is null or lease_until < clock_timestamp())
                returning lease_token, lease_until, grant_epoch
                """
            ).first
            guard let granted else {
                let row = try await transaction.query(
                    """
                    select current_version, case when lease_until > clock_timestamp() then lease_until end as lease_until
                    from vault.credential where owner_id = \(address.owner) and kind = \(address.kind.rawValue)
                    """
                ).first
                guard let row else { return .unknown }
                return .refused(
                    currentVersion: try row.get("current_version"),
                    leasedUntil: try row.optional("lease_until")
                )
            }
            guard let sealed = try await sealed(address, in: transaction) else { return .unknown }
            let attempt = UUID()
            let token: Int = try granted.get("lease_token")
            try await transaction.execute(
                """
                insert into vault.refresh_attempt
                    (id, owner_id, kind, tenant_id, from_version, grant_epoch, lease_token, state)
                values (\(attempt), \(address.owner), \(address.kind.rawValue), \(address.tenant.uuid), \(seen),
                    \(sealed.grantEpoch)::bigint::int, \(token), 'sending')
                """
            )
            try await log("lease", address, seen, caller, in: transaction)
            return .granted(leaseToken: token, attempt: attempt, until: try granted.get("lease_until"), sealed)
        }
    }

    /// Saves a refresh under its lease.
    ///
    /// - Returns: The new version; nil when the lease was lost, in which case the result is kept as a candidate unless a
    ///   new grant has made it worthless.
    func complete(
        _ address: CredentialAddress,
        leaseToken: Int,
        attempt: UUID,
        expiresAt: Timestamp?,
        renewAt: Timestamp? = nil,
        by caller: VaultCaller,
        seal: @escaping Sealing
    ) async throws -> CredentialVersion? {
        try await pool.transaction(context: address.context) { transaction in
            guard let begun = try await self.attempt(attempt, address, in: transaction) else {
                throw Problem(.notFound, "there is no such refresh attempt")
            }
            let environment = try await transaction.query(
                """
                update vault.credential
                set current_version = current_version + 1, lease_holder = null, lease_until = null, renew_at = \(renewAt)
                where owner_id = \(address.owner) and kind = \(address.kind.rawValue) and lease_token = \(leaseToken)
                  and current_version = \(begun.fromVersion) and grant_epoch = \(begun.grantEpoch)
                returning environment_id
                """
            ).first
            let version = begun.fromVersion + 1
            if let environment {
                let sealed = try seal(try environment.get("environment_id"), version, begun.grantEpoch)
                try await insert(address, version, begun.grantEpoch, sealed, expiresAt, in: transaction)
                try await end(attempt, "saved", nil, in: transaction)
                try await log("refreshed", address, version, caller, in: transaction)
                return CredentialVersion(version: version, grantEpoch: begun.grantEpoch)
            }
            let row = try await transaction.query(
                """
                select environment_id from vault.credential
                where owner_id = \(address.owner) and kind = \(address.kind.rawValue) and grant_epoch = \(begun.grantEpoch)
                for update
                """
            ).first
            guard let row else {
                try await end(attempt, "failed", "superseded", in: transaction)
                return nil
            }
            let sealed = try seal(try row.get("environment_id"), version, begun.grantEpoch)
            try await transaction.execute(
                """
                update vault.refresh_attempt
                set state = 'candidate', candidate_sealed = \(sealed), candidate_expires_at = \(expiresAt)
                where id = \(attempt)
                """
            )
            try await log("candidate", address, version, caller, in: transaction)
            return nil
        }
    }

    /// Gives a lease back; what was to be renewed for its own sake is tried again an hour later.
    ///
    /// A permanent failure marks the grant dead, unless an earlier attempt's late result can still be taken up.
    func fail(
        _ address: CredentialAddress,
        leaseToken: Int,
        attempt: UUID,
        permanent: Bool,
        reason: String,
        by caller: VaultCaller
    ) async throws {
        try await pool.transaction(context: address.context) { transaction in
            guard let begun = try await self.attempt(attempt, address, in: transaction) else {
                throw Problem(.notFound, "there is no such refresh attempt")
            }
            try await end(attempt, "failed", reason, in: transaction)
            let held = try await transaction.execute(
                """
                update vault.credential set lease_holder = null, lease_until = null,
                    renew_at = case when renew_at < clock_timestamp() then clock_timestamp() + interval '1 hour'
                        else renew_at end
                where owner_id = \(address.owner) and kind = \(address.kind.rawValue) and lease_token = \(leaseToken)
                  and current_version = \(begun.fromVersion) and grant_epoch = \(begun.grantEpoch)
                """
            )
            guard held == 1, permanent else { return }
            if try await adoptCandidate(of: begun, address, caller, in: transaction) { return }
            let isLost = try await !transaction.query(
                """
                select 1 from vault.refresh_attempt
                where owner_id = \(address.owner) and kind = \(address.kind.rawValue)
                  and from_version = \(begun.fromVersion) and state = 'sending' and id <> \(attempt)
                """
            ).isEmpty
            try await transaction.execute(
                """
                update vault.credential set status = 'needs_reauth'
                where owner_id = \(address.owner) and kind = \(address.kind.rawValue)
                """
            )
            try await transaction.execute(
                """
                insert into vault.outbox (tenant_id, owner_id, kind, grant_epoch, reason)
                values (\(address.tenant.uuid), \(address.owner), 'needs_reauth', \(begun.grantEpoch)::bigint::int,
                    \(isLost ? "refresh_response_lost" : reason))
                on conflict do nothing
                """
            )
            try await log("needs_reauth", address, begun.fromVersion, caller, in: transaction)
        }
    }

    /// Removes everything of an owner.
    func remove(_ owner: UUID, tenant: TenantID, by caller: VaultCaller) async throws {
        try await pool.transaction(context: ["app.tenant_id": tenant.description]) { transaction in
            for kind in CredentialKind.allCases {
                let address = CredentialAddress(owner: owner, tenant: tenant, kind: kind)
                let removed = try await transaction.execute(
                    "delete from vault.credential where owner_id = \(owner) and kind = \(kind.rawValue)"
                )
                if removed > 0 { try await log("shred", address, nil, caller, in: transaction) }
            }
        }
    }

    /// The accounts whose credentials want to be renewed for their own sake, the most urgent first.
    func due(limit: Int) async throws -> [DueCredential] {
        try await pool.transaction(context: ["app.scope": "service"]) { transaction in
            try await transaction.query(
                """
                select owner_id, tenant_id from vault.credential
                where renew_at <= clock_timestamp() and status = 'active' and kind = 'access'
                  and (lease_until is null or lease_until < clock_timestamp())
                order by renew_at limit \(limit)
                """
            ).map { row in
                DueCredential(
                    accountID: AccountID(try row.get("owner_id", as: UUID.self)),
                    tenantID: TenantID(try row.get("tenant_id", as: UUID.self))
                )
            }
        }
    }

    /// The oldest events that were not acknowledged.
    func events(limit: Int) async throws -> [VaultEvent] {
        try await pool.transaction(context: ["app.scope": "service"]) { transaction in
            try await transaction.query(
                "select id, kind, owner_id, grant_epoch, reason from vault.outbox order by id limit \(limit)"
            ).map { row in
                VaultEvent(
                    id: try row.get("id"),
                    kind: try row.get("kind"),
                    ownerID: try row.get("owner_id", as: UUID.self).uuidString.lowercased(),
                    grantEpoch: try row.get("grant_epoch"),
                    reason: try row.get("reason")
                )
            }
        }
    }

    /// Forgets events.
    func acknowledge(_ ids: [Int]) async throws {
        try await pool.transaction(context: ["app.scope": "service"]) { transaction in
            try await transaction.execute("delete from vault.outbox where id = any(\(ids))")
        }
    }

    // MARK: Inside a transaction

    private struct Begun {
        let fromVersion: Int
        let grantEpoch: Int
    }

    private func attempt(_ id: UUID, _ address: CredentialAddress, in transaction: PostgresTransaction) async throws
        -> Begun?
    {
        try await transaction.query(
            """
            select from_version, grant_epoch from vault.refresh_attempt
            where id = \(id) and owner_id = \(address.owner) and kind = \(address.kind.rawValue) and state = 'sending'
            for update
            """
        ).first.map { Begun(fromVersion: try $0.get("from_version"), grantEpoch: try $0.get("grant_epoch")) }
    }

    private func adoptCandidate(
        of begun: Begun,
        _ address: CredentialAddress,
        _ caller: VaultCaller,
        in transaction: PostgresTransaction
    ) async throws -> Bool {
        // A candidate was sealed for the version after the one it started from, which is the very next one.
        let candidate = try await transaction.query(
            """
            select id, candidate_sealed, candidate_expires_at from vault.refresh_attempt
            where owner_id = \(address.owner) and kind = \(address.kind.rawValue) and state = 'candidate'
              and from_version = \(begun.fromVersion) and grant_epoch = \(begun.grantEpoch)
            order by created_at desc limit 1
            """
        ).first
        guard let candidate else { return false }
        let version = begun.fromVersion + 1
        try await transaction.execute(
            """
            update vault.credential set current_version = \(version)
            where owner_id = \(address.owner) and kind = \(address.kind.rawValue)
            """
        )
        try await insert(
            address,
            version,
            begun.grantEpoch,
            try candidate.get("candidate_sealed"),
            try candidate.optional("candidate_expires_at"),
            in: transaction
        )
        try await end(try candidate.get("id"), "saved", "adopted", in: transaction)
        try await log("adopted", address, version, caller, in: transaction)
        return true
    }

    private func sealed(_ address: CredentialAddress, in transaction: PostgresTransaction) async throws -> Sealed? {
        try await transaction.query(
            """
            select c.current_version, c.grant_epoch, c.status, c.environment_id, v.sealed, v.expires_at
            from vault.credential c join vault.credential_version v
                on (v.owner_id, v.kind, v.version) = (c.owner_id, c.kind, c.current_version)
            where c.owner_id = \(address.owner) and c.kind = \(address.kind.rawValue)
            """
        ).first.map(Sealed.init)
    }

    private func insert(
        _ address: CredentialAddress,
        _ version: Int,
        _ epoch: Int,
        _ sealed: [UInt8],
        _ expiresAt: Timestamp?,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            insert into vault.credential_version (owner_id, kind, version, tenant_id, grant_epoch, sealed, expires_at)
            values (\(address.owner), \(address.kind.rawValue), \(version), \(address.tenant.uuid),
                \(epoch)::bigint::int, \(sealed), \(expiresAt))
            """
        )
        // The version before stays for one more round, for whoever is reading it now.
        try await transaction.execute(
            """
            delete from vault.credential_version
            where owner_id = \(address.owner) and kind = \(address.kind.rawValue) and version < \(version - 1)
            """
        )
    }

    private func end(_ attempt: UUID, _ state: String, _ reason: String?, in transaction: PostgresTransaction)
        async throws
    {
        try await transaction.execute(
            """
            update vault.refresh_attempt set state = \(state), reason = \(reason), candidate_sealed = null
            where id = \(attempt)
            """
        )
    }

    private func log(
        _ action: String,
        _ address: CredentialAddress,
        _ version: Int?,
        _ caller: VaultCaller,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            insert into vault.access_log (tenant_id, owner_id, kind, action, version, caller, request_id)
            values (\(address.tenant.uuid), \(address.owner), \(address.kind.rawValue), \(action), \(version),
                \(caller.name), \(caller.requestID))
            """
        )
    }
}
