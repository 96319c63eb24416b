import ConnectorConfig
import JSONValue
import UnifiedModel

/// Brings a mapped record into the model's form: times in UTC, days, numbers out of texts, identifiers as text, closed
/// sets with `other` and `remote_values`.
///
/// A mapping can so hand over a vendor's values as they are.
struct RecordNormaliser {
    let shape: FieldShape
    let enums: [EnumMap]
    /// The vendor's values of closed sets that have no counterpart, by pointer.
    private(set) var remoteValues = JSONObject()
    /// Pointers of values that could not be read, or whose zone had to be assumed.
    private(set) var warnings: [(pointer: String, message: String)] = []

    init(shape: FieldShape, enums: [EnumMap]) {
        self.shape = shape
        self.enums = enums
    }

    /// `record` in the model's form.
    mutating func normalised(_ record: JSONObject) -> JSONObject {
        guard case .object(let fields) = shape else { return record }
        var result = JSONObject()
        for member in record {
            result[member.key] =
                fields[member.key].map { normalised(member.value, $0, at: [member.key]) } ?? member.value
        }
        if !remoteValues.isEmpty {
            result["remote_values"] = (result["remote_values"] ?? .object([:])).overlaid(by: .object(remoteValues))
        }
        return result
    }

    private mutating func normalised(_ value: JSONValue, _ shape: FieldShape, at path: [String]) -> JSONValue {
        if value.isNull { return .null }
        switch shape {
        case .any: return value
        case .identifier, .string: return text(value)
        case .timestamp: return timestamp(value, at: path)
        case .date: return date(value, at: path)
        case .integer, .number: return number(value, shape, at: path)
        case .boolean: return boolean(value, at: path)
        case .choice(let allowed): return choice(value, allowed, at: path)
        case .array(let element):
            guard case .array(let array) = value else { return .array([normalised(value, element, at: path + ["0"])]) }
            return .array(
                array.enumerated().map { normalised($0.element, element, at: path + [String($0.offset)]) }
            )
        case .object(let fields): return object(value, fields, at: path)
        }
    }

    /// A reference without a name of its target is none.
    private mutating func object(
        _ value: JSONValue,
        _ fields: [String: FieldShape],
        at path: [String]
    ) -> JSONValue {
        guard case .object(let members) = value else { return value }
        var result = JSONObject()
        for member in members {
            result[member.key] =
                fields[member.key].map { normalised(member.value, $0, at: path + [member.key]) } ?? member.value
        }
        if case .identifier? = fields["id"] {
            guard let id = result["id"]?.string, !id.isEmpty else { return .null }
        }
        return .object(result)
    }

    private func text(_ value: JSONValue) -> JSONValue {
        value.plainText.map(JSONValue.string) ?? value
    }

    private mutating func timestamp(_ value: JSONValue, at path: [String]) -> JSONValue {
        guard let text = value.plainText, !text.isEmpty else { return .null }
        if let instant = Instant(text) {
            if !instant.hasZone { warn(path, "the time has no zone; read as UTC") }
            return .string(instant.text)
        }
        if let number = Int(text), text.utf8.count >= 9 {
            return .string(Instant(millisecondsSinceEpoch: text.utf8.count > 11 ? number : number * 1000).text)
        }
        warn(path, "the vendor's time cannot be read; see remote_data")
        return .null
    }

    private mutating func date(_ value: JSONValue, at path: [String]) -> JSONValue {
        guard let text = value.plainText, !text.isEmpty, !text.hasPrefix("0000-00-00") else { return .null }
        if let date = CivilDate(prefixOf: text) { return .string(date.text) }
        if let number = Int(text), text.utf8.count > 11 {
            return .string(String(Instant(millisecondsSinceEpoch: number).text.prefix(10)))
        }
        warn(path, "the vendor's date cannot be read; see remote_data")
        return .null
    }

    private mutating func number(_ value: JSONValue, _ shape: FieldShape, at path: [String]) -> JSONValue {
        guard let text = value.plainText, !text.isEmpty else { return value.string == "" ? .null : value }
        guard let number = JSONValue.number(fromText: text) else {
            warn(path, "the vendor's number cannot be read; see remote_data")
            return .null
        }
        if case .integer = shape, let whole = number.int { return .number(JSONNumber(whole)) }
        return number
    }

    private mutating func boolean(_ value: JSONValue, at path: [String]) -> JSONValue {
        switch value.plainText?.lowercased() {
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        case "", nil: return .null
        default:
            warn(path, "the vendor's yes or no cannot be read; see remote_data")
            return .null
        }
    }

    private mutating func choice(_ value: JSONValue, _ allowed: [String], at path: [String]) -> JSONValue {
        guard let text = value.plainText, !text.isEmpty else { return .null }
        let map = enums.first { Self.fits($0.path, path) }
        if let unified = map?.values[text] { return .string(unified) }
        if map == nil, allowed.contains(text) { return .string(text) }
        remoteValues["/" + path.joined(separator: "/")] = value
        let fallback = map?.fallback ?? "other"
        return allowed.contains(fallback) ? .string(fallback) : .null
    }

    private mutating func warn(_ path: [String], _ message: String) {
        warnings.append(("/" + path.joined(separator: "/"), message))
    }

    private static func fits(_ pattern: [String], _ path: [String]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
