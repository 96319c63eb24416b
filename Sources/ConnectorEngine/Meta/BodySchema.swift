import ConnectorConfig
import JSONValue
import UnifiedModel

/// The JSON Schema of what a create or update of one account takes: the model's writable fields, the connector's
/// required ones, and the account's own.
struct BodySchema {
    let model: ResourceModel
    let mapping: MethodMapping
    let isCreate: Bool
    /// The account's fields, as far as the vendor describes them.
    let fields: [AccountField]

    var document: JSONValue {
        var properties = JSONObject()
        for member in model.document["properties"]?.object ?? JSONObject() where isWritable(member.key) {
            properties[member.key] = described(member.key, inlined(member.value, depth: 0))
        }
        if mapping.customFields?.writePath != nil || mapping.write.writableFields?.contains("custom_fields") == true {
            properties["custom_fields"] = customFields
        } else {
            properties["custom_fields"] = nil
        }
        var schema: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": .object(properties),
        ]
        let required = requiredFields
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        schema["additionalProperties"] = .bool(mapping.write.writableFields == nil)
        return .object(schema)
    }

    private func isWritable(_ name: String) -> Bool {
        if name == "remote_data" || name == "remote_values" || name == "custom_fields" { return true }
        guard !model.readOnlyFields.contains(name) else { return false }
        if fields.contains(where: { $0.pointer?.tokens == [name] && $0.isReadOnly }) { return false }
        return mapping.write.writableFields?.contains(name) ?? true
    }

    private var requiredFields: [String] {
        var names = isCreate ? model.requiredOnCreate : []
        names += mapping.write.requiredFields.compactMap(\.first)
        if isCreate {
            let defaults = Set(mapping.write.defaults.compactMap(\.path.first))
            names += fields.compactMap { field in
                guard field.isRequired, !field.isReadOnly, let name = field.pointer?.tokens.first else { return nil }
                return defaults.contains(name) ? nil : name
            }
            if fields.contains(where: { $0.isRequired && !$0.isReadOnly && $0.pointer == nil }) {
                names.append("custom_fields")
            }
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// A model's property with what the account says of it.
    private func described(_ name: String, _ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        if let limit = mapping.write.itemsMax.first(where: { $0.path == [name] }) {
            members["maxItems"] = .number(JSONNumber(limit.max))
        }
        let field = fields.first { $0.pointer?.tokens.first == name }
        members["title"] = members["title"] ?? .string(field?.label ?? Self.title(name))
        if let map = mapping.enums.first(where: { $0.path == [name] }), members["enum"] != nil {
            members["enum"] = .array(map.natives.keys.sorted().map(JSONValue.string) + ["other", nil])
        }
        guard let field, field.pointer?.tokens == [name] else { return .object(members) }
        if let lengthMax = field.lengthMax { members["maxLength"] = .number(JSONNumber(lengthMax)) }
        if members["enum"] == nil, !field.options.isEmpty { members["x-options"] = field.choices }
        return .object(members)
    }

    private var customFields: JSONValue {
        let own = fields.filter { $0.pointer == nil && !$0.isReadOnly }
        var schema: JSONObject = [
            "type": ["object", "null"], "title": "Custom fields",
            "properties": .object(JSONObject(own.map { ($0.name, $0.schema) })), "additionalProperties": true,
        ]
        let required = isCreate ? own.filter(\.isRequired).map(\.name) : []
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        return .object(schema)
    }

    /// A schema without references to other documents; a reference to a record may be its bare id.
    private func inlined(_ schema: JSONValue, depth: Int) -> JSONValue {
        guard depth < 12 else { return [:] }
        switch schema {
        case .array(let array): return .array(array.map { inlined($0, depth: depth + 1) })
        case .object(let members):
            var result = JSONObject()
            if let reference = members["$ref"]?.string,
                let target = model.schema.resolve(reference, from: file(of: reference, depth))
            {
                if case .object(let inner) = inlined(target.schema, depth: depth + 1) { result = inner }
                if reference.hasSuffix("/$defs/reference") {
                    result = ["anyOf": [["type": "string", "title": "Id"], .object(result)]]
                }
            }
            for member in members where member.key != "$ref" {
                result[member.key] = inlined(member.value, depth: depth + 1)
            }
            return .object(result)
        case .null, .bool, .number, .string: return schema
        }
    }

    /// References within the shared document name no file.
    private func file(of reference: String, _ depth: Int) -> String {
        reference.hasPrefix("#") ? "common.schema.json" : "\(model.category)/\(model.name).schema.json"
    }

    /// `first_name` as a person reads it.
    private static func title(_ name: String) -> String {
        let words = name.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
