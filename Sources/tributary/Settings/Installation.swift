import Cryptography
import CurlTransport
import Foundation
import HTTPExchange
import JSONValue
import Logging
import Postgres
import ServiceKit
import UnifiedModel
import Vocabulary

/// What several commands make out of the settings.
struct Installation: Sendable {
    let settings: Settings

    /// The installation that the environment describes.
    static func current() async throws -> Installation {
        Installation(settings: try await Settings())
    }

    /// A logger at the level of the settings.
    func logger(_ service: String) -> Logger {
        JSONLogHandler.logger(service, level: Logger.Level(rawValue: settings.logLevel) ?? .info)
    }

    /// The database of a role.
    func pool(_ name: String) throws -> PostgresPool {
        PostgresPool(PostgresConfig(url: try settings.databaseURL(name), connectionsMax: settings.databaseConnections))
    }

    /// The transport with the operator's egress settings.
    func sender() throws -> CurlSender {
        try CurlSender(
            CurlConfig(
                caFile: settings.caFile,
                hostMap: try CurlConfig.hostMap(settings.hostMap, allowsPlain: settings.allowsPlainHTTP)
            )
        )
    }

    /// The keys by which the services know each other.
    var serviceKeys: ServiceKeys { ServiceKeys(directory: settings.file("keys")) }

    /// Checks the tokens that other services send to `service`.
    func verifier(for service: ServiceName) throws -> ServiceTokenVerifier {
        ServiceTokenVerifier(audience: service, keys: try serviceKeys.publicKeys())
    }

    /// Calls `audience` as `service`.
    func client(from service: ServiceName, to audience: ServiceName, sender: any HTTPSender) throws -> ServiceClient {
        ServiceClient(
            sender: sender,
            baseURL: settings.url(of: audience),
            signer: ServiceTokenSigner(service: service, key: try serviceKeys.privateKey(of: service)),
            audience: audience
        )
    }

    /// The resources of `openapi/models`, which are read when they are asked for.
    func unifiedModel() throws -> UnifiedModel {
        let folder = settings.content("openapi/models")
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let files = names.filter { $0.hasSuffix(".schema.json") }
        guard !files.isEmpty else {
            throw Settings.Failure(
                description:
                    "\(folder.path) holds no schemas; set TRIBUTARY_CONTENT_DIR to the folder that has openapi/"
            )
        }
        return UnifiedModel(files: files) { name in
            try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(name))))
        }
    }
}
