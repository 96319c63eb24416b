import ConnectorConfig
import JSONValue
import Vocabulary

/// A field of one account, as the vendor describes it.
struct AccountField: Sendable {
    /// A value that the field may have.
    struct Option: Sendable {
        let value: JSONValue
        let label: String?
    }

    /// The vendor's name.
    let name: String
    /// The unified field; nil for a custom field.
    let pointer: JSONPointer?
    let label: String?
    let description: String?
    let type: String
    let isRequired: Bool
    let isReadOnly: Bool
    let isMultiple: Bool
    let options: [Option]
    let lengthMax: Int?

    /// Reads a descriptor; nil for what is neither a unified nor a custom field.
    init?(_ value: JSONValue) {
        guard let name = value["name"]?.string else { return nil }
        self.name = name
        pointer = value["field"]?.string.flatMap { JSONPointer($0.hasPrefix("/") ? $0 : "/\($0)") }
        if pointer == nil, value["custom"] == false { return nil }
        label = value["label"]?.string
        description = value["description"]?.string
        type = value["type"]?.string ?? "any"
        isRequired = value["required"] == true
        isReadOnly = value["read_only"] == true
        isMultiple = value["multiple"] == true || type == "multi_enum"
        let listed = value["options"]
        options = (listed?.array ?? listed.map { [$0] } ?? []).compactMap { option in
            let value = option["value"] ?? option
            guard value.plainText != nil else { return nil }
            return Option(value: value, label: option["label"]?.string)
        }
        lengthMax = value["max_length"]?.int
    }

    /// Where the caller's body has the field.
    var place: JSONPointer { pointer ?? JSONPointer(tokens: ["custom_fields", name]) }

    /// The schema of a custom field's value.
    var schema: JSONValue {
        var schema = JSONObject()
        schema["title"] = .string(label ?? name)
        schema["description"] = description.map(JSONValue.string)
        if isMultiple {
            schema["type"] = ["array", "null"]
            if !options.isEmpty { schema["items"] = ["enum": .array(options.map(\.value))] }
        } else {
            for member in valueSchema { schema[member.key] = member.value }
        }
        if !options.isEmpty { schema["x-options"] = choices }
        if isReadOnly { schema["readOnly"] = true }
        return .object(schema)
    }

    /// The values with their labels, for a form.
    var choices: JSONValue {
        .array(
            options.map { option in
                ["value": option.value, "label": .string(option.label ?? option.value.plainText ?? "")]
            }
        )
    }

    private var valueSchema: JSONObject {
        if !options.isEmpty { return ["enum": .array(options.map(\.value) + [nil])] }
        switch type {
        case "integer": return ["type": ["integer", "null"]]
        case "number": return ["type": ["number", "null"]]
        case "boolean": return ["type": ["boolean", "null"]]
        case "date": return ["type": ["string", "null"], "format": "date"]
        case "datetime": return ["type": ["string", "null"], "format": "date-time"]
        case "string", "text", "email", "phone", "url", "reference", "enum":
            var schema: JSONObject = ["type": ["string", "null"]]
            if let lengthMax { schema["maxLength"] = .number(JSONNumber(lengthMax)) }
            return schema
        default: return [:]
        }
    }
}
