import FoundationEssentials
import Postgres
import Vocabulary

/// One line of the audit log.
struct AuditRow: Sendable {
    let id: Int
    let actor: String
    let action: String
    let subject: String
    let requestID: String
    let createdAt: Timestamp
}

/// Who did what.
///
/// Rows are written in the transaction of the change itself.
struct AuditStore: Sendable {
    let pool: PostgresPool

    static func record(
        _ action: String,
        _ subject: String,
        tenant: TenantID?,
        by actor: Actor,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            insert into registry.audit_log (tenant_id, actor, action, subject, request_id)
            values (\(tenant?.uuid), \(actor.name), \(action), \(subject), \(actor.requestID))
            """
        )
    }

    /// The newest lines before `id`, newest first.
    func lines(before id: Int?, limit: Int, scope: TenantScope) async throws -> [AuditRow] {
        try await pool.transaction(context: scope.context) { transaction in
            try await transaction.query(
                """
                select id, actor, action, subject, request_id, created_at from registry.audit_log
                where \(id)::bigint is null or id < \(id)
                order by id desc limit \(limit)
                """
            ).map { row in
                AuditRow(
                    id: try row.get("id"),
                    actor: try row.get("actor"),
                    action: try row.get("action"),
                    subject: try row.get("subject"),
                    requestID: try row.get("request_id"),
                    createdAt: try row.get("created_at")
                )
            }
        }
    }
}
