import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// The body of a unified create or update: checked against the model and the connector, in the two forms that mappings
/// see.
///
/// Nothing has been sent when it is refused, and every refusal names its place in the caller's own body.
struct UnifiedBody {
    /// The fields in the model's words.
    private(set) var unified = JSONObject()
    /// The same with the vendor's values in place of those of closed sets.
    private(set) var native = JSONObject()
    /// Native members, laid over what the mapping gives.
    private(set) var remoteData: JSONValue?
    /// What was left out because the caller asked not to be strict.
    private(set) var warnings: [Problem.Failure] = []

    private var complaints = BodyComplaints()
    private let model: ResourceModel
    private let mapping: MethodMapping

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: what the caller sent.
    ///   - model: the resource.
    ///   - mapping: the connector's method.
    ///   - isCreate: whether defaults are filled in and the model's required fields are asked for.
    ///   - isStrict: whether fields that cannot be written are refused, not dropped.
    ///   - scope: what defaults see, apart from `body`.
    /// - Throws: `Problem` with everything that is wrong.
    init(
        _ body: JSONValue?,
        model: ResourceModel,
        mapping: MethodMapping,
        isCreate: Bool,
        isStrict: Bool,
        scope: ExpressionScope
    ) throws {
        self.model = model
        self.mapping = mapping
        guard case .object(let members)? = body else {
            throw Problem(.invalidRequest, "the body is not an object of the resource's fields")
        }
        for member in members { take(member, isStrict: isStrict) }
        if isCreate { try fill(scope) }
        for limit in mapping.write.itemsMax { shorten(limit.path, to: limit.max, isStrict: isStrict) }
        checkForm()
        checkPresence(isCreate: isCreate)
        let translator = NativeValues(enums: mapping.enums, remoteValues: unified["remote_values"]?.object)
        native = translator.translated(unified, shape: model.shape, complaints: &complaints)
        try complaints.throwIfAny()
    }

    /// Whether the mapping writes custom fields itself.
    private var mapsCustomFields: Bool {
        mapping.write.writableFields?.contains("custom_fields") ?? (mapping.customFields == nil)
    }

    private mutating func take(_ member: JSONObject.Member, isStrict: Bool) {
        switch member.key {
        case "remote_data":
            if case .object = member.value {
                remoteData = member.value
            } else if !member.value.isNull {
                complaints.add(.invalidRequest, "type", "expected an object of native members", ["remote_data"])
            }
        case "remote_headers": break
        case "remote_values": unified["remote_values"] = member.value
        default: take(field: member, isStrict: isStrict)
        }
    }

    private mutating func take(field member: JSONObject.Member, isStrict: Bool) {
        let name = model.inputAliases[member.key] ?? member.key
        let refusal = refusal(of: name)
        if let refusal {
            if isStrict {
                complaints.add(.readOnlyField, refusalCode(of: name), refusal, [member.key])
            } else {
                warnings.append(
                    Problem.Failure(
                        code: refusalCode(of: name),
                        message: "\(refusal); it was left out",
                        pointer: JSONPointer(tokens: [member.key]).description
                    )
                )
            }
            return
        }
        guard unified[name] == nil else {
            complaints.add(.invalidRequest, "duplicate", "the field is given under two names", [member.key])
            return
        }
        guard case .object(let fields, _) = model.shape, let shape = fields[name] else {
            unified[name] = member.value
            return
        }
        unified[name] = InputForm.value(member.value, shape: shape, isAlias: name != member.key)
    }

    private func refusalCode(of name: String) -> String {
        model.document["properties"]?[name] == nil ? "unknown_field" : ErrorCode.readOnlyField.rawValue
    }

    /// Why a field cannot be written; nil when it can.
    private func refusal(of name: String) -> String? {
        if model.readOnlyFields.contains(name) { return "the field is read-only" }
        if name == "custom_fields" {
            return mapping.customFields?.writePath == nil && !mapsCustomFields
                ? "the connector cannot write custom fields here; give native members in remote_data" : nil
        }
        guard let writable = mapping.write.writableFields, !writable.contains(name) else { return nil }
        return model.document["properties"]?[name] == nil
            ? "there is no such field\(SpellingSuggestion.hint(for: name, among: writable.sorted()))"
            : "the connector cannot write this field; give native members in remote_data"
    }

