import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// What a caller's `fields` and `exclude_fields` leave of a record.
///
/// Whole fields of the unified record are named, and single ones of its custom fields, as `custom_fields.shoe_size`.
extension UnifiedQuery {
    private static let customFields = "custom_fields"
    /// A list over several accounts adds it to each record.
    private static let accountField = "integrated_account_id"

    /// Whether records are given as they are.
    var projectsAll: Bool { fields == nil && excludedFields.isEmpty }

    /// Whether a field of the record is wanted; of `custom_fields`, whether any of it is.
    func projects(_ field: String) -> Bool {
        if field == "id" { return true }
        if excludedFields.contains(field) { return false }
        guard let fields else { return true }
        return fields.contains(field)
            || field == Self.customFields && fields.contains { Self.customField($0) != nil }
    }

    /// Whether a custom field is wanted.
    func projects(customField name: String) -> Bool {
        if excludedFields.contains(where: { Self.customField($0) == name }) { return false }
        guard let fields, !fields.contains(Self.customFields) else { return true }
        return fields.contains { Self.customField($0) == name }
    }

    /// Which unified fields an answer needs; nil for all of them.
    ///
    /// `fields`: those that are looked at beside what the caller wants.
    func wantedFields(beside fields: [String]) -> ((String) -> Bool)? {
        let showsRemoteData = format == .raw || (format == .unified && !ignoresRemoteData && projects("remote_data"))
        guard !showsRemoteData, !projectsAll, !projects(Self.customFields) else { return nil }
        return { fields.contains($0) || projects($0) }
    }

    /// Refuses names that no record can have, each with the nearest one that it can.
    ///
    /// - Parameters:
    ///   - resource: what the model knows.
    ///   - mappings: what the connector gives beside it: those of the method and of the methods whose records it gives.
    /// - Throws: `Problem` (`invalid_request`).
    func checkFields(of resource: ResourceModel, given mappings: [MethodMapping]) throws {
        guard !projectsAll else { return }
        let properties = resource.document["properties"]?.object ?? JSONObject()
        let included = includes.flatMap { name in mappings.compactMap { $0.sideLoads[name]?.into } }
        func isKnown(_ field: String) -> Bool {
            properties[field] != nil || field == Self.accountField || included.contains(field)
                || mappings.contains { $0.mayGive(field) }
        }
        var failures: [Problem.Failure] = []
        for (parameter, names) in [("fields", fields ?? []), ("exclude_fields", excludedFields)] {
            for name in names where !isKnown(Self.customField(name) == nil ? name : Self.customFields) {
                let field = String(name.prefix { $0 != "." && $0 != "[" })
                let hint: String
                if field != name, isKnown(field) {
                    hint = "; whole fields are named, such as '\(field)', and custom fields as custom_fields.name"
                } else if let meant = resource.inputAliases[name] {
                    hint = "; did you mean '\(meant)'?"
                } else {
                    let names = properties.keys + included
                    let nearest = SpellingSuggestion.hint(for: name, among: names)
                    hint = nearest.isEmpty ? ", but \(names.sorted().joined(separator: ", "))" : nearest
                }
                let message = "'\(name.prefix(100))' is no field of \(resource.name)\(hint)"
                failures.append(.init(code: ErrorCode.invalidRequest.rawValue, message: message, pointer: parameter))
            }
        }
        guard let first = failures.first else { return }
        throw Problem(.invalidRequest, "'\(first.pointer)': \(first.message)", failures: failures)
    }

    /// The name of a single custom field; nil for a whole field.
    private static func customField(_ name: String) -> String? {
        name.hasPrefix("\(customFields).") ? String(name.dropFirst(customFields.count + 1)) : nil
    }
}
