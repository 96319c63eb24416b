import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// What callers asked the executor: told by it, shown to administrators; see `RegistryContract`.
struct RequestLogRoutes {
    let log: RequestLogStore

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/admin/v1/request-log",
                operationID: "listRequestLog",
                summary: "What callers asked the executor, newest first",
                description: "Every write and every failure of the last seven days, and some of the good reads: at "
                    + "most twenty a second from each executor. Never a body or a query.",
                tags: ["Request log"],
                access: .admin([]),
                query: AdminSpec.page + [
                    QueryParameter("integrated_account_id", .string, "Requests for one account."),
                    QueryParameter("request_id", .string, "The one with this id."),
                    QueryParameter("is_error", .boolean, "true for answers with an error, false for the others."),
                ],
                responses: [ResponseSpec(200, "The lines", schema: AdminSchema.list(["type": "object"]))],
                handler: { try await lines($0) }
            ),
            Endpoint(
                .post,
                "/internal/v1/request-log",
                operationID: "keepRequestRecords",
                summary: "Keep what callers asked",
                tags: ["Internal"],
                access: .service([.executor]),
                body: BodySpec(schema: ["type": "object"]),
                responses: [ResponseSpec(204, "Kept")]
            ) { request in
                let records = try request.decode(RequestRecords.self).records
                guard records.count <= RequestRecords.max else {
                    throw Problem(.invalidRequest, "at most \(RequestRecords.max) records at once")
                }
                if !records.isEmpty { try await log.keep(records) }
                return .empty()
            },
        ]
    }

    private func lines(_ request: EndpointRequest) async throws -> EndpointResponse {
        let caller = try AdminCaller(request)
        var filter = RequestLogFilter(limit: request.query.integer("limit") ?? 50)
        filter.environmentID = caller.environment
        filter.requestID = request.query["request_id"]
        filter.isError = request.query["is_error"].map { $0 == "true" }
        if let text = request.query["integrated_account_id"] {
            guard let id = AccountID(text) else {
                throw Problem(.notFound, "there is no such integrated account")
            }
            filter.accountID = id
        }
        if let cursor = request.query["next_cursor"] {
            guard let id = Int(cursor) else {
                throw Problem(.invalidRequest, "next_cursor is not one of this list")
            }
            filter.before = id
        }
        let lines = try await log.lines(filter, scope: caller.scope)
        return .json([
            "result": .array(lines.map(\.json)),
            "next_cursor": lines.count == filter.limit ? lines.last.map { .string(String($0.id)) } ?? .null : .null,
        ])
    }
}
