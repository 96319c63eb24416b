import ConnectorConfig
import Foundation
import JSONValue
import UnifiedModel
import Vocabulary

/// The connectors of `connectors/`, each joined into its one document.
struct ConnectorCatalog {
    /// One connector's folder.
    struct Entry {
        /// The folder's name.
        let folder: String
        /// The document.
        let document: JSONValue

        /// The connector's name.
        var name: String { document["name"]?.string ?? folder }
    }

    let settings: Settings

    /// The folders' names, in order; one of them when `vendor` names it.
    func folders(_ vendor: String?) throws -> [String] {
        let root = settings.content("connectors")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let folders = names.filter { name in
            !name.hasPrefix("_") && !name.hasPrefix(".")
                && FileManager.default.fileExists(atPath: root.appendingPathComponent("\(name)/connector.yaml").path)
        }.sorted()
        guard let vendor else {
            guard !folders.isEmpty else {
                throw Settings.Failure(description: "\(root.path) holds no connectors; set TRIBUTARY_CONTENT_DIR")
            }
            return folders
        }
        guard folders.contains(vendor) else {
            throw Settings.Failure(
                description: "there is no connectors/\(vendor); known are \(folders.joined(separator: ", "))"
            )
        }
        return [vendor]
    }

    /// Reads a folder.
    func entry(_ folder: String) throws -> Entry {
        let known = try folders(nil)
        let document = try files(folder).document { (name: String) throws(ConnectorConfigError) in
            guard known.contains(name) else { return nil }
            do { return try files(name) } catch let error as ConnectorConfigError { throw error } catch {
                throw ConnectorConfigError("connectors/\(name) cannot be read: \(error)", at: "connector.yaml#/extends")
            }
        }
        return Entry(folder: folder, document: document)
    }

    private func files(_ folder: String) throws -> ConnectorFolder {
        try ConnectorFolder(reading: settings.content("connectors/\(folder)"))
    }

    /// Compiles a document with patches, as an account would have it.
    func compile(_ entry: Entry, layers: [JSONValue] = []) throws -> CompiledConnector {
        let levels: [OverrideLevel] = [.environment, .account]
        return try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 1, document: entry.document),
            layers: zip(levels.suffix(layers.count), layers).map { ConfigLayer(level: $0, version: 1, document: $1) }
        )
    }

    /// What the published schema says of a document, with what the words mean; empty when it is sound.
    func schemaFaults(_ entry: Entry) throws -> [String] {
        let schema = try settings.connectorSchema()
        let guide = SchemaGuide(schema)
        return schema.failures(of: entry.document).map(guide.explanation(of:))
    }
}

extension Settings {
    /// The published schema of the connector format.
    func connectorSchema() throws -> JSONSchema {
        let name = "connector.schema.json"
        let data = try Data(contentsOf: content("openapi/\(name)"))
        return try JSONSchema(named: name, in: [name: JSONValue(parsing: [UInt8](data))])
    }
}
