import ArgumentParser
import FoundationEssentials
import JSONValue
import Logging
import ServiceKit

/// The command `tributary openapi`.
struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "Print the OpenAPI document of a service."
    )

    @Argument(help: "registry, broker, vault, executor or sync.")
    var service: String

    func run() async throws {
        guard let name = ServiceName(rawValue: service), name != .sandbox else {
            throw ValidationError("there is no service '\(service)'; known are registry, broker, vault, executor, sync")
        }
        let file = try Settings().content("openapi/\(name.rawValue).openapi.json")
        print(try String(contentsOf: file, encoding: .utf8), terminator: "")
    }
}
