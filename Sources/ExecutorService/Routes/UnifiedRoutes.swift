import ConnectorConfig
import ConnectorEngine
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import UnifiedModel
import Vocabulary

/// `/unified`: the same words for every vendor.
struct UnifiedRoutes: Sendable {
    let engine: Engine
    let door: AccountDoor
    let leases: AccessLeases
    let model: UnifiedModel

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/unified/{category}/{resource}",
                operationID: "listUnifiedRecords",
                summary: "List the records of a unified resource",
                description: "Filters are query parameters: `field=value` or `field[op]=value`.",
                tags: ["unified"],
                access: .apiKey([.unifiedRead]),
                query: Self.listParameters,
                allowsAnyQuery: true,
                responses: [ResponseSpec(200, "A page of records", schema: Self.page)],
                handler: { try await answer($0, method: "list") }
            ),
            Endpoint(
                .get,
                "/unified/{category}/{resource}/{id}",
                operationID: "getUnifiedRecord",
                summary: "Get one record of a unified resource",
                tags: ["unified"],
                access: .apiKey([.unifiedRead]),
                query: [Self.account],
                allowsAnyQuery: true,
                responses: [ResponseSpec(200, "The record", schema: ["type": "object"])],
                handler: { try await answer($0, method: "get") }
            ),
        ]
    }

    private func answer(_ request: EndpointRequest, method: String) async throws -> EndpointResponse {
        let category = try request.pathParameter("category")
        let resource = try request.pathParameter("resource")
        guard model.resource(category, resource) != nil else {
            throw Problem(.notFound, "there is no resource '\(category)/\(resource)' in the unified model")
        }
        if request.query["explain"].map({ $0 != "false" && $0 != "0" }) == true {
            guard try request.apiKey().scopes.contains(.debug) else {
                throw Problem(.forbiddenScope, "explain needs an API key with the scope 'debug'")
            }
        }
        let configuration = try await door.open(request)
        let call = UnifiedCall(
            category: category,
            resource: resource,
            method: method,
            id: request.pathParameters["id"],
            query: request.query.items.map { ($0.name, $0.value) },
            account: configuration.account.id,
            requestID: request.requestID
        )
        let result = try await engine.execute(
            call,
            connector: configuration.connector,
            variables: configuration.account.variables,
            access: leases.source(for: configuration.account.id)
        )
        var headers: HTTPFields = [.configRevision: configuration.connector.revision]
        if let limit = result.remoteRateLimit {
            headers[.remoteLimit] = limit.limit.map(String.init)
            headers[.remoteRemaining] = limit.remaining.map(String.init)
            headers[.remoteReset] = limit.reset.map(String.init)
        }
        return .bytes(result.body, contentType: "application/json", headers: headers)
    }

    private static let account = QueryParameter(
        "integrated_account_id",
        .string,
        "The account to act for; the header X-Integrated-Account-Id is the same."
    )
    private static let listParameters = [
        account,
        QueryParameter("limit", .string, "Records of a page, 1 to \(UnifiedQuery.limitMax); 50 when absent."),
        QueryParameter("next_cursor", .string, "Where the last page ended."),
        QueryParameter("search", .string, "Free text, where the resource can be searched."),
        QueryParameter("fields", .string, "The only fields wanted, with commas.", repeats: true),
        QueryParameter("exclude_fields", .string, "Fields not wanted, with commas.", repeats: true),
        QueryParameter("ignore_remote_data", .string, "true leaves the vendor's records out."),
        QueryParameter("strict_query", .string, "false lets unsupported filters be ignored."),
        QueryParameter("explain", .string, "true tells how the answer came about; needs the scope debug."),
    ]
    private static let page: JSONValue = [
        "type": "object", "required": ["result", "next_cursor"],
        "properties": [
            "result": ["type": "array", "items": ["type": "object"]],
            "next_cursor": ["type": ["string", "null"]], "prev_cursor": ["type": ["string", "null"]],
            "result_count": ["type": "integer"], "total_count": ["type": ["integer", "null"]],
            "is_partial_response": ["type": "boolean"], "meta": ["type": "object"],
        ],
    ]
}
