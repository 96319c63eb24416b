import HTTPTypes
import JSONValue
import ServiceKit
import Vocabulary

/// Who did what.
struct AuditRoutes {
    let audit: AuditStore

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/admin/v1/audit-log",
                operationID: "listAuditLog",
                summary: "The audit log, newest first",
                tags: ["Audit"],
                access: .admin([]),
                query: AdminSpec.page,
                responses: [ResponseSpec(200, "The lines", schema: AdminSchema.list(["type": "object"]))]
            ) { request in
                let caller = try AdminCaller(request)
                try caller.mustOwnTenant()
                let limit = request.query.integer("limit") ?? 50
                var before: Int?
                if let cursor = request.query["next_cursor"] {
                    guard let id = Int(cursor) else {
                        throw Problem(.invalidRequest, "next_cursor is not one of this list")
                    }
                    before = id
                }
                let lines = try await audit.lines(before: before, limit: limit, scope: caller.scope)
                return .json([
                    "result": .array(lines.map(\.json)),
                    "next_cursor": lines.count == limit ? lines.last.map { .string(String($0.id)) } ?? .null : .null,
                ])
            }
        ]
    }
}
