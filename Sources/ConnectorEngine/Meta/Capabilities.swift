package import ConnectorConfig
package import JSONValue
package import UnifiedModel
package import Vocabulary

/// What a connector can do, read off its configuration: nothing here is written by hand.
package struct Capabilities: Sendable {
    private let connector: CompiledConnector
    private let model: UnifiedModel

    /// Reads a configuration.
    package init(connector: CompiledConnector, model: UnifiedModel) {
        self.connector = connector
        self.model = model
    }

    /// All categories.
    ///
    /// `account`: whose configuration it is, if it is an account's.
    package func document(account: AccountID? = nil) -> JSONValue {
        var document = JSONObject()
        document["integrated_account_id"] = account.map { .string($0.description) }
        document["connector"] = .string(connector.name)
        document["label"] = .string(connector.document.label)
        document["version"] = connector.document.version.map(JSONValue.string)
        document["icon"] = connector.document.icon.map(JSONValue.string)
        document["docs"] = connector.document.docs.map(JSONValue.string)
        document["deprecated"] = connector.document.deprecation?.json
        document["config_revision"] = .string(connector.revision)
        let categories = connector.document.mappings.keys.sorted().map { ($0, category($0) ?? .null) }
        document["categories"] = .object(JSONObject(categories))
        if !tools.isEmpty { document["tools"] = .array(tools) }
        return .object(document)
    }

    /// The native calls that tools can be made of: those with tags.
    private var tools: [JSONValue] {
        connector.document.resources.sorted { $0.key < $1.key }.flatMap { resource, methods in
            methods.sorted { $0.key < $1.key }.filter { !$0.value.toolTags.isEmpty }.map { name, method in
                [
                    "resource": .string(resource), "method": .string(name),
                    "tags": .array(method.toolTags.map(JSONValue.string)),
                    "docs": method.docs.map(JSONValue.string) ?? .null,
                    "query_schema": method.contract.query ?? .null, "body_schema": method.contract.body ?? .null,
                ]
            }
        }
    }

    /// The resources of a category with their methods; nil when the connector has none of it.
    package func category(_ name: String) -> JSONValue? {
        guard let resources = connector.document.mappings[name] else { return nil }
        return .object(
            JSONObject(
                resources.sorted { $0.key < $1.key }.map { resource, methods in
                    let described = methods.sorted { $0.key < $1.key }.map { method, mapping in
                        (method, abilities(mapping, method, model.resource(name, resource)))
                    }
                    return (resource, ["methods": .object(JSONObject(described))])
                }
            )
        )
    }

    private func abilities(_ mapping: MethodMapping, _ method: String, _ resource: ResourceModel?) -> JSONValue {
        var abilities = JSONObject()
        switch method {
        case "list", "get":
            if method == "list" {
                abilities["filters"] = .object(
                    JSONObject(mapping.filters.map { ($0.field, .array($0.operators.map(JSONValue.string))) })
                )
                abilities["sort_by"] = .array(mapping.sort.keys.sorted().map(JSONValue.string))
                abilities["search"] = .bool(mapping.supportsSearch)
                if let incremental = mapping.incremental {
                    abilities["incremental"] = [
                        "field": .string(incremental.field), "granularity": .string(incremental.granularity.rawValue),
                        "deletes": .string(incremental.deletes.rawValue),
                    ]
                }
            }
            abilities["is_partial"] = .bool(mapping.isPartial)
            if let resource, let absent = absentFields(mapping, resource) {
                abilities["absent_fields"] = .array(absent.map(JSONValue.string))
            }
        case "create", "update":
            if let resource {
                let schema = BodySchema(model: resource, mapping: mapping, isCreate: method == "create", fields: [])
                let document = schema.document
                abilities["writable_fields"] = .array(
                    (document["properties"]?.object?.keys ?? []).map(JSONValue.string)
                )
                abilities["required_fields"] = document["required"] ?? []
            }
            abilities["if_match"] = .bool(natives(mapping).contains(where: \.supportsIfMatch))
        case "delete": abilities["if_match"] = .bool(natives(mapping).contains(where: \.supportsIfMatch))
        default: abilities["is_custom"] = true
        }
        return .object(abilities)
    }

    private func natives(_ mapping: MethodMapping) -> [ResourceMethod] {
        mapping.routes.compactMap { connector.resourceMethod($0.resource, $0.method) }
    }

    /// The model's fields that the mapping never gives; nil when that cannot be told from its text.
    private func absentFields(_ mapping: MethodMapping, _ resource: ResourceModel) -> [String]? {
        guard let given = (mapping.pageMapping ?? mapping.responseMapping)?.namedMembers else { return nil }
        // These come from elsewhere than the mapping.
        var others: Set<String> = ["remote_data", "remote_values"]
        if mapping.customFields != nil { others.insert("custom_fields") }
        return (resource.document["properties"]?.object?.keys ?? []).filter {
            !given.contains($0) && !others.contains($0)
        }
    }
}
