import Cryptography
import Postgres
import RegistryService
import ServiceKit
import SyncService
import VaultService

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
        ServiceUnderTest(name: .sync, endpoints: SyncService(pool: pool, verifier: nil).endpoints),
    ]

    private static let pool = PostgresPool(PostgresConfig(url: "postgresql://127.0.0.1:1/none"))

    private static func root() -> RootKey {
        var bytes = [UInt8](repeating: 7, count: 32)
        return RootKey(version: 1, zeroing: &bytes)
    }
}
