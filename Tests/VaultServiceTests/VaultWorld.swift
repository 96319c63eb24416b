import Foundation
import Postgres
import TestSupport
import VaultContract
import Vocabulary

@testable import VaultService

/// A vault over two real databases, and what an attacker with a superuser's password could do to them.
struct VaultWorld {
    let vault: Vault
    /// The service's role on the database of ciphertext.
    let credentials: PostgresPool
    /// A superuser on it.
    let credentialsAdmin: PostgresPool
    /// A superuser on the database of keys.
    let keysAdmin: PostgresPool
    let caller = VaultCaller(name: "broker", requestID: "test")
    let tenant = TenantID(UUID())
    let environment = EnvironmentID(UUID())

    init() async throws {
        let stored = try await TestDatabase.make([.init("vault")])
        let keys = try await TestDatabase.make([.init("keys")])
        credentials = try Self.pool(stored, role: "tributary_vault")
        credentialsAdmin = try Self.pool(stored, role: nil)
        keysAdmin = try Self.pool(keys, role: nil)
        var root = [UInt8](repeating: 9, count: 32)
        vault = Vault(
            credentials: CredentialStore(pool: credentials),
            keys: KeyStore(
                pool: try Self.pool(keys, role: "tributary_vault"),
                root: RootKey(version: 1, zeroing: &root)
            )
        )
    }

    func address(_ kind: CredentialKind = .access, owner: UUID = UUID(), tenant: TenantID? = nil) -> CredentialAddress {
        CredentialAddress(owner: owner, tenant: tenant ?? self.tenant, kind: kind)
    }

    /// Stores a grant.
    @discardableResult
    func put(
        _ values: [String: String],
        at address: CredentialAddress,
        renewAt: String? = nil
    ) async throws -> CredentialVersion {
        let message = CredentialPut(
            tenantID: address.tenant,
            environmentID: environment,
            values: values,
            expiresAt: "2026-11-25T12:00:00Z",
            renewAt: renewAt
        )
        return try await vault.put(message, at: address, by: caller)
    }

    /// The values stored; nil when there are none.
    func open(_ address: CredentialAddress) async throws -> [String: String]? {
        try await vault.open(address, by: caller)?.values
    }

    /// The code of the problem that opening ends with; nil when it succeeds.
    func refusal(_ address: CredentialAddress) async -> ErrorCode? {
        do {
            _ = try await open(address)
            return nil
        } catch { return (error as? Problem)?.code }
    }

    func lease(_ address: CredentialAddress, seen: Int, holder: String = "a") async throws -> RefreshLease {
        try await vault.lease(
            LeaseRequest(tenantID: address.tenant, seenVersion: seen, holder: holder),
            on: address,
            by: caller
        )
    }

    func complete(
        _ lease: RefreshLease,
        _ values: [String: String],
        at address: CredentialAddress
    ) async throws -> CredentialVersion {
        try await vault.complete(
            LeaseCompletion(tenantID: address.tenant, attemptID: lease.attemptID, values: values, expiresAt: nil),
            leaseToken: lease.leaseToken,
            on: address,
            by: caller
        )
    }

    func fail(
        _ lease: RefreshLease,
        permanent: Bool,
        reason: String = "invalid_grant",
        at address: CredentialAddress
    ) async throws {
        try await vault.fail(
            LeaseFailure(tenantID: address.tenant, attemptID: lease.attemptID, permanent: permanent, reason: reason),
            leaseToken: lease.leaseToken,
            on: address,
            by: caller
        )
    }

    /// Lets the lease on a credential run out.
    func expireLease(_ address: CredentialAddress) async throws {
        try await credentialsAdmin.execute(
            "update vault.credential set lease_until = now() - interval '1 second' where owner_id = \(address.owner)"
        )
    }

    private static func pool(_ config: PostgresConfig, role: String?) throws -> PostgresPool {
        guard var parts = URLComponents(string: config.url) else { throw CocoaError(.coderInvalidValue) }
        if let role {
            parts.user = role
            parts.password = "test"
        }
        guard let url = parts.string else { throw CocoaError(.coderInvalidValue) }
        return PostgresPool(PostgresConfig(url: url, connectionsMax: 4))
    }
}

/// The code of the problem that `body` throws; nil when it throws none.
func problem(_ body: () async throws -> Void) async -> ErrorCode? {
    do {
        try await body()
        return nil
    } catch { return (error as? Problem)?.code }
}
