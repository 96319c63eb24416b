import FoundationEssentials
import HTTPExchange
import HTTPTypes
import RegistryContract
import ServiceKit
import Vocabulary

/// Knows callers by their API keys.
///
/// What the registry said is believed for at most the time given, and dropped at once when the change feed says that a
/// key has changed. The text of a key is never kept, only its digest.
final class KeyCache: CallerAuthenticator {
    private struct Entry: Sendable {
        let identity: APIKeyIdentity
        let isRevoked: Bool

        init(_ record: APIKeyRecord) {
            identity = APIKeyIdentity(
                keyID: record.keyID,
                tenantID: record.tenantID,
                environmentID: record.environmentID,
                scopes: Set(record.scopes.map(Scope.init(rawValue:)))
            )
            isRevoked = record.revoked
        }
    }

    /// The SHA-256 of a key.
    private struct Fingerprint: Hashable, Sendable {
        let bytes: [UInt8]

        /// Some bytes of a digest are as good as all of them.
        func hash(into hasher: inout Hasher) {
            hasher.combine(bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }

    private let registry: any RegistryClient
    private let digests: any Digests
    private let keys: RegistryCache<Fingerprint, Entry>

    init(
        registry: any RegistryClient,
        digests: any Digests,
        lifetime: Duration,
        capacity: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.registry = registry
        self.digests = digests
        keys = RegistryCache(lifetime: min(lifetime, .seconds(60)), capacity: capacity, servesStale: false, now: now)
    }

    func identify(_ headers: HeaderFields) async throws -> CallerIdentity {
        guard let header = headers[.authorization] else { return .anonymous }
        guard let key = Self.key(in: header) else { throw Self.refusal }
        return .apiKey(try await identity(of: key))
    }

    /// Whose a key is.
    ///
    /// - Throws: `unauthorized` when it is unknown or revoked.
    func identity(of key: String) async throws -> APIKeyIdentity {
        let fingerprint = Fingerprint(bytes: try digests.digest(.sha256, of: Array(key.utf8)))
        let entry = try await keys.value(for: fingerprint) { _ in
            try await registry.apiKey(sha256: Hexadecimal.text(fingerprint.bytes)).map(Entry.init)
        }
        guard let entry, !entry.isRevoked else { throw Self.refusal }
        return entry.identity
    }

    /// Forgets what is known of a key.
    func drop(_ id: String) {
        keys.dropAll { $0.identity.keyID.description == id }
    }

    /// Forgets everything.
    func dropAll() {
        keys.dropAll()
    }

    /// The key in an `Authorization` field: as Bearer token, or as Basic user name for clients that know nothing else.
    static func key(in header: String) -> String? {
        if let token = BearerAuthenticator.token(in: header) { return token }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2 else { return nil }
        let text = String(parts[1].filter { $0 != " " })
        switch parts[0].lowercased() {
        case "bearer", "token": return text.isEmpty ? nil : text
        case "basic":
            guard let data = Data(base64Encoded: text), let pair = String(validating: data, as: UTF8.self) else {
                return nil
            }
            let name = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0]
            return name.isEmpty ? nil : String(name)
        default: return nil
        }
    }

    private static let refusal = Problem(
        .unauthorized,
        "the API key is not valid; send a valid one as Authorization: Bearer"
    )
}
