import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import UnifiedModel
import Vocabulary

/// `/unified`: the same words for every vendor.
struct UnifiedRoutes: Sendable {
    let engine: Engine
    let wide: WideListRoutes
    let door: AccountDoor
    let leases: AccessLeases
    let model: UnifiedModel
    let writes: IdempotentWrites

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/unified/{category}/{resource}",
                operationID: "listUnifiedRecords",
                summary: "List the records of a unified resource",
                description: "Filters are query parameters: `field=value` or `field[op]=value`. With "
                    + "`response_format=stream` all pages come as NDJSON: one record a line, then `{\"meta\":{...}}`, or "
                    + "`{\"error\":{...},\"next_cursor\":...}` and a broken connection. Over several accounts each record "
                    + "carries `integrated_account_id`, and what one account cannot give stands in `meta.errors`.",
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
                query: [
                    Self.account, Self.include,
                    QueryParameter("fields", .string, "The only fields wanted, with commas.", repeats: true),
                    QueryParameter("exclude_fields", .string, "Fields not wanted, with commas.", repeats: true),
                    QueryParameter("ignore_remote_data", .string, "true leaves the vendor's record out."),
                ],
                allowsAnyQuery: true,
                responses: [ResponseSpec(200, "The record", schema: ["type": "object"])],
                handler: { try await answer($0, method: "get") }
            ),
        ] + writing
    }

    private var writing: [Endpoint] {
        [
            Endpoint(
                .post,
                "/unified/{category}/{resource}",
                operationID: "createUnifiedRecord",
                summary: "Create a record of a unified resource",
                description: "Answers the record as the vendor holds it. `remote_data` in the body is merged into the "
                    + "vendor's own body.",
                tags: ["unified"],
                access: .apiKey([.unifiedWrite]),
                query: Self.writeParameters,
                allowsAnyQuery: true,
                body: BodySpec(schema: ["type": "object"]),
                responses: [ResponseSpec(201, "The record", schema: ["type": "object"])],
                handler: { request in
                    try await writes.once(request) {
                        try await answer(request, method: "create", body: request.json(), status: 201)
                    }
                }
            ),
            Endpoint(
                .patch,
                "/unified/{category}/{resource}/{id}",
                operationID: "updateUnifiedRecord",
                summary: "Change fields of a record",
                description: "Fields that are left out stay as they are; null empties one. `If-Match` is honoured "
                    + "where the connector supports it.",
                tags: ["unified"],
                access: .apiKey([.unifiedWrite]),
                query: Self.writeParameters,
                allowsAnyQuery: true,
                body: BodySpec(schema: ["type": "object"]),
                responses: [ResponseSpec(200, "The record", schema: ["type": "object"])],
                handler: { request in
                    try await writes.once(request) {
                        try await answer(request, method: "update", body: request.json())
                    }
                }
            ),
            Endpoint(
                .delete,
                "/unified/{category}/{resource}/{id}",
                operationID: "deleteUnifiedRecord",
                summary: "Delete a record",
                tags: ["unified"],
                access: .apiKey([.unifiedWrite]),
                query: [Self.account],
                allowsAnyQuery: true,
                responses: [
                    ResponseSpec(
                        200,
                        "The id of what was deleted",
                        schema: ["type": "object", "properties": ["id": ["type": "string"]]]
                    )
                ],
                handler: { request in
                    try await writes.once(request) { try await answer(request, method: "delete") }
                }
            ),
            Endpoint(
                .post,
                "/unified/{category}/{resource}/{id}",
                operationID: "callUnifiedMethod",
                summary: "Call a method of the connector's own",
                description: "The last segment is the method's name, such as `merge`. A record that it is about is "
                    + "named by `id` in the body.",
                tags: ["unified"],
                access: .apiKey([.unifiedWrite]),
                query: [Self.account],
                allowsAnyQuery: true,
                body: BodySpec(schema: ["type": "object"], isRequired: false),
                responses: [
                    ResponseSpec(
                        200,
                        "What the method gives",
                        schema: ["type": "object", "required": ["result"], "properties": ["result": [:]]]
                    )
                ],
                handler: { request in try await writes.once(request) { try await custom(request) } }
            ),
        ]
    }

    private func custom(_ request: EndpointRequest) async throws -> EndpointResponse {
        let method = try request.pathParameter("id")
        guard !Self.ownMethods.contains(method) else {
            throw Problem(.methodNotSupported, "'\(method)' is no method of a connector's own")
        }
        let body: JSONValue? = request.body.isEmpty ? nil : try request.json()
        return try await answer(request, method: method, id: body?["id"]?.plainText, body: body)
    }

    private func answer(_ request: EndpointRequest, method: String) async throws -> EndpointResponse {
        try await answer(request, method: method, id: request.pathParameters["id"])
    }

    private func answer(
        _ request: EndpointRequest,
        method: String,
        body: JSONValue,
        status: Int = 200
    ) async throws -> EndpointResponse {
        try await answer(request, method: method, id: request.pathParameters["id"], body: body, status: status)
    }

    private func answer(
        _ request: EndpointRequest,
        method: String,
        id: String?,
        body: JSONValue? = nil,
        status: Int = 200
    ) async throws -> EndpointResponse {
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
        if method == "list",
            let answer = try await wide.answer(request, category: category, resource: resource)
        {
            return answer
        }
        let configuration = try await door.open(request)
        let call = UnifiedCall(
            category: category,
            resource: resource,
            method: method,
            id: id,
            // The account is known by now; without it calls in the same words are told to be the same.
            query: request.query.items.lazy.filter { $0.name != "integrated_account_id" }.map { ($0.name, $0.value) },
            body: body,
            ifMatch: request.headers[.ifMatch],
            idempotencyKey: request.headers[.idempotencyKey],
            account: configuration.account.id,
            requestID: request.requestID,
            traffic: try configuration.account.traffic(request)
        )
        let result = try await engine.execute(
            call,
            connector: configuration.connector,
            variables: configuration.account.variables,
            access: leases.source(for: configuration.account.id)
        )
        var fields = [
            HeaderField(name: .contentType, value: "application/json"),
            HeaderField(name: .configRevision, value: configuration.connector.revision),
        ]
        if let tag = result.etag.flatMap(Self.entityTag) { fields.append(HeaderField(name: .eTag, value: tag)) }
        var headers = HeaderFields(list: fields)
        if let limit = result.remoteRateLimit {
            headers[.remoteLimit] = limit.limit.map(String.init)
            headers[.remoteRemaining] = limit.remaining.map(String.init)
            headers[.remoteReset] = limit.reset.map(String.init)
        }
        if let limit = result.rateLimit { headers.set(limit) }
        for field in configuration.connector.document.deprecation?.fields ?? [] {
            if let name = HTTPField.Name(field.name) { headers[name] = field.value }
        }
        if !result.warnings.isEmpty {
            headers[.warnings] = JSONValue.array(
                result.warnings.prefix(20).map { warning in
                    [
                        "code": .string(warning.code), "message": .string(warning.message),
                        "pointer": .string(warning.pointer),
                    ]
                }
            ).text()
        }
        return EndpointResponse(status: status, headers: headers, body: .bytes(result.body))
    }

    /// A version as `ETag` has it (RFC 9110 section 8.8.3): in quotes.
    private static func entityTag(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ $0 >= 0x21 && $0 < 0x7F }) else { return nil }
        return text.hasSuffix("\"") ? text : "\"\(text)\""
    }

    private static let account = QueryParameter(
        "integrated_account_id",
        .string,
        "The account to act for; the header X-Integrated-Account-Id is the same."
    )
    private static let include = QueryParameter(
        "include",
        .string,
        "What is wanted beside the records, with commas; at most 5.",
        repeats: true
    )
    private static let ownMethods: Set<String> = ["list", "get", "create", "update", "delete", "meta", "batch"]
    private static let writeParameters = [
        account,
        QueryParameter("strict_body", .string, "false drops fields that cannot be written, with a warning."),
        QueryParameter("fields", .string, "The only fields wanted in the answer, with commas.", repeats: true),
        QueryParameter("exclude_fields", .string, "Fields not wanted, with commas.", repeats: true),
        QueryParameter("ignore_remote_data", .string, "true leaves the vendor's record out."),
    ]
    private static let listParameters = [
        account,
        QueryParameter("integrated_account_ids", .string, "Several accounts at once, with commas; at most 100."),
        QueryParameter("account_group_id", .string, "The accounts of a group at once."),
        QueryParameter(
            "response_format",
            .string,
            "`unified`, `raw`, `normalized`, or `stream` for all pages as NDJSON."
        ),
        QueryParameter("limit", .string, "Records of a page, 1 to \(UnifiedQuery.limitMax); 50 when absent."),
        QueryParameter("next_cursor", .string, "Where the last page ended."),
        QueryParameter("prev_cursor", .string, "Where the page before starts, where the vendor's paging can go back."),
        include,
        QueryParameter("search", .string, "Free text, where the resource can be searched."),
        QueryParameter("fields", .string, "The only fields wanted, with commas.", repeats: true),
        QueryParameter("exclude_fields", .string, "Fields not wanted, with commas.", repeats: true),
        QueryParameter("ignore_remote_data", .string, "true leaves the vendor's records out."),
        QueryParameter(
            "strict_query",
            .string,
            "false lets the engine apply unsupported filters where it can, else ignores them."
        ),
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
