package import JSONValue

/// One resource of the unified model: what it looks like and what may be asked.
package final class ResourceModel: Sendable {
    /// The category, such as `crm`.
    package let category: String
    /// The name, such as `contacts`.
    package let name: String
    /// The methods that the model allows; a connector has a part of them.
    package let methods: [String]
    /// Fields that a create must give.
    package let requiredOnCreate: [String]
    /// Filter fields, such as `account[id]`, with their operators.
    package let filters: [String: [String]]
    /// Fields that a list can be sorted by.
    package let sortKeys: [String]
    /// Whether free text can be searched.
    package let supportsSearch: Bool
    /// The schema of a record.
    package let schema: JSONSchema
    /// The schema as it is published.
    package let document: JSONValue
    /// Fields that are never written.
    package let readOnlyFields: Set<String>
    /// Other names that a write may use for a field, such as `emails` for `email_addresses`.
    package let inputAliases: [String: String]
    /// What kind of value each field holds, for bringing vendors' values into the model's form.
    package let shape: FieldShape

    init(named file: String, in documents: SchemaDocuments) throws(SchemaError) {
        schema = try JSONSchema(named: file, in: documents)
        let document = schema.root
        let resource = document["x-resource"]
        guard let category = resource?["category"]?.string, let name = resource?["resource"]?.string else {
            throw SchemaError(message: "\(file)#/x-resource: 'category' and 'resource' are missing")
        }
        self.category = category
        self.name = name
        self.document = document
        methods = Self.strings(resource?["methods"])
        requiredOnCreate = Self.strings(resource?["required_on_create"])
        var filters: [String: [String]] = [:]
        for member in resource?["filters"]?.object ?? JSONObject() { filters[member.key] = Self.strings(member.value) }
        self.filters = filters
        sortKeys = Self.strings(resource?["sort_by"])
        supportsSearch = resource?["search"]?.bool ?? false
        shape = FieldShape(document, in: file, of: schema, depth: 0)
        let properties = document["properties"]?.object ?? JSONObject()
        // A value of `remote_values` may be given in place of a value of a closed set.
        readOnlyFields = Set(
            properties.lazy.filter { $0.value["readOnly"] == true && $0.key != "remote_values" }.map(\.key)
        )
        inputAliases = Self.aliases(shape)
    }

    /// `emails` and `phones`, and for each list of references its name in the singular.
    private static func aliases(_ shape: FieldShape) -> [String: String] {
        guard case .object(let fields, _) = shape else { return [:] }
        var aliases = ["emails": "email_addresses", "phones": "phone_numbers"]
        for (name, field) in fields {
            guard case .array(.object(let members, _)) = field, case .identifier? = members["id"] else { continue }
            if name.hasSuffix("ies") {
                aliases["\(name.dropLast(3))y"] = name
            } else if name.hasSuffix("s") {
                aliases[String(name.dropLast())] = name
            }
        }
        return aliases.filter { fields[$0.key] == nil && fields[$0.value] != nil }
    }

    private static func strings(_ value: JSONValue?) -> [String] {
        (value?.array ?? []).compactMap(\.string)
    }
}

/// What kind of value a field of the model holds.
package indirect enum FieldShape: Sendable {
    /// An opaque identifier: text.
    case identifier
    /// An instant: RFC 3339 in UTC.
    case timestamp
    /// A day.
    case date
    /// A whole number.
    case integer
    /// A number within bounds.
    case number(ClosedRange<Double>)
    /// True or false.
    case boolean
    /// Text of a closed set.
    case choice([String])
    /// Text.
    case string
    /// The address of a page or a picture.
    case link
    /// A currency by its code of three capital letters (ISO 4217).
    case currency
    /// A list.
    case array(FieldShape)
    /// An object with known fields, nothing without those that it needs.
    case object([String: FieldShape], needs: [String])
    /// Anything.
    case any

    init(_ schema: JSONValue, in document: String, of root: JSONSchema, depth: Int) {
        guard depth < 8 else {
            self = .any
            return
        }
        if let reference = schema["$ref"]?.string, let target = root.resolve(reference, from: document) {
            if reference.hasSuffix("/$defs/id") {
                self = .identifier
            } else if reference.hasSuffix("/$defs/currency") {
                self = .currency
            } else {
                self = FieldShape(target.schema, in: target.document, of: root, depth: depth + 1)
            }
            return
        }
        if let alternatives = schema["oneOf"]?.array, let first = alternatives.first {
            self = FieldShape(first, in: document, of: root, depth: depth + 1)
            return
        }
        if let values = schema["enum"]?.array {
            self = .choice(values.compactMap(\.string))
            return
        }
        let types = (schema["type"]?.array ?? [schema["type"] ?? .null]).compactMap(\.string).filter { $0 != "null" }
        switch types.count == 1 ? types[0] : "" {
        case "string":
            switch schema["format"]?.string {
            case "date-time": self = .timestamp
            case "date": self = .date
            case "uri": self = .link
            default: self = .string
            }
        case "integer": self = .integer
        case "number":
            let least = schema["minimum"]?.number?.double ?? -.infinity
            self = .number(least...(schema["maximum"]?.number?.double ?? .infinity))
        case "boolean": self = .boolean
        case "array":
            self = .array(FieldShape(schema["items"] ?? .bool(true), in: document, of: root, depth: depth + 1))
        case "object":
            guard case .object(let properties)? = schema["properties"] else {
                self = .any
                return
            }
            var fields: [String: FieldShape] = [:]
            for member in properties {
                fields[member.key] = FieldShape(member.value, in: document, of: root, depth: depth + 1)
            }
            var needs = (schema["required"]?.array ?? []).compactMap(\.string)
            // A reference without the name of its target is none.
            if case .identifier? = fields["id"], !needs.contains("id") { needs.append("id") }
            self = .object(fields, needs: needs)
        default: self = .any
        }
    }
}
