import HTTPTypes
package import JSONValue
import Vocabulary

/// The reference of a service as an OpenAPI 3.1 document, made from its endpoints alone.
package struct OpenAPIDocument: Sendable {
    private let service: ServiceName
    private let endpoints: [Endpoint]

    /// Describes a service.
    ///
    /// - Parameters:
    ///   - service: gives title and description.
    ///   - endpoints: its operations; those that are not documented are left out, health and metrics are added.
    package init(service: ServiceName, endpoints: [Endpoint]) {
        let health = HealthRoutes(service: service, checks: [], metrics: PrometheusMetrics())
        self.service = service
        self.endpoints = (endpoints + health.endpoints).filter(\.isDocumented)
    }

    /// The document.
    package var json: JSONValue {
        var paths = JSONObject()
        for endpoint in endpoints {
            let path = endpoint.path.replacing("...}", with: "}")
            var item = paths[path]?.object ?? JSONObject()
            item[endpoint.method.rawValue.lowercased()] = operation(endpoint)
            paths[path] = .object(item)
        }
        var names: [String] = []
        for tag in endpoints.flatMap(\.tags) where !names.contains(tag) { names.append(tag) }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": .string("Tributary \(service.rawValue)"), "version": "1",
                "description": .string(service.summary),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "tags": .array(names.map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "apiKey": ["type": "http", "scheme": "bearer", "description": "An API key, `trib_...`."],
                    "serviceToken": [
                        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                        "description": "A token of another service of this installation, good for 60 seconds.",
                    ],
                ],
                "headers": ["RequestId": Self.requestIDHeader, "RetryAfter": Self.retryAfterHeader],
                "responses": Self.sharedResponses,
                "schemas": ["Error": Self.errorSchema],
            ],
        ]
    }

    private func operation(_ endpoint: Endpoint) -> JSONValue {
        var operation: JSONObject = [
            "operationId": .string(endpoint.operationID), "summary": .string(endpoint.summary),
        ]
        if let description = endpoint.description { operation["description"] = .string(description) }
        if !endpoint.tags.isEmpty { operation["tags"] = .array(endpoint.tags.map(JSONValue.string)) }
        operation["security"] = security(endpoint.access)
        let parameters = pathParameters(endpoint) + endpoint.query.map(\.openAPI)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = endpoint.body { operation["requestBody"] = body.openAPI }
        operation["responses"] = responses(endpoint)
        return .object(operation)
    }

    private func security(_ access: Endpoint.Access) -> JSONValue {
        switch access {
        case .public: []
        case .service: [["serviceToken": []]]
        case .apiKey(let scopes), .apiKeyWithin(let scopes): [["apiKey": .array(scopes.map { .string($0.rawValue) })]]
        case .admin(let scopes): [["apiKey": .array(([.admin] + scopes).map { .string($0.rawValue) })]]
        }
    }

    private func pathParameters(_ endpoint: Endpoint) -> [JSONValue] {
        endpoint.path.split(separator: "{").dropFirst().map { piece in
            let name = piece.prefix { $0 != "}" }
            let isRest = name.hasSuffix("...")
            var parameter: JSONObject = [
                "name": .string(String(isRest ? name.dropLast(3) : name)), "in": "path", "required": true,
                "schema": ["type": "string"],
            ]
            if isRest { parameter["description"] = "The rest of the path as it stands, slashes included." }
            return .object(parameter)
        }
    }

    private func responses(_ endpoint: Endpoint) -> JSONValue {
        var responses = JSONObject()
        for spec in endpoint.responses { responses[String(spec.status)] = spec.openAPI }
        for code in sharedErrors(endpoint) {
            let status = String(code.status)
            if responses[status] == nil {
                responses[status] = ["$ref": .string("#/components/responses/Error\(status)")]
            }
        }
        let sorted = responses.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return .object(JSONObject(sorted))
    }

    /// The errors that the checks before a handler give.
    private func sharedErrors(_ endpoint: Endpoint) -> [ErrorCode] {
        var codes: [ErrorCode] = [.invalidRequest, .headerTooLarge, .internalError, .serviceUnavailable]
        if endpoint.access != .public { codes += [.unauthorized, .forbiddenScope] }
        if endpoint.path.utf8.contains(UInt8(ascii: "{")) { codes.append(.notFound) }
        if let body = endpoint.body {
            codes.append(.payloadTooLarge)
            if !body.contentTypes.contains("*/*") { codes.append(.unsupportedMediaType) }
        }
        return codes
    }

    private static var sharedResponses: JSONValue {
        let codes: [ErrorCode] = [
            .invalidRequest, .unauthorized, .forbiddenScope, .notFound, .payloadTooLarge, .unsupportedMediaType,
            .headerTooLarge, .internalError, .serviceUnavailable,
        ]
        let responses = codes.map { code in
            ("Error\(code.status)", error(ReasonPhrase.of(code.status), hasRetryAfter: code.needsRetryAfter))
        }
        return .object(JSONObject(responses))
    }

    fileprivate static func error(_ description: String, hasRetryAfter: Bool) -> JSONValue {
        var headers: JSONObject = ["X-Request-Id": ["$ref": "#/components/headers/RequestId"]]
        if hasRetryAfter { headers["Retry-After"] = ["$ref": "#/components/headers/RetryAfter"] }
        let content: JSONValue = ["schema": ["$ref": "#/components/schemas/Error"]]
        return [
            "description": .string(description), "headers": .object(headers),
            "content": ["application/json": content, "application/problem+json": content],
        ]
    }

    private static let requestIDHeader: JSONValue = [
        "description": "Taken over from the request or made.", "schema": ["type": "string"],
    ]
    private static let retryAfterHeader: JSONValue = [
        "description": "Seconds until the call may succeed.", "schema": ["type": "integer", "minimum": 1],
    ]

    private static let errorSchema: JSONValue = [
        "type": "object",
        "required": ["statusCode", "error", "message", "code", "request_id", "retryable", "is_remote_error"],
        "properties": [
            "statusCode": ["type": "integer"],
            "error": ["type": "string", "description": "Reason phrase of the status."],
            "message": ["type": "string", "description": "What is wrong and how to mend it."],
            "code": ["type": "string", "enum": .array(ErrorCode.allCases.map { .string($0.rawValue) })],
            "request_id": ["type": "string"],
            "retryable": ["type": "boolean"],
            "is_remote_error": ["type": "boolean", "description": "Whether the vendor refused, not this system."],
            "retry_after": ["type": "integer", "description": "Seconds."],
            "outcome": ["type": "string", "enum": ["unknown"], "description": "A write may have happened."],
            "remote": [
                "type": "object", "required": ["status"],
                "properties": [
                    "status": ["type": "integer"], "code": ["type": ["string", "null"]],
                    "message": ["type": ["string", "null"]], "body": .object([:]),
                ],
            ],
            "details": [
                "type": "object",
                "properties": [
                    "failures": [
                        "type": "array",
                        "items": [
                            "type": "object", "required": ["code", "message", "pointer"],
                            "properties": [
                                "code": ["type": "string"], "message": ["type": "string"],
                                "pointer": [
                                    "type": "string",
                                    "description": "RFC 6901 pointer into the body, or the name of a query parameter.",
                                ],
                            ],
                        ],
                    ]
                ],
            ],
            "insight": ["description": "Further hints."],
        ],
    ]
}

