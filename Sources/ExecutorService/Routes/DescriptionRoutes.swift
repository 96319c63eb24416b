import ConnectorConfig
import ConnectorEngine
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import UnifiedModel
import Vocabulary

/// `/capabilities` and `/unified/.../meta`: what an account can be asked, read off its configuration.
struct DescriptionRoutes: Sendable {
    let door: AccountDoor
    let model: UnifiedModel

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/capabilities/{integrated_account_id}",
                operationID: "getCapabilities",
                summary: "Tell what an account can do",
                tags: ["capabilities"],
                access: .apiKey([.unifiedRead]),
                responses: [ResponseSpec(200, "Resources and their methods", schema: ["type": "object"])],
                handler: { request in
                    let configuration = try await door.open(
                        request.pathParameter("integrated_account_id"),
                        for: request.apiKey()
                    )
                    return .json(capabilities(configuration))
                }
            ),
            Endpoint(
                .get,
                "/unified/{category}/{resource}/meta/{method}",
                operationID: "getMethodMeta",
                summary: "Tell what a method takes and gives, as JSON Schemas",
                tags: ["unified"],
                access: .apiKey([.unifiedRead]),
                query: [QueryParameter("integrated_account_id", .string, "The account to act for.")],
                responses: [ResponseSpec(200, "The schemas", schema: ["type": "object"])],
                handler: { try await meta($0) }
            ),
        ]
    }

    private func capabilities(_ configuration: AccountConfiguration) -> JSONValue {
        var categories = JSONObject()
        for (category, resources) in configuration.connector.document.mappings.sorted(by: { $0.key < $1.key }) {
            var described = JSONObject()
            for (resource, methods) in resources.sorted(by: { $0.key < $1.key }) {
                described[resource] = .object([
                    "methods": .object(
                        JSONObject(methods.sorted { $0.key < $1.key }.map { ($0.key, abilities(of: $0.value)) })
                    )
                ])
            }
            categories[category] = .object(described)
        }
        return [
            "integrated_account_id": .string(configuration.account.id.description),
            "connector": .string(configuration.connector.name),
            "config_revision": .string(configuration.connector.revision), "categories": .object(categories),
        ]
    }

    private func abilities(of mapping: MethodMapping) -> JSONValue {
        var filters = JSONObject()
        for filter in mapping.filters { filters[filter.field] = .array(filter.operators.map(JSONValue.string)) }
        return [
            "filters": .object(filters), "sort_by": .array(mapping.sort.keys.sorted().map(JSONValue.string)),
            "search": .bool(mapping.supportsSearch), "is_partial": .bool(mapping.isPartial),
        ]
    }

    private func meta(_ request: EndpointRequest) async throws -> EndpointResponse {
        let category = try request.pathParameter("category")
        let name = try request.pathParameter("resource")
        let method = try request.pathParameter("method")
        guard let resource = model.resource(category, name), resource.methods.contains(method) else {
            throw Problem(.notFound, "the unified model has no \(method) of \(category)/\(name)")
        }
        let configuration = try await door.open(request)
        guard let mapping = configuration.connector.mapping(category: category, resource: name, method: method) else {
            throw Problem(
                .methodNotSupported,
                "the connector '\(configuration.connector.name)' has no \(method) of \(category)/\(name)"
            )
        }
        return .json([
            "category": .string(category), "resource": .string(name), "method": .string(method),
            "query_schema": querySchema(mapping, isList: method == "list"), "body_schema": nil,
            "response_schema": resource.document,
        ])
    }

    private func querySchema(_ mapping: MethodMapping, isList: Bool) -> JSONValue {
        var properties: JSONObject = [
            "fields": ["type": "string"], "exclude_fields": ["type": "string"],
            "ignore_remote_data": ["type": "boolean"],
        ]
        if isList {
            properties["limit"] = [
                "type": "integer", "minimum": 1, "maximum": .number(JSONNumber(UnifiedQuery.limitMax)),
            ]
            properties["next_cursor"] = ["type": "string"]
            if mapping.supportsSearch { properties["search"] = ["type": "string"] }
            for filter in mapping.filters {
                for comparison in filter.operators {
                    properties["\(filter.field)[\(comparison)]"] = ["type": "string"]
                }
            }
            for key in mapping.sort.keys.sorted() { properties["sort_by[\(key)]"] = ["enum": ["asc", "desc"]] }
        }
        return ["type": "object", "properties": .object(properties), "additionalProperties": false]
    }
}
