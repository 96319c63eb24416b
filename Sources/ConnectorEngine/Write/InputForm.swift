import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// Brings what callers may write in short into the model's form: bare identifiers become references, bare addresses
/// become elements of their lists, times are turned to UTC.
///
/// What does not fit stays as it is, for the schema to complain about.
enum InputForm {
    private static let mainMembers = ["email", "number", "url", "name"]

    /// `value` in the form of its field.
    ///
    /// `isAlias`: whether the field was given under its singular name, so that one element may stand for a list.
    static func value(_ value: JSONValue, shape: FieldShape, isAlias: Bool = false) -> JSONValue {
        switch (shape, value) {
        case (_, .null): return .null
        case (.timestamp, .string(let text)):
            guard let instant = Instant(text), instant.hasZone, text.utf8.count > 10 else { return value }
            return .string(instant.text)
        case (.identifier, .number(let number)): return .string(number.text)
        case (.array(let element), .array(let array)): return .array(array.map { self.value($0, shape: element) })
        case (.array(let element), _) where isAlias: return .array([self.value(value, shape: element)])
        case (.object(let fields, _), .object(let object)):
            return .object(
                JSONObject(
                    object.lazy.map { member in
                        (
                            member.key,
                            fields[member.key].map { self.value(member.value, shape: $0) } ?? member.value
                        )
                    }
                )
            )
        case (.object(let fields, _), .string):
            if case .identifier? = fields["id"] { return ["id": value] }
            guard let main = mainMembers.first(where: { fields[$0] != nil }) else { return value }
            return .object([main: value])
        default: return value
        }
    }
}

/// The vendor's values for those of closed sets.
struct NativeValues {
    let enums: [EnumMap]
    /// What the caller gives as the vendor's values, by pointer.
    let remoteValues: JSONObject?

    /// The fields with native values.
    ///
    /// A value of `remote_values` wins, also where the field itself is not given.
    func translated(_ fields: JSONObject, shape: FieldShape, complaints: inout BodyComplaints) -> JSONObject {
        guard case .object(let shapes, _) = shape else { return fields }
        var result = JSONObject()
        for member in fields {
            result[member.key] =
                shapes[member.key].map { translated(member.value, $0, at: [member.key], &complaints) } ?? member.value
        }
        for member in remoteValues ?? JSONObject() {
            let refusal = "expected the pointer of a field of this body, such as /status"
            guard let pointer = JSONPointer(member.key), !pointer.tokens.isEmpty,
                case .object(let changed)? = try? JSONValue.object(result).setting(pointer, to: member.value)
            else {
                complaints.add(.invalidRequest, "pointer", refusal, ["remote_values", member.key])
                continue
            }
            result = changed
        }
        return result
    }

    private func translated(
        _ value: JSONValue,
        _ shape: FieldShape,
        at path: [String],
        _ complaints: inout BodyComplaints
    ) -> JSONValue {
        switch (shape, value) {
        case (.choice, .string(let text)): return native(of: text, at: path, &complaints)
        case (.array(let element), .array(let array)):
            return .array(
                array.enumerated().map { translated($0.element, element, at: path + [String($0.offset)], &complaints) }
            )
        case (.object(let fields, _), .object(let object)):
            var result = JSONObject()
            for member in object {
                result[member.key] =
                    fields[member.key].map { translated(member.value, $0, at: path + [member.key], &complaints) }
                    ?? member.value
            }
            return .object(result)
        default: return value
        }
    }

    private func native(of text: String, at path: [String], _ complaints: inout BodyComplaints) -> JSONValue {
        if remoteValues?[JSONPointer(tokens: path).description] != nil { return .string(text) }
        guard let map = enums.first(where: { Self.fits($0.path, path) }) else { return .string(text) }
        if let native = map.natives[text] { return .string(native) }
        let known = map.natives.keys.sorted().joined(separator: ", ")
        complaints.add(
            .invalidRequest,
            "no_counterpart",
            text == "other"
                ? "give the vendor's value in remote_values" : "the vendor has no counterpart; it has \(known)",
            path
        )
        return .string(text)
    }

    private static func fits(_ pattern: [String], _ path: [String]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
