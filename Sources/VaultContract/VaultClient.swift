import FoundationEssentials
package import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// What the Broker asks of the Vault.
///
/// Every verb throws the `Problem` that the Vault answered with, or `service_unavailable` when it cannot be reached.
package protocol VaultClient: Sendable {
    /// Stores a new grant and ends the old one.
    func put(_ grant: CredentialPut, for owner: CredentialOwner, kind: CredentialKind) async throws -> CredentialVersion
    /// Opens the current version; nil when there is none.
    func credential(of owner: CredentialOwner, kind: CredentialKind) async throws -> CredentialRecord?
    /// Asks for the right to refresh; nil when another holder has it or a newer version is stored.
    func lease(_ owner: CredentialOwner, kind: CredentialKind, seen version: Int, holder: String) async throws
        -> RefreshLease?
    /// Saves the result of a refresh.
    func complete(
        _ lease: RefreshLease,
        of owner: CredentialOwner,
        kind: CredentialKind,
        values: [String: String],
        expiresAt: String?,
        renewAt: String?
    ) async throws -> CredentialVersion
    /// The accounts whose credentials want to be renewed for their own sake, at most `limit`.
    func due(limit: Int) async throws -> [DueCredential]
    /// Gives a lease back; a permanent failure marks the grant dead.
    func fail(_ lease: RefreshLease, of owner: CredentialOwner, kind: CredentialKind, permanent: Bool, reason: String)
        async throws
    /// Makes everything of `owner` unreadable for ever.
    func shred(_ owner: CredentialOwner) async throws
    /// The oldest events that were not acknowledged, at most `limit`.
    func events(limit: Int) async throws -> [VaultEvent]
    /// Forgets events that have been carried to the Registry.
    func acknowledge(_ ids: [Int]) async throws
}

/// Speaks to the Vault over HTTP.
package struct HTTPVaultClient: VaultClient {
    private let service: any ServiceCalling

    /// Uses `service`, which calls the Vault.
    package init(_ service: any ServiceCalling) {
        self.service = service
    }

    package func put(
        _ grant: CredentialPut,
        for owner: CredentialOwner,
        kind: CredentialKind
    ) async throws -> CredentialVersion {
        try await service.value(ServiceCall(.put, path(owner, kind)), sending: grant)
    }

    package func credential(of owner: CredentialOwner, kind: CredentialKind) async throws -> CredentialRecord? {
        do {
            return try await service.value(
                ServiceCall(.get, path(owner, kind), query: [("tenant_id", owner.tenantID.description)])
            )
        } catch let problem as Problem where problem.code == .notFound {
            return nil
        }
    }

    package func lease(
        _ owner: CredentialOwner,
        kind: CredentialKind,
        seen version: Int,
        holder: String
    ) async throws -> RefreshLease? {
        do {
            return try await service.value(
                ServiceCall(.post, path(owner, kind) + "/leases"),
                sending: LeaseRequest(tenantID: owner.tenantID, seenVersion: version, holder: holder)
            )
        } catch let problem as Problem where problem.code == .conflict {
            return nil
        }
    }

    package func complete(
        _ lease: RefreshLease,
        of owner: CredentialOwner,
        kind: CredentialKind,
        values: [String: String],
        expiresAt: String?,
        renewAt: String?
    ) async throws -> CredentialVersion {
        try await service.value(
            ServiceCall(.post, path(owner, kind) + "/leases/\(lease.leaseToken)/complete"),
            sending: LeaseCompletion(
                tenantID: owner.tenantID,
                attemptID: lease.attemptID,
                values: values,
                expiresAt: expiresAt,
                renewAt: renewAt
            )
        )
    }

    package func due(limit: Int) async throws -> [DueCredential] {
        let call = ServiceCall(.get, "/internal/v1/due-credentials", query: [("limit", String(limit))])
        return try await service.value(call, as: DueCredentials.self).credentials
    }

    package func fail(
        _ lease: RefreshLease,
        of owner: CredentialOwner,
        kind: CredentialKind,
        permanent: Bool,
        reason: String
    ) async throws {
        try await service.perform(
            ServiceCall(.post, path(owner, kind) + "/leases/\(lease.leaseToken)/fail"),
            sending: LeaseFailure(
                tenantID: owner.tenantID,
                attemptID: lease.attemptID,
                permanent: permanent,
                reason: reason
            )
        )
    }

    package func shred(_ owner: CredentialOwner) async throws {
        _ = try await service.call(
            ServiceCall(
                .delete,
                "/internal/v1/owners/\(owner.id.uuidString.lowercased())",
                query: [("tenant_id", owner.tenantID.description)]
            )
        )
    }

    package func events(limit: Int) async throws -> [VaultEvent] {
        let call = ServiceCall(.get, "/internal/v1/outbox", query: [("limit", String(limit))])
        return try await service.value(call, as: VaultEvents.self).events
    }

    package func acknowledge(_ ids: [Int]) async throws {
        try await service.perform(
            ServiceCall(.post, "/internal/v1/outbox/acknowledge"),
            sending: VaultAcknowledgement(ids: ids)
        )
    }

    private func path(_ owner: CredentialOwner, _ kind: CredentialKind) -> String {
        "/internal/v1/credentials/\(owner.id.uuidString.lowercased())/\(kind.rawValue)"
    }
}
