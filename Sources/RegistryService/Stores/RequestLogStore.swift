import FoundationEssentials
import JSONValue
import Postgres
import RegistryContract
import Vocabulary

/// One line of the request log.
struct RequestLogRow: Sendable {
    let id: Int
    let record: RequestRecord
    let answeredAt: Timestamp
}

/// Which lines of the request log are wanted.
struct RequestLogFilter: Sendable {
    var accountID: AccountID?
    var environmentID: EnvironmentID?
    var requestID: String?
    /// Errors alone, or answers that were good.
    var isError: Bool?
    /// The id of the last line of the page before.
    var before: Int?
    var limit: Int
}

/// What callers asked the executor, for a week.
struct RequestLogStore: Sendable {
    let pool: PostgresPool

    /// Keeps records and forgets some that are too old, in two statements whatever their number.
    func keep(_ records: [RequestRecord]) async throws {
        let rows = JSONValue.array(try records.map { try JSONValueEncoder().encode($0) }).text()
        try await pool.transaction(context: TenantScope.service.context) { transaction in
            try await transaction.execute(
                """
                insert into registry.request_log (tenant_id, environment_id, account_id, api_key_id, request_id,
                    operation, method, path, status, code, milliseconds, at)
                select tenant_id, environment_id, account_id, api_key_id, request_id, operation, method, path, status,
                    code, milliseconds, to_timestamp(at)
                from jsonb_to_recordset(\(rows)::text::jsonb) as record (tenant_id uuid, environment_id uuid,
                    account_id uuid, api_key_id uuid, request_id text, operation text, method text, path text,
                    status integer, code text, milliseconds double precision, at double precision)
                """
            )
            try await transaction.execute(
                """
                delete from registry.request_log where id in (
                    select id from registry.request_log where at < now() - interval '7 days' limit 5000)
                """
            )
        }
    }

    /// The newest lines that a filter lets through, newest first.
    func lines(_ filter: RequestLogFilter, scope: TenantScope) async throws -> [RequestLogRow] {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.query(
                """
                select id, tenant_id, environment_id, account_id, api_key_id, request_id, operation, method, path,
                    status, code, milliseconds, extract(epoch from at)::double precision as seconds, at
                from registry.request_log
                where (\(filter.before)::bigint is null or id < \(filter.before))
                    and (\(filter.accountID?.uuid)::uuid is null or account_id = \(filter.accountID?.uuid))
                    and (\(filter.environmentID?.uuid)::uuid is null or environment_id = \(filter.environmentID?.uuid))
                    and (\(filter.requestID)::text is null or request_id = \(filter.requestID))
                    and (\(filter.isError)::boolean is null or (status >= 400) = \(filter.isError))
                order by id desc limit \(filter.limit)
                """
            ).map { row in
                RequestLogRow(
                    id: try row.get("id"),
                    record: RequestRecord(
                        tenantID: TenantID(try row.get("tenant_id")),
                        environmentID: try row.optional("environment_id").map { EnvironmentID($0) },
                        accountID: try row.optional("account_id").map { AccountID($0) },
                        apiKeyID: APIKeyID(try row.get("api_key_id")),
                        requestID: try row.get("request_id"),
                        operation: try row.get("operation"),
                        method: try row.get("method"),
                        path: try row.get("path"),
                        status: try row.get("status"),
                        code: try row.optional("code"),
                        milliseconds: try row.get("milliseconds"),
                        at: try row.get("seconds")
                    ),
                    answeredAt: try row.get("at")
                )
            }
        }
    }
}
