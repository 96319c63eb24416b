import ConnectorConfig
import ConnectorEngine
import Foundation
import JSONValue
import Synchronization
import Vocabulary

/// The connectors of this package, as their folders have them.
enum ConnectorFiles {
    static let folder = TestWorld.root.appendingPathComponent("connectors").resolvingSymlinksInPath()

    /// The names of all connectors.
    static let names: [String] = {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return entries.filter { name in
            FileManager.default.fileExists(atPath: folder.appendingPathComponent("\(name)/connector.yaml").path)
                && !name.hasPrefix("_")
        }.sorted()
    }()

    static func document(_ name: String) throws -> JSONValue {
        try ConnectorFolder(reading: folder.appendingPathComponent(name)).document()
    }

    static func connector(_ name: String, layers: [ConfigLayer] = []) throws -> CompiledConnector {
        try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 1, document: document(name)),
            layers: layers
        )
    }

    static func preview(
        _ name: String,
        variables: JSONObject = [:],
        layers: [ConfigLayer] = []
    ) throws -> ConnectorPreview {
        ConnectorPreview(
            connector: try connector(name, layers: layers),
            model: try TestWorld.model(),
            variables: variables
        )
    }
}

/// Real answers of vendors, where they are at hand beside the package.
enum VendorSamples {
    static let folder = TestWorld.root.deletingLastPathComponent().appendingPathComponent("shared/vendors")
    static let arePresent = FileManager.default.fileExists(atPath: folder.path)

    static func json(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(path))), policy: .vendor)
    }

    /// Paths of the samples in a vendor's folder whose names fulfil a condition.
    static func paths(_ folder: String, where isWanted: (String) -> Bool) -> [String] {
        let files =
            (try? FileManager.default.contentsOfDirectory(atPath: self.folder.appendingPathComponent(folder).path))
            ?? []
        return files.filter(isWanted).sorted().map { "\(folder)/\($0)" }
    }
}
