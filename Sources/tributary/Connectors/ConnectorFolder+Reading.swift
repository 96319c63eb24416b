import ConnectorConfig
import Foundation
import JSONValue
import Yams

extension ConnectorFolder {
    /// Reads a connector's folder from disk.
    ///
    /// - Parameter folder: such as `connectors/acme`.
    /// - Throws: `ConnectorConfigError` naming the file that cannot be read or parsed.
    init(reading folder: URL) throws {
        var documents: [String: JSONValue] = [:]
        var sources: [String: String] = [:]
        let root = folder.standardizedFileURL.path
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            ?? .init()
        {
            let path = String(file.standardizedFileURL.path.dropFirst(root.count + 1))
            guard Self.isPart(path) else { continue }
            guard let text = try? String(contentsOf: file, encoding: .utf8) else {
                throw ConnectorConfigError("the file is not UTF-8 text", at: path)
            }
            if path.hasSuffix(".jsonata") {
                sources[path] = text
            } else {
                do { documents[path] = try JSONValue(yaml: text) } catch {
                    throw ConnectorConfigError("not valid YAML: \(error)", at: path)
                }
            }
        }
        self.init(documents: documents, sources: sources)
    }
}

extension JSONValue {
    /// Reads YAML text: the JSON of YAML 1.2's core schema, aliases resolved.
    init(yaml text: String) throws {
        guard let node = try Yams.compose(yaml: text) else {
            self = .null
            return
        }
        self = Self.value(of: node)
    }

    private static func value(of node: Node) -> JSONValue {
        switch node {
        case .mapping(let mapping):
            .object(JSONObject(mapping.map { ($0.key.string ?? "", value(of: $0.value)) }))
        case .sequence(let sequence): .array(sequence.map(value))
        case .alias: .null
        case .scalar(let scalar): self.scalar(scalar, node)
        }
    }

    private static func scalar(_ scalar: Node.Scalar, _ node: Node) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch node.tag.description {
        case Tag.Name.null.rawValue: return .null
        case Tag.Name.bool.rawValue:
            switch scalar.string {
            case "true", "True", "TRUE": return true
            case "false", "False", "FALSE": return false
            // YAML 1.1 has `yes` and `on` too; here they are words.
            default: return .string(scalar.string)
            }
        case Tag.Name.int.rawValue, Tag.Name.float.rawValue:
            return JSONNumber(scalar.string).map(JSONValue.number) ?? .string(scalar.string)
        default: return .string(scalar.string)
        }
    }
}