extension QueryParameter {
    fileprivate var openAPI: JSONValue {
        var schema: JSONValue =
            switch kind {
            case .string: ["type": "string"]
            case .boolean: ["type": "boolean"]
            case .oneOf(let values): ["type": "string", "enum": .array(values.map(JSONValue.string))]
            case .integer(let range):
                range.upperBound == .max
                    ? ["type": "integer", "minimum": .number(JSONNumber(range.lowerBound))]
                    : [
                        "type": "integer", "minimum": .number(JSONNumber(range.lowerBound)),
                        "maximum": .number(JSONNumber(range.upperBound)),
                    ]
            }
        let isKeyed = name.hasSuffix("[]")
        if isKeyed { schema = ["type": "object", "additionalProperties": schema] }
        if repeats, !isKeyed { schema = ["type": "array", "items": schema] }
        var parameter: JSONObject = [
            "name": .string(isKeyed ? String(name.dropLast(2)) : name), "in": "query",
            "description": .string(description), "required": .bool(isRequired), "schema": schema,
        ]
        if isKeyed { parameter["style"] = "deepObject" }
        return .object(parameter)
    }
}

extension BodySpec {
    fileprivate var openAPI: JSONValue {
        let content = contentTypes.map { ($0, JSONValue.object(["schema": schema])) }
        return ["required": .bool(isRequired), "content": .object(JSONObject(content))]
    }
}

extension ResponseSpec {
    fileprivate var openAPI: JSONValue {
        if status >= 400, schema == nil {
            return OpenAPIDocument.error(description, hasRetryAfter: status == 429 || status == 503)
        }
        var response: JSONObject = [
            "description": .string(description),
            "headers": ["X-Request-Id": ["$ref": "#/components/headers/RequestId"]],
        ]
        if let schema { response["content"] = .object([contentType: ["schema": schema]]) }
        return .object(response)
    }
}
