import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// A record of the unified model with the vendor's own record beside it.
struct MappedRecord {
    var fields: JSONObject
    let remoteData: ArraySlice<UInt8>
    let warnings: [(pointer: String, message: String)]
}

/// Turns native records into unified ones, one at a time.
struct ResponseMapper {
    private let mapping: MethodMapping
    private let model: ResourceModel
    private let scope: ExpressionScope

    /// Makes a mapper for the records of one answer.
    ///
    /// `answer`: visible to mappings that mention `page`.
    init(_ plan: Plan, context: JSONValue, answer: NativeAnswer) {
        mapping = plan.mapping
        model = plan.model
        var root: JSONObject = ["context": context]
        if plan.mapping.responseMapping?.mentionsPage == true { root["page"] = answer.document?.root.value }
        scope = ExpressionScope(root)
    }

    /// The unified record.
    func record(_ node: JSONNode) throws -> MappedRecord {
        let native = node.value
        guard let stack = mapping.responseMapping else {
            throw Problem(.configInvalid, "\(model.category)/\(model.name) has no response mapping")
        }
        let mapped: JSONValue?
        do {
            mapped = try stack.value(in: scope.adding("response", native))
        } catch {
            throw ExpressionProblem.problem(error, level: stack.level(ofPointer: error.pointer))
        }
        guard case .object(var fields)? = mapped.map(ExactDigits(of: native).restored(in:)) else {
            throw Problem(
                .mappingFailed,
                "the response mapping of \(model.category)/\(model.name) does not give an object"
            )
        }
        if let custom = mapping.customFields?.fields(of: native) {
            let own = fields["custom_fields"] ?? .object([:])
            fields["custom_fields"] = JSONValue.object(custom).overlaid(by: own.isNull ? .object([:]) : own)
        }
        var normaliser = RecordNormaliser(shape: model.shape, enums: mapping.enums)
        let record = normaliser.normalised(fields)
        guard record["id"]?.string?.isEmpty == false else {
            throw Problem(
                .mappingFailed,
                "the response mapping of \(model.category)/\(model.name) gives a record without an id"
            )
        }
        return MappedRecord(fields: record, remoteData: node.untouchedBytes, warnings: normaliser.warnings)
    }
}

extension MappingStack {
    fileprivate func level(ofPointer pointer: String?) -> OverrideLevel? {
        stages.last { $0.pointer == pointer }?.level ?? stages.last?.level
    }
}
