package import JSONValue

/// Joins the files of a connector's folder into its one document: `connector.yaml`, `<category>/<resource>.yaml`, and the
/// `.jsonata` files that they name.
///
/// What the files are read and parsed with is the caller's business.
package struct ConnectorFolder: Sendable {
    private let documents: [String: JSONValue]
    private let sources: [String: String]

    /// Takes a folder's files.
    ///
    /// - Parameters:
    ///   - documents: parsed YAML files by path relative to the folder, such as `crm/contacts.yaml`.
    ///   - sources: texts of JSONata files by path relative to the folder.
    package init(documents: [String: JSONValue], sources: [String: String]) {
        self.documents = documents
        self.sources = sources
    }

    /// Whether a path relative to a connector's folder is part of its document.
    package static func isPart(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard parts.first != "sandbox", parts.first != "examples", parts.count <= 2 else { return false }
        return path == "connector.yaml" || path.hasSuffix(".jsonata") || (parts.count == 2 && path.hasSuffix(".yaml"))
    }

    /// The document.
    ///
    /// - Throws: ``ConnectorConfigError`` whose pointer starts with the file's path.
    package func document() throws(ConnectorConfigError) -> JSONValue {
        guard let main = documents["connector.yaml"] else {
            throw ConnectorConfigError("the folder has no connector.yaml", at: "")
        }
        guard case .object(var root) = try inlined(main, folder: "", at: "connector.yaml#") else {
            throw ConnectorConfigError("expected an object", at: "connector.yaml#")
        }
        var resources = root["resources"] ?? .object([:])
        var mappings = root["mappings"] ?? .object([:])
        for (path, file) in documents.sorted(by: { $0.key < $1.key }) where path != "connector.yaml" {
            let (category, resource) = try names(of: path)
            guard case .object(let members) = try inlined(file, folder: category + "/", at: "\(path)#") else {
                throw ConnectorConfigError("expected an object", at: "\(path)#")
            }
            for member in members {
                switch member.key {
                case "resources":
                    for native in member.value.object ?? JSONObject() where resources[native.key] != nil {
                        throw ConnectorConfigError(
                            "another file has the resource '\(native.key)' already",
                            at: "\(path)#/resources"
                        )
                    }
                    resources = resources.overlaid(by: member.value)
                case "tests":
                    let own = (member.value.array ?? [member.value]).map {
                        JSONValue.object(["call": ["category": .string(category), "resource": .string(resource)]])
                            .overlaid(by: $0)
                    }
                    root["tests"] = .array((root["tests"]?.array ?? []) + own)
                case "methods":
                    mappings = mappings.overlaid(by: .object([category: .object([resource: member.value])]))
                default:
                    throw ConnectorConfigError(
                        "unknown key; a resource's file has 'resources', 'methods' and 'tests'",
                        at: "\(path)#/\(member.key)"
                    )
                }
            }
        }
        root["resources"] = resources
        root["mappings"] = mappings
        return .object(root)
    }

    /// The document, laid over that of the connector that it extends: objects merge, null takes a member away, all else
    /// replaces.
    ///
    /// - Parameter find: the folder of a connector; nil when there is none.
    /// - Returns: the whole document.
    /// - Throws: ``ConnectorConfigError``, also for connectors that extend each other in a circle.
    package func document(
        extending find: (String) throws(ConnectorConfigError) -> ConnectorFolder?
    ) throws(ConnectorConfigError) -> JSONValue {
        var parts = [try document()]
        var seen = [parts[0]["name"]?.string]
        while let name = parts.last?["extends"]?.string {
            guard !seen.contains(name) else {
                throw ConnectorConfigError("connectors extend each other in a circle", at: "connector.yaml#/extends")
            }
            guard let folder = try find(name) else {
                throw ConnectorConfigError("there is no connector '\(name)'", at: "connector.yaml#/extends")
            }
            seen.append(name)
            parts.append(try folder.document())
        }
        return parts.reversed().dropFirst().reduce(parts.last ?? .null) { Self.extended($0, by: $1) }
    }

    /// A document with the changes of another one (RFC 7396).
    private static func extended(_ base: JSONValue, by changes: JSONValue) -> JSONValue {
        guard case .object(let members) = changes, members["$jsonata"] == nil, members["$literal"] == nil else {
            return changes
        }
        var result = base["$jsonata"] == nil && base["$literal"] == nil ? base.object ?? JSONObject() : JSONObject()
        for member in members {
            let value = member.value.isNull ? Optional.none : extended(result[member.key] ?? .null, by: member.value)
            result[member.key] = value
        }
        return .object(result)
    }

    private func names(of path: String) throws(ConnectorConfigError) -> (category: String, resource: String) {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 2, parts[1].hasSuffix(".yaml") else {
            throw ConnectorConfigError("expected <category>/<resource>.yaml", at: "\(path)#")
        }
        return (parts[0], String(parts[1].dropLast(".yaml".count)))
    }

    /// `value` with `{"$jsonata_file": "name"}` turned into `{"$jsonata": "source"}`.
    private func inlined(
        _ value: JSONValue,
        folder: String,
        at pointer: String
    ) throws(ConnectorConfigError) -> JSONValue {
        switch value {
        case .object(let object):
            if let name = object["$jsonata_file"] {
                guard let name = name.string, object.count == 1, let source = sources[folder + name] else {
                    throw ConnectorConfigError("'$jsonata_file' names no file of this folder", at: pointer)
                }
                return .object(["$jsonata": .string(Self.trimmed(source))])
            }
            var result = JSONObject()
            for member in object {
                result[member.key] = try inlined(
                    member.value,
                    folder: folder,
                    at: pointer + "/" + PointerToken.escaped(member.key)
                )
            }
            return .object(result)
        case .array(let array):
            var result: [JSONValue] = []
            for (index, element) in array.enumerated() {
                result.append(try inlined(element, folder: folder, at: "\(pointer)/\(index)"))
            }
            return .array(result)
        case .null, .bool, .number, .string: return value
        }
    }

    private static func trimmed(_ source: String) -> String {
        var text = Substring(source)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
