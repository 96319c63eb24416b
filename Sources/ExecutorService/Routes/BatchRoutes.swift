import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Vocabulary

/// `/unified/batch`: several requests in one, each with the same checks as alone.
struct BatchRoutes: Sendable {
    /// Does one inner request as if it had come alone.
    let perform: @Sendable (EndpointRequest) async -> EndpointResponse

    private static let requestsMax = 50
    /// How many inner requests run at once.
    private static let parallel = 8

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post,
                "/unified/batch",
                operationID: "batchUnifiedRequests",
                summary: "Do several unified requests in one",
                description: "Requests that depend on each other run in order, the others side by side. "
                    + "`{{id.result.path}}` in path, query or body takes a value of an earlier answer.",
                tags: ["unified"],
                access: .apiKey([]),
                query: [
                    QueryParameter(
                        "integrated_account_id",
                        .string,
                        "The account of inner requests that name none themselves."
                    )
                ],
                body: BodySpec(schema: Self.schema, bytesMax: 8 * 1024 * 1024),
                responses: [
                    ResponseSpec(
                        200,
                        "An answer for each request, in their order",
                        schema: [
                            "type": "object", "required": ["responses"],
                            "properties": ["responses": ["type": "array", "items": ["type": "object"]]],
                        ]
                    )
                ],
                handler: { try await answer($0) }
            )
        ]
    }

    private static let schema: JSONValue = [
        "type": "object", "required": ["requests"],
        "properties": [
            "requests": [
                "type": "array", "maxItems": 50,
                "items": [
                    "type": "object", "required": ["id", "method", "path"],
                    "properties": [
                        "id": ["type": "string"], "method": ["enum": ["GET", "POST", "PATCH", "DELETE"]],
                        "path": ["type": "string"], "query": ["type": "object"], "headers": ["type": "object"],
                        "body": [:], "depends_on": ["type": "array", "items": ["type": "string"]],
                    ],
                ],
            ]
        ],
    ]

    private func answer(_ request: EndpointRequest) async throws -> EndpointResponse {
        let items = try BatchItem.all(in: request.json(), max: Self.requestsMax)
        var answers: [String: BatchAnswer] = [:]
        var waiting = items
        try await withThrowingTaskGroup(of: Tagged<String, BatchAnswer>.self) { group in
            var running = 0
            while !waiting.isEmpty || running > 0 {
                var rest: [BatchItem] = []
                for item in waiting {
                    guard item.dependencies.allSatisfy({ answers[$0] != nil }), running < Self.parallel else {
                        rest.append(item)
                        continue
                    }
                    let known = answers
                    running += 1
                    group.addTask { Tagged(item.id, await done(item, answers: known, outer: request)) }
                }
                waiting = rest
                guard let finished = try await group.next() else { break }
                running -= 1
                answers[finished.tag] = finished.value
            }
        }
        return .json(["responses": .array(items.compactMap { item in answers[item.id]?.json(id: item.id) })])
    }

    private func done(
        _ item: BatchItem,
        answers: [String: BatchAnswer],
        outer: EndpointRequest
    ) async -> BatchAnswer {
        if let failed = item.dependencies.first(where: { answers[$0]?.isGood != true }) {
            return BatchAnswer(
                .problem(
                    Problem(.dependencyFailed, "the request '\(failed)' that this one depends on failed"),
                    requestID: outer.requestID
                )
            )
        }
        do {
            return BatchAnswer(await perform(try item.request(answers: answers, outer: outer)))
        } catch {
            return BatchAnswer(.problem(error, requestID: outer.requestID))
        }
    }
}

/// The answer of an inner request.
struct BatchAnswer: Sendable {
    let status: Int
    let headers: HeaderFields
    let body: JSONValue

    init(_ response: EndpointResponse) {
        status = response.status
        headers = response.headers
        switch response.body {
        case .json(let value): body = value
        case .bytes(let bytes): body = (try? JSONValue(parsing: bytes, policy: .vendor)) ?? .null
        case .none, .stream, .pipe: body = .null
        }
    }

    var isGood: Bool { (200...299).contains(status) }

    func json(id: String) -> JSONValue {
        var fields = JSONObject()
        for field in headers { fields[field.name.canonicalName] = .string(field.value) }
        return [
            "id": .string(id), "status": .number(JSONNumber(status)), "headers": .object(fields), "body": body,
        ]
    }
}