    private mutating func fill(_ scope: ExpressionScope) throws {
        for entry in mapping.write.defaults {
            let pointer = JSONPointer(tokens: entry.path)
            let body = JSONValue.object(unified)
            guard body[pointer] == nil else { continue }
            do {
                guard let value = try entry.expression.value(in: scope.adding("body", body)), !value.isNull,
                    case .object(let filled) = try body.setting(pointer, to: value, creatingParents: true)
                else { continue }
                unified = filled
            } catch let error as ExpressionError {
                throw ExpressionProblem.problem(error)
            } catch {
                // The caller's own value is no container for the default: the schema's complaint is to come.
                continue
            }
        }
    }

    /// A list with more elements than the vendor keeps is refused, or loses those at its end; what is marked as primary
    /// comes first.
    private mutating func shorten(_ path: [String], to max: Int, isStrict: Bool) {
        let pointer = JSONPointer(tokens: path)
        guard case .array(let elements)? = JSONValue.object(unified)[pointer], elements.count > max else { return }
        let word = "the vendor keeps \(max == 1 ? "one" : String(max)) of these"
        guard !isStrict else {
            complaints.add(.remoteValidationFailed, "too_many", "\(word); leave the others out", path + [String(max)])
            return
        }
        let sorted = elements.filter { $0["is_primary"] == true } + elements.filter { $0["is_primary"] != true }
        guard
            case .object(let shorter)? = try? JSONValue.object(unified)
                .setting(pointer, to: .array(Array(sorted.prefix(max))))
        else { return }
        unified = shorter
        warnings.append(
            Problem.Failure(
                code: "too_many",
                message: "\(word); \(elements.count - max) were left out",
                pointer: pointer.description
            )
        )
    }

    private mutating func checkForm() {
        var whole = unified
        whole["id"] = "id"
        for failure in model.schema.failures(of: .object(whole)) {
            if let name = failure.missing {
                let pointer = failure.pointer + JSONPointer(tokens: [name]).description
                complaints.add(
                    .missingRequiredField,
                    Problem.Failure(code: "required", message: "the field is required", pointer: pointer)
                )
            } else {
                let word = failure.keyword == "additionalProperties" ? "unknown_field" : failure.keyword
                complaints.add(
                    .invalidRequest,
                    Problem.Failure(code: word, message: failure.message, pointer: failure.pointer)
                )
            }
        }
        guard let custom = mapping.customFields, custom.writePath != nil else { return }
        for name in unified["custom_fields"]?.object?.keys ?? [] where !custom.covers(name) {
            complaints.add(
                .readOnlyField,
                ErrorCode.readOnlyField.rawValue,
                "this is not a custom field of the vendor; give native members in remote_data",
                ["custom_fields", name]
            )
        }
    }

    private mutating func checkPresence(isCreate: Bool) {
        let wanted = (isCreate ? model.requiredOnCreate.map { [$0] } : []) + mapping.write.requiredFields
        for path in wanted {
            let pointer = JSONPointer(tokens: path)
            let value = JSONValue.object(unified)[pointer]
            if value == nil || value == .null {
                complaints.add(.missingRequiredField, "required", "the field is required", path)
            }
        }
    }
}

/// What is wrong with a body, place by place.
struct BodyComplaints {
    private var code: ErrorCode?
    private var failures: [Problem.Failure] = []

    mutating func add(_ code: ErrorCode, _ failure: Problem.Failure) {
        guard !failures.contains(where: { $0.pointer == failure.pointer && $0.code == failure.code }) else { return }
        self.code = self.code ?? code
        failures.append(failure)
    }

    mutating func add(_ code: ErrorCode, _ word: String, _ message: String, _ path: [String]) {
        add(code, Problem.Failure(code: word, message: message, pointer: JSONPointer(tokens: path).description))
    }

    /// Refuses the body when something is wrong with it.
    func throwIfAny() throws {
        guard let code else { return }
        let first = failures[0]
        let place = first.pointer.isEmpty ? "the body" : "'\(first.pointer)'"
        throw Problem(
            code,
            failures.count == 1
                ? "\(place): \(first.message)" : "\(failures.count) fields of the body are wrong; see details.failures",
            failures: failures,
            insight: code == .missingRequiredField
                ? [
                    "missing_body_fields": .array(
                        failures.filter { $0.code == "required" }.map { .string($0.pointer) }
                    )
                ] : nil
        )
    }
}
