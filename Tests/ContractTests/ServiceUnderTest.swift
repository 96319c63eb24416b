import BrokerContract
import BrokerService
import Cryptography
import ExecutorService
import Foundation
import HTTPExchange
import JSONValue
import Logging
import Postgres
import RegistryContract
import RegistryService
import ServiceKit
import SyncService
import TestSupport
import UnifiedModel
import VaultContract
import VaultService
import Vocabulary

/// A service as its contract sees it: nothing of it is called but its endpoints.
struct ServiceUnderTest: Sendable, CustomStringConvertible {
    let name: ServiceName
    let endpoints: [Endpoint]

    var description: String { name.rawValue }

    /// The file of its reference under `openapi/`.
    var file: String { "\(name.rawValue).openapi.json" }

    /// Every service with a reference.
    ///
    /// Handlers are not reached, so that what they need may be out of reach too.
    static let all: [ServiceUnderTest] = [
        ServiceUnderTest(
            name: .registry,
            endpoints: RegistryService(pool: pool, digests: OpenSSLDigests(), verifier: nil).endpoints
        ),
        ServiceUnderTest(
            name: .vault,
            endpoints: VaultService(credentials: pool, keys: pool, root: root(), verifier: nil).endpoints
        ),
        ServiceUnderTest(name: .broker, endpoints: brokerEndpoints()),
        ServiceUnderTest(
            name: .executor,
            endpoints: ExecutorService(
                registry: HTTPRegistryClient(Nobody()),
                writes: HTTPIdempotentWritesClient(Nobody()),
                broker: HTTPBrokerClient(Nobody()),
                sender: Nobody(),
                model: model(),
                digests: OpenSSLDigests(),
                cursorKey: Secret([UInt8](repeating: 7, count: 32)),
                logger: logger
            ).endpoints
        ),
        ServiceUnderTest(name: .sync, endpoints: SyncService(pool: pool, verifier: nil).endpoints),
    ]

    private static let pool = PostgresPool(PostgresConfig(url: "postgresql://127.0.0.1:1/none"))

    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Stands where another service or a vendor would; the contract never reaches it.
    private struct Nobody: ServiceCalling, HTTPSender {
        func call(_ call: ServiceCall) async throws -> InboundResponse {
            throw Problem(.serviceUnavailable, "there is nobody")
        }

        func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
            throw ExchangeError(.connectFailed, "there is nobody", requestMayHaveBeenSent: false)
        }

        func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
            throw ExchangeError(.connectFailed, "there is nobody", requestMayHaveBeenSent: false)
        }
    }

    private static func brokerEndpoints() -> [Endpoint] {
        let config = BrokerConfig(
            publicURL: "http://localhost:7402",
            browserHosts: [],
            sessionKey: Secret([UInt8](repeating: 7, count: 32))
        )
        let broker = try? BrokerService(
            config: config,
            pool: pool,
            registry: HTTPRegistryClient(Nobody()),
            vault: HTTPVaultClient(Nobody()),
            sender: Nobody(),
            digests: OpenSSLDigests(),
            model: model(),
            certificateReader: OpenSSLCertificateReader(),
            verifier: nil,
            logger: logger
        )
        guard let broker else { preconditionFailure("the connect page's template is sound") }
        return broker.endpoints
    }

    private static func model() -> UnifiedModel {
        let folder = TestDatabase.packageRoot.appendingPathComponent("openapi/models")
        var documents: [String: JSONValue] = [:]
        for name in FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String }) ?? []
        where name.hasSuffix(".json") {
            let data = (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
            documents[name] = try? JSONValue(parsing: [UInt8](data))
        }
        guard let model = try? UnifiedModel(documents: documents) else {
            preconditionFailure("openapi/models is sound")
        }
        return model
    }

    private static func root() -> RootKey {
        var bytes = [UInt8](repeating: 7, count: 32)
        return RootKey(version: 1, zeroing: &bytes)
    }
}
