package import JSONValue
package import Vocabulary

/// One layer of a connector's configuration: who wrote it, which version, and the document.
package struct ConfigLayer: Sendable {
    /// Who may have written it.
    package let level: OverrideLevel
    /// The published version of that level's document.
    package let version: Int
    /// The platform's whole document, or a patch to it.
    package let document: JSONValue

    /// Names a layer.
    package init(level: OverrideLevel, version: Int, document: JSONValue) {
        self.level = level
        self.version = version
        self.document = document
    }
}

/// Lays the environment's and the account's patches over the platform's document.
///
/// Objects merge, null removes, arrays and scalars replace (RFC 7396). Two things differ: slots that end in `_mapping`
/// are kept as a stack, one entry a level, since a stronger mapping adds to the weaker one's result; and a method key
/// may name several methods (`list,get`) or all of them (`*`).
package enum LayerMerge {
    /// The member that holds the entries of a mapping slot in a merged document.
    static let stackKey = "$stack"

    /// The merged document, with a record of who set what.
    ///
    /// `base`: the platform's document.
    /// `layers`: patches in any order; at most one a level.
    /// Throws: `ConnectorConfigError` when a layer touches what its level may not.
    package static func merge(
        base: ConfigLayer,
        layers: [ConfigLayer]
    ) throws(ConnectorConfigError) -> (document: JSONValue, provenance: Provenance) {
        let ordered = layers.sorted { $0.level < $1.level }
        for layer in ordered { try LayerRules.check(layer, base: base.document) }
        let methods = MethodNames(in: [base.document] + ordered.map(\.document))
        var provenance = Provenance(base: .init(level: base.level, version: base.version))
        var merged = stacked(methods.expanded(base.document), level: base.level, underMappings: false)
        for layer in ordered {
            let patch = methods.expanded(layer.document)
            merged = patched(merged, by: patch, layer: layer, at: "", provenance: &provenance)
        }
        return (merged, provenance)
    }

    /// Whether the member `key` holds a mapping.
    static func isMappingSlot(_ key: String) -> Bool {
        key.hasSuffix("_mapping")
    }

    /// `value` with each mapping slot turned into a stack of one.
    private static func stacked(_ value: JSONValue, level: OverrideLevel, underMappings: Bool) -> JSONValue {
        switch value {
        case .object(let object):
            guard !isExpression(object) else { return value }
            var result = JSONObject()
            for member in object {
                if underMappings, isMappingSlot(member.key), !member.value.isNull {
                    result[member.key] = stack([], level: level, adding: member.value)
                } else {
                    result[member.key] = stacked(
                        member.value,
                        level: level,
                        underMappings: underMappings || member.key == "mappings"
                    )
                }
            }
            return .object(result)
        case .array(let array):
            return .array(array.map { stacked($0, level: level, underMappings: underMappings) })
        case .null, .bool, .number, .string: return value
        }
    }

    private static func patched(
        _ target: JSONValue?,
        by patch: JSONValue,
        layer: ConfigLayer,
        at pointer: String,
        provenance: inout Provenance
    ) -> JSONValue {
        guard case .object(let members) = patch, !isExpression(members) else {
            provenance.record(pointer, level: layer.level, version: layer.version)
            return stacked(patch, level: layer.level, underMappings: pointer.hasPrefix("/mappings/"))
        }
        var result = JSONObject()
        if case .object(let object)? = target, !isExpression(object) { result = object }
        for member in members {
            let place = pointer + "/" + PointerToken.escaped(member.key)
            if pointer.hasPrefix("/mappings/"), isMappingSlot(member.key) {
                provenance.record(place, level: layer.level, version: layer.version)
                let below = result[member.key]?[stackKey]?.array ?? []
                result[member.key] = stack(below, level: layer.level, adding: member.value)
            } else if member.value.isNull {
                provenance.record(place, level: layer.level, version: layer.version)
                result[member.key] = nil
            } else {
                result[member.key] = patched(
                    result[member.key],
                    by: member.value,
                    layer: layer,
                    at: place,
                    provenance: &provenance
                )
            }
        }
        return .object(result)
    }

    /// The entries of a slot after a level has spoken; nil when nothing is left.
    private static func stack(_ below: [JSONValue], level: OverrideLevel, adding mapping: JSONValue) -> JSONValue? {
        let mode = mapping["mode"]?.string.flatMap(MappingStack.Mode.init(rawValue:))
        if mapping.isNull || mode == .remove { return nil }
        let body = mode == nil ? mapping : mapping["mapping"] ?? .null
        let entry: JSONValue = ["level": .string(level.rawValue), "mapping": body]
        return .object([stackKey: .array(mode == .replace ? [entry] : below + [entry])])
    }

    private static func isExpression(_ object: JSONObject) -> Bool {
        object["$jsonata"] != nil || object["$literal"] != nil || object[stackKey] != nil
    }
}

/// The unified methods that a connector's layers name, to expand `*` and `list,get`.
private struct MethodNames {
    private var names: [String: [String]] = [:]

    init(in documents: [JSONValue]) {
        for document in documents {
            Self.forEachResource(of: document) { path, methods in
                for key in methods.keys where key != "*" {
                    for name in Self.split(key) where !(names[path] ?? []).contains(name) {
                        names[path, default: []].append(name)
                    }
                }
            }
        }
    }

    /// `document` with one member for each method under `/mappings/{category}/{resource}`.
    func expanded(_ document: JSONValue) -> JSONValue {
        guard case .object(var root) = document, case .object(var categories)? = root["mappings"] else {
            return document
        }
        for category in categories {
            guard case .object(var resources) = category.value else { continue }
            for resource in resources {
                guard case .object(let methods) = resource.value else { continue }
                let known = names["\(category.key)/\(resource.key)"] ?? []
                resources[resource.key] = .object(expanded(methods, known: known))
            }
            categories[category.key] = .object(resources)
        }
        root["mappings"] = .object(categories)
        return .object(root)
    }

    private func expanded(_ methods: JSONObject, known: [String]) -> JSONObject {
        var result = JSONObject()
        for name in known {
            var merged: JSONValue?
            func lay(_ value: JSONValue) { merged = merged.map { Self.laid($0, value) } ?? value }
            if let all = methods["*"] { lay(all) }
            for member in methods where member.key != "*" && member.key != name {
                if Self.split(member.key).contains(name) { lay(member.value) }
            }
            if let own = methods[name] { lay(own) }
            if let merged { result[name] = merged }
        }
        return result
    }

    /// Within one layer the more exact key wins: objects merge, mapping slots and all else replace.
    private static func laid(_ below: JSONValue, _ above: JSONValue) -> JSONValue {
        guard case .object(var merged) = below, case .object(let members) = above,
            merged["$jsonata"] == nil, members["$jsonata"] == nil
        else { return above }
        for member in members {
            guard let old = merged[member.key], !LayerMerge.isMappingSlot(member.key) else {
                merged[member.key] = member.value
                continue
            }
            merged[member.key] = laid(old, member.value)
        }
        return .object(merged)
    }

    private static func split(_ key: String) -> [String] {
        key.split(separator: ",").map { String($0.filter { $0 != " " }) }
    }

    private static func forEachResource(of document: JSONValue, _ body: (String, JSONObject) -> Void) {
        for category in document["mappings"]?.object ?? JSONObject() {
            for resource in category.value.object ?? JSONObject() {
                guard case .object(let methods) = resource.value else { continue }
                body("\(category.key)/\(resource.key)", methods)
            }
        }
    }
}
