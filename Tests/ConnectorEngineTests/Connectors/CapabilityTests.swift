import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import JSONValue
import Testing

/// Capabilities are produced from configurations; the examples of each connector are the proof that they are true.
struct CapabilityTests {
    @Test(arguments: ConnectorFiles.names)
    func `no example shows a field that the capabilities call absent`(name: String) throws {
        let document = Capabilities(connector: try ConnectorFiles.connector(name), model: try TestWorld.model())
            .document()
        let folder = ConnectorFiles.folder.appendingPathComponent("\(name)/examples")
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where file.hasSuffix(".unified.json") {
            let parts = file.split(separator: ".").map(String.init)
            let methods = document["categories"]?[parts[0]]?[parts[1]]?["methods"]
            let absent = Set((methods?[parts[2]]?["absent_fields"]?.array ?? []).compactMap(\.string))
            let answer = try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(file))))
            for record in answer["result"]?.array ?? [answer] {
                let given = Set(record.object?.keys ?? [])
                #expect(given.isDisjoint(with: absent), "\(name) \(file): \(given.intersection(absent).sorted())")
            }
        }
    }

    @Test(arguments: ConnectorFiles.names)
    func `what a connector says that it can write is in its schema for the body`(name: String) async throws {
        let connector = try ConnectorFiles.connector(name)
        let engine = try TestWorld.engine(ScriptedSender(.json([:])))
        for (category, resources) in connector.document.mappings {
            for (resource, methods) in resources where methods["create"] != nil {
                let schema = try await engine.describe(
                    category: category,
                    resource: resource,
                    method: "create",
                    connector: connector,
                    asking: nil
                ).json["body_schema"]
                #expect(schema?["properties"]?.object?.isEmpty == false, "\(name) \(category)/\(resource)")
                #expect(schema?.text().contains("\"$ref\"") == false, "\(name) \(category)/\(resource)")
            }
        }
    }
}
