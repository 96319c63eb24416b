import FoundationEssentials
import JSONValue
import Postgres
import RegistryContract
import Vocabulary

/// Writes that carry a key, so that each is done once; rows live for a day.
struct IdempotencyStore: Sendable {
    /// How long a run may take before it counts as interrupted.
    ///
    /// Longer than the longest call of a vendor with its steps.
    static let leaseSeconds = 120.0

    let pool: PostgresPool

    /// Begins a run unless the key is known, in one statement that only one of many callers wins.
    func begin(_ write: IdempotentWrite, key: [UInt8], request: [UInt8]) async throws -> IdempotentWriteState {
        let tenant = write.tenantID
        return try await pool.transaction(context: TenantScope.tenant(tenant).context) { transaction in
            try await transaction.execute(
                """
                delete from registry.idempotency_record where tenant_id = \(tenant.uuid) and expires_at <= now()
                """
            )
            let begun = try await transaction.query(
                """
                insert into registry.idempotency_record (tenant_id, key_sha256, request_sha256, run_id, lease_ends_at)
                values (\(tenant.uuid), \(key), \(request), \(write.runID.uuid),
                    now() + make_interval(secs => \(Self.leaseSeconds)))
                on conflict (tenant_id, key_sha256) do nothing
                returning 1
                """
            )
            guard begun.isEmpty else { return .begun }
            let rows = try await transaction.query(
                """
                select request_sha256 = \(request) as is_same, lease_ends_at > now() as is_leased, status, headers, body
                from registry.idempotency_record where tenant_id = \(tenant.uuid) and key_sha256 = \(key)
                """
            )
            // A row that was there at the insert and is gone now has just been released.
            guard let row = rows.first else { return .running }
            return try Self.state(row)
        }
    }

    /// Keeps a run's answer; nothing when the run is not the one that began.
    func finish(_ write: IdempotentWrite, key: [UInt8], answer: IdempotentAnswer) async throws {
        let headers = JSONValue.object(
            JSONObject(answer.headers.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        ).text()
        try await pool.transaction(context: TenantScope.tenant(write.tenantID).context) { transaction in
            try await transaction.execute(
                """
                update registry.idempotency_record
                set status = \(answer.status), headers = \(headers), body = \(answer.body)
                where tenant_id = \(write.tenantID.uuid) and key_sha256 = \(key) and run_id = \(write.runID.uuid)
                    and status is null
                """
            )
        }
    }

    /// Forgets a run that did nothing.
    func release(_ write: IdempotentWrite, key: [UInt8]) async throws {
        try await pool.transaction(context: TenantScope.tenant(write.tenantID).context) { transaction in
            try await transaction.execute(
                """
                delete from registry.idempotency_record
                where tenant_id = \(write.tenantID.uuid) and key_sha256 = \(key) and run_id = \(write.runID.uuid)
                    and status is null
                """
            )
        }
    }

    private static func state(_ row: Row) throws -> IdempotentWriteState {
        guard try row.get("is_same", as: Bool.self) else { return .reused }
        guard let status = try row.optional("status", as: Int.self) else {
            return try row.get("is_leased", as: Bool.self) ? .running : .unknown
        }
        var headers: [String: String] = [:]
        for member in try JSONValue(parsing: row.get("headers", as: String.self)).object ?? [:] {
            headers[member.key] = member.value.string
        }
        return .answered(
            IdempotentAnswer(status: status, headers: headers, body: try row.get("body", as: [UInt8].self))
        )
    }
}
