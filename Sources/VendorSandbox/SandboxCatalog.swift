package import Foundation
import JSONValue
import Yams

/// The vendors that can be simulated: the folders of `connectors/` that have a `sandbox/sandbox.yaml`.
package struct SandboxCatalog: Sendable {
    /// One vendor.
    package struct Vendor: Sendable {
        /// The connector's folder name.
        package let name: String
        /// Its place among all connectors, from 0; the port follows from it.
        package let place: Int
        /// Hosts it answers for; `*.` stands for any label.
        package let hosts: [String]
        let definition: SandboxDefinition
    }

    /// The data cannot be used.
    package struct Failure: Error, CustomStringConvertible {
        /// Names the file and the fix.
        package let description: String
    }

    /// The vendors in the order of their folders.
    package let vendors: [Vendor]

    /// Reads the folder `connectors/`.
    ///
    /// - Parameter directory: the folder.
    /// - Returns: The vendors with their data in memory.
    /// - Throws: ``Failure`` naming the file that is wrong.
    package static func load(connectorsDirectory directory: URL) throws -> SandboxCatalog {
        let files = FileManager.default
        let names = try files.contentsOfDirectory(atPath: directory.path).filter { name in
            !name.hasPrefix("_") && !name.hasPrefix(".")
                && files.fileExists(atPath: directory.appendingPathComponent("\(name)/connector.yaml").path)
        }.sorted()
        var vendors: [Vendor] = []
        for (place, name) in names.enumerated() {
            let folder = directory.appendingPathComponent("\(name)/sandbox")
            let file = folder.appendingPathComponent("sandbox.yaml")
            guard files.fileExists(atPath: file.path) else { continue }
            do {
                let document = try YAMLReader.value(String(contentsOf: file, encoding: .utf8))
                let definition = try SandboxDefinition(document, folder: folder)
                vendors.append(Vendor(name: name, place: place, hosts: definition.hosts, definition: definition))
            } catch {
                throw Failure(description: "connectors/\(name)/sandbox: \(error)")
            }
        }
        return SandboxCatalog(vendors: vendors)
    }
}

/// YAML as JSON values.
enum YAMLReader {
    static func value(_ text: String) throws -> JSONValue {
        guard let node = try Yams.compose(yaml: text) else { return .null }
        return value(of: node)
    }

    private static func value(of node: Node) -> JSONValue {
        switch node {
        case .mapping(let mapping):
            return .object(JSONObject(mapping.map { ($0.key.string ?? "", value(of: $0.value)) }))
        case .sequence(let sequence): return .array(sequence.map(value))
        case .alias: return .null
        case .scalar(let scalar):
            guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
            if let number = Int(scalar.string) { return .number(JSONNumber(number)) }
            switch scalar.string {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null", "~", "": return .null
            default: return .string(scalar.string)
            }
        }
    }
}
