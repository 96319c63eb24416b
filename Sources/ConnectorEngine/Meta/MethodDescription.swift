import ConnectorConfig
package import JSONValue
import UnifiedModel
import Vocabulary

/// What a unified method takes and gives, as JSON Schemas, for one account or for all of a connector.
package struct MethodDescription: Sendable {
    /// The query parameters.
    package let query: JSONValue
    /// The body; nil when the method takes none.
    package let body: JSONValue?
    /// A record.
    package let response: JSONValue

    /// The description as it is answered.
    package var json: JSONValue {
        ["query_schema": query, "body_schema": body ?? .null, "response_schema": response]
    }

    init(model: ResourceModel, mapping: MethodMapping, method: String, fields: [AccountField]) {
        switch method {
        case "create", "update":
            body = BodySchema(model: model, mapping: mapping, isCreate: method == "create", fields: fields).document
        case "list", "get", "delete": body = nil
        default: body = mapping.write.bodySchema ?? ["type": "object"]
        }
        query = Self.query(mapping, method)
        response = model.document
    }

    private static func query(_ mapping: MethodMapping, _ method: String) -> JSONValue {
        var properties: JSONObject = [
            "integrated_account_id": ["type": "string"], "fields": ["type": "string"],
            "exclude_fields": ["type": "string"], "ignore_remote_data": ["type": "boolean"],
        ]
        if method == "create" || method == "update" { properties["strict_body"] = ["type": "boolean"] }
        if method == "list" {
            properties["limit"] = [
                "type": "integer", "minimum": 1, "maximum": .number(JSONNumber(UnifiedQuery.limitMax)),
            ]
            properties["next_cursor"] = ["type": "string"]
            properties["strict_query"] = ["type": "boolean"]
            if mapping.supportsSearch { properties["search"] = ["type": "string"] }
            for filter in mapping.filters {
                for comparison in filter.operators {
                    properties["\(filter.field)[\(comparison)]"] = schema(of: filter, comparison)
                }
            }
            for key in mapping.sort.keys.sorted() { properties["sort_by[\(key)]"] = ["enum": ["asc", "desc"]] }
        }
        return [
            "type": "object", "properties": .object(properties),
            "patternProperties": ["^remote_(query|headers)\\[": ["type": "string"]], "additionalProperties": false,
        ]
    }

    private static func schema(of filter: FilterConfig, _ comparison: String) -> JSONValue {
        if comparison == "exists" { return ["type": "boolean"] }
        return switch filter.type {
        case .string: ["type": "string"]
        case .number: ["type": "number"]
        case .boolean: ["type": "boolean"]
        case .datetime: ["type": "string", "format": "date-time"]
        case .date: ["type": "string", "format": "date"]
        }
    }
}
