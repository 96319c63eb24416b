import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// Asks an account for its own fields, and refuses bodies that the vendor would refuse.
struct AccountFields {
    let config: DescribeConfig
    let pipeline: Pipeline

    /// The account's fields; asked of the vendor unless that has been done lately.
    func fields(in scope: ExpressionScope) async throws -> [AccountField] {
        let descriptors = try await pipeline.kept(place, for: config.lifetime) { () async throws -> JSONValue in
            var inner = scope
            inner.root["body"] = nil
            if let request = config.request {
                inner.root["response"] = try await pipeline.body(of: request, in: inner)
            }
            inner = try await pipeline.run(config.steps, in: inner)
            return try described(by: inner)
        }
        return (descriptors.array ?? [descriptors]).compactMap(AccountField.init)
    }

    private func described(by scope: ExpressionScope) throws -> JSONValue {
        do { return try config.fields.value(in: scope) ?? .array([]) } catch {
            throw ExpressionProblem.problem(error, level: config.fields.stages.last?.level)
        }
    }

    /// Mappings at one place of one configuration describe the same.
    private var place: String {
        "describe|\(config.fields.stages.map(\.pointer).joined(separator: ","))"
    }
}

extension UnifiedBody {
    /// Refuses the body when one of the account's own rules is not met.
    ///
    /// `mapping`: says where the vendor's own words for a field may stand in `remote_data`.
    func check(against fields: [AccountField], isCreate: Bool, mapping: MethodMapping) throws {
        var complaints = BodyComplaints()
        let body = JSONValue.object(unified)
        for field in fields {
            let value = body[field.place]
            guard let value, !value.isNull else {
                if isCreate, field.isRequired, !field.isReadOnly, !gives(field, mapping) {
                    complaints.add(
                        .missingRequiredField,
                        "required",
                        "the vendor requires this field (\(field.label ?? field.name))",
                        field.place.tokens
                    )
                }
                continue
            }
            if field.isReadOnly {
                complaints.add(
                    .readOnlyField,
                    ErrorCode.readOnlyField.rawValue,
                    "the vendor does not let this field be written",
                    field.place.tokens
                )
            } else if field.pointer == nil {
                try Self.check(value, field, &complaints)
            }
        }
        try complaints.throwIfAny()
    }

    /// Whether the caller gives the field in the vendor's own words.
    private func gives(_ field: AccountField, _ mapping: MethodMapping) -> Bool {
        guard let remoteData else { return false }
        let inside = mapping.customFields?.writePath?.value(in: remoteData)
        return remoteData[field.name] != nil || inside?[field.name] != nil
    }

    private static func check(
        _ value: JSONValue,
        _ field: AccountField,
        _ complaints: inout BodyComplaints
    ) throws {
        guard let schema = try? JSONSchema(named: "field", in: ["field": field.schema]) else { return }
        for failure in schema.failures(of: value) {
            let pointer = field.place.description + failure.pointer
            complaints.add(
                .invalidRequest,
                Problem.Failure(code: failure.keyword, message: failure.message, pointer: pointer)
            )
        }
    }
}
