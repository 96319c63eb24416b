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
    static func current() throws -> Installation {
        Installation(settings: try Settings())
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

    /// The other services, as `service` calls them.
    func services(for service: ServiceName, sender: any HTTPSender) throws -> OtherServices {
        OtherServices(
            sender: sender,
            signer: ServiceTokenSigner(service: service, key: try serviceKeys.privateKey(of: service)),
            settings: settings
        )
    }

    /// The resources of `openapi/models`, which are read when they are asked for.
    func unifiedModel() throws -> UnifiedModel {
        let folder = "\(settings.contentPath)/openapi/models"
        let files = Self.schemas(in: folder)
        guard !files.isEmpty else {
            throw Settings.Failure(
                description:
                    "\(folder) holds no schemas; set TRIBUTARY_CONTENT_DIR to the folder that has openapi/"
            )
        }
        return UnifiedModel(files: files) { name in
            try JSONValue(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
        }
    }

    /// The schemas of a folder and of the folders in it, as paths from there.
    private static func schemas(in folder: String) -> [String] {
        func names(_ path: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
        return names(folder).flatMap { name in
            name.contains(".") ? [name] : names("\(folder)/\(name)").map { "\(name)/\($0)" }
        }.filter { $0.hasSuffix(".schema.json") }
    }
}

/// The other services of an installation, as one of them calls them.
struct OtherServices {
    let sender: any HTTPSender
    let signer: ServiceTokenSigner
    let settings: Settings

    /// Calls `service`.
    func client(of service: ServiceName) -> ServiceClient {
        ServiceClient(sender: sender, baseURL: settings.url(of: service), signer: signer, audience: service)
    }
}
