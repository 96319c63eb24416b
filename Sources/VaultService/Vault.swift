import Cryptography
import Foundation
import JSONValue
import Postgres
import VaultContract
import Vocabulary

/// Seals and opens credentials: the store holds ciphertext, the key store wrapped keys, and only here they meet.
struct Vault: Sendable {
    let credentials: CredentialStore
    let keys: KeyStore

    func put(
        _ message: CredentialPut,
        at address: CredentialAddress,
        by caller: VaultCaller
    ) async throws -> CredentialVersion {
        let key = try await key(for: address)
        return try await credentials.put(
            address,
            environment: message.environmentID.uuid,
            expiresAt: try Self.moment(message.expiresAt),
            renewAt: try Self.moment(message.renewAt),
            by: caller,
            seal: try Self.sealing(message.values, address, key)
        )
    }

    func open(_ address: CredentialAddress, by caller: VaultCaller) async throws -> CredentialRecord? {
        guard let sealed = try await credentials.current(address, by: caller) else { return nil }
        return CredentialRecord(
            version: sealed.version,
            grantEpoch: sealed.grantEpoch,
            status: sealed.status,
            values: try await values(of: sealed, address),
            expiresAt: sealed.expiresAt?.description
        )
    }

    func lease(_ message: LeaseRequest, on address: CredentialAddress, by caller: VaultCaller) async throws
        -> RefreshLease
    {
        switch try await credentials.lease(address, seen: message.seenVersion, holder: message.holder, by: caller) {
        case .granted(let token, let attempt, let until, let sealed):
            return RefreshLease(
                leaseToken: token,
                attemptID: attempt.uuidString.lowercased(),
                leaseUntil: until.description,
                version: sealed.version,
                grantEpoch: sealed.grantEpoch,
                values: try await values(of: sealed, address)
            )
        case .refused(let version, let until):
            throw Problem(
                .conflict,
                "the credential has a newer version or is being refreshed",
                insight: [
                    "current_version": .number(JSONNumber(version)),
                    "leased_until": until.map { .string($0.description) } ?? .null,
                ]
            )
        case .unknown: throw Problem(.notFound, "there is no such credential")
        }
    }

    func complete(
        _ message: LeaseCompletion,
        leaseToken: Int,
        on address: CredentialAddress,
        by caller: VaultCaller
    ) async throws -> CredentialVersion {
        let key = try await key(for: address)
        let saved = try await credentials.complete(
            address,
            leaseToken: leaseToken,
            attempt: try Self.attempt(message.attemptID),
            expiresAt: try Self.moment(message.expiresAt),
            renewAt: try Self.moment(message.renewAt),
            by: caller,
            seal: try Self.sealing(message.values, address, key)
        )
        guard let saved else {
            throw Problem(.conflict, "the lease was lost; the result is kept in case it is the newest")
        }
        return saved
    }

    func fail(
        _ message: LeaseFailure,
        leaseToken: Int,
        on address: CredentialAddress,
        by caller: VaultCaller
    ) async throws {
        try await credentials.fail(
            address,
            leaseToken: leaseToken,
            attempt: try Self.attempt(message.attemptID),
            permanent: message.permanent,
            reason: String(message.reason.prefix(100)),
            by: caller
        )
    }

    /// First the key, so that from then on nothing can be opened; then the rows.
    func shred(_ owner: UUID, tenant: TenantID, by caller: VaultCaller) async throws {
        try await keys.shred(owner, tenant: tenant)
        try await credentials.remove(owner, tenant: tenant, by: caller)
    }

    private func key(for address: CredentialAddress) async throws -> KeyStore.OwnerKey {
        guard let key = try await keys.key(of: address.owner, tenant: address.tenant, creating: true) else {
            throw Problem(.internalError, "no key was made")
        }
        return key
    }

    private func values(of sealed: CredentialStore.Sealed, _ address: CredentialAddress) async throws -> [String:
        String]
    {
        let unavailable = "the credential cannot be opened; the account must be connected again or restored"
        guard let key = try await keys.key(of: address.owner, tenant: address.tenant, creating: false) else {
            throw Problem(.credentialUnavailable, unavailable)
        }
        do {
            var plain = try Envelope.open(
                sealed.sealed,
                key: key.key,
                keyID: key.id,
                Self.purpose(address, sealed.environment, sealed.version, sealed.grantEpoch)
            )
            defer { plain.zero() }
            return try JSONValueDecoder().decode([String: String].self, from: JSONValue(parsing: plain))
        } catch let error as CryptographyError {
            throw Problem(.credentialUnavailable, unavailable, underlying: error)
        }
    }

    private static func sealing(
        _ values: [String: String],
        _ address: CredentialAddress,
        _ key: KeyStore.OwnerKey
    ) throws -> CredentialStore.Sealing {
        let plain = Secret(try JSONValueEncoder().encode(values).bytes())
        return { environment, version, epoch in
            try Envelope.seal(
                plain.reveal(),
                key: key.key,
                keyID: key.id,
                purpose(address, environment, version, epoch)
            )
        }
    }

    /// What a credential is bound to: moving its row to another account, kind, version or grant makes it unreadable.
    private static func purpose(
        _ address: CredentialAddress,
        _ environment: UUID,
        _ version: Int,
        _ epoch: Int
    ) -> [String] {
        [
            "1", address.tenant.description, environment.uuidString, address.owner.uuidString, address.kind.rawValue,
            String(version), String(epoch),
        ]
    }

    private static func moment(_ text: String?) throws -> Timestamp? {
        guard let text else { return nil }
        guard let moment = Timestamp(postgresText: text) else {
            throw Problem(
                .invalidRequest,
                "expires_at is not RFC 3339 in UTC",
                failures: [.init(code: "invalid", message: "such as 2026-11-24T00:00:00Z", pointer: "/expires_at")]
            )
        }
        return moment
    }

    private static func attempt(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else { throw Problem(.notFound, "there is no such refresh attempt") }
        return id
    }
}
