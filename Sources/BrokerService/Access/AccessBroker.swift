import BrokerContract
import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import JSONValue
import Logging
import RegistryContract
import Synchronization
import VaultContract
import Vocabulary

/// Gives out what an account's requests are signed with, and renews it in time.
///
/// ```
/// fresh enough? -- yes --> hand out
///      | no
///   lease? -- no (another holder, or newer version) --> wait and read again
///      | yes
///   vendor -- granted --> save under the lease --> hand out
///      | refused: grant is dead --> needs_reauth;  anything else --> old token while it lives, else 503
/// ```
struct AccessBroker: Sendable {
    let configurations: Configurations
    let registry: any RegistryClient
    let vault: any VaultClient
    let certificates: ClientCertificates
    let sender: any HTTPSender
    let now: @Sendable () -> Date
    /// Names this process in leases.
    let holder: String

    /// How long a caller waits for another holder's refresh.
    private static let patience: Duration = .seconds(10)

    func access(_ wish: UsableAccessRequest, logger: Logger) async throws -> UsableAccessMessage {
        guard let of = try await configurations.account(wish.accountID) else {
            throw Problem(.notFound, "there is no such integrated account")
        }
        if of.account.status == .disabled {
            throw Problem(.accountBlocked, "the account is disabled by an administrator", retryAfter: .seconds(60))
        }
        let owner = CredentialOwner(account: of.account.id, tenant: of.account.tenantID)
        let deadline = ContinuousClock.now + Self.patience
        while true {
            guard let credential = try await vault.credential(of: owner, kind: .access) else {
                throw Problem(.accountNeedsReauth, "the account has no credentials; the end user must connect again")
            }
            let method = credential.values["method"] ?? of.connector.document.auth.first?.name ?? ""
            if credential.status == .needsReauth {
                throw Problem(
                    .accountNeedsReauth,
                    "the vendor no longer accepts the account's credentials; the end user must connect again"
                )
            }
            let renewing = try TokenRenewal(
                connector: of.connector.document,
                method: method,
                values: credential.values,
                variables: of.account.variables
            )
            switch renewal(of: credential, renewing, rejected: wish.rejectedVersion) {
            case .none: return try await message(credential, method, of)
            case .wanted(let isUrgent):
                switch try await renew(credential, renewing, method, of, owner, logger) {
                case .renewed: continue
                case .failedForNow:
                    if !isUrgent { return try await message(credential, method, of) }
                    throw Problem(
                        .credentialUnavailable,
                        "the vendor's authorization server does not renew the access now",
                        retryAfter: .seconds(5)
                    )
                case .inProgress:
                    if !isUrgent { return try await message(credential, method, of) }
                    guard ContinuousClock.now < deadline else {
                        throw Problem(
                            .tokenRefreshInProgress,
                            "the account's access is being renewed",
                            retryAfter: .seconds(2)
                        )
                    }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }

    // MARK: Deciding

    private enum Renewal {
        case none
        case wanted(isUrgent: Bool)
    }

    /// Whether `credential` must be renewed before it is used: early, at the smaller of the connector's buffer and a
    /// fifth of its life; urgently, when it has ended or the vendor has refused it.
    private func renewal(
        of credential: CredentialRecord,
        _ by: TokenRenewal?,
        rejected: Int?
    ) -> Renewal {
        guard let by else { return .none }
        if rejected == credential.version { return .wanted(isUrgent: true) }
        guard let end = credential.expiresAt.flatMap(RFC3339.date) else { return .none }
        let left = end.timeIntervalSince(now())
        if left <= 30 { return .wanted(isUrgent: true) }
        return left <= by.buffer / .seconds(1) ? .wanted(isUrgent: false) : .none
    }

    private func message(
        _ credential: CredentialRecord,
        _ method: String,
        _ of: Configurations.OfAccount
    ) async throws -> UsableAccessMessage {
        let connector = of.connector.document
        var hidden = ClientCertificates.names.union(["refresh_token", "method"])
        // A client's secret is for the token endpoint alone.
        if case .oauth2ClientCredentials? = connector.authMethod(method)?.kind { hidden.insert("client_secret") }
        return UsableAccessMessage(
            method: method,
            values: credential.values.filter { !hidden.contains($0.key) },
            clientCertificate: try await certificate(method, of, credential.values),
            version: credential.version,
            expiresAt: credential.expiresAt
        )
    }

    private func certificate(
        _ method: String,
        _ of: Configurations.OfAccount,
        _ values: [String: String]
    ) async throws -> UsableAccessMessage.ClientCertificate? {
        try await certificates.certificate(
            for: of.connector.document.authMethod(method),
            connector: of.connector.name,
            integration: CredentialOwner(integration: of.account.integrationID, tenant: of.account.tenantID),
            values: values
        )
    }

    // MARK: Renewing

    private enum Refresh {
        case renewed, inProgress, failedForNow
    }

    private func renew(
        _ credential: CredentialRecord,
        _ renewal: TokenRenewal?,
        _ method: String,
        _ of: Configurations.OfAccount,
        _ owner: CredentialOwner,
        _ logger: Logger
    ) async throws -> Refresh {
        guard let renewal,
            let lease = try await vault.lease(owner, kind: .access, seen: credential.version, holder: holder)
        else { return .inProgress }
        func giveBack(permanent: Bool, _ reason: String) async throws {
            try await vault.fail(lease, of: owner, kind: .access, permanent: permanent, reason: reason)
        }
        let request: OutboundRequest
        do {
            request = try await tokenRequest(renewal, lease, method, of)
        } catch {
            // Nothing was sent, so that the next one may try at once.
            try await giveBack(permanent: false, "not_sent")
            throw error
        }
        let response: InboundResponse
        do {
            response = try await sender.send(request)
        } catch {
            try await giveBack(permanent: false, error.reason.rawValue)
            logger.warning(
                "refresh got no answer",
                metadata: ["account": "\(of.account.id)", "reason": "\(error.reason.rawValue)"]
            )
            return .failedForNow
        }
        switch renewal.outcome(of: response) {
        case .granted(let grant):
            var values = lease.values
            values["access_token"] = grant.accessToken.reveal()
            if let token = grant.refreshToken { values["refresh_token"] = token.reveal() }
            let expiresAt = grant.end(grantedAt: now().timeIntervalSince1970).map {
                RFC3339.text(Date(timeIntervalSince1970: $0))
            }
            _ = try await save(lease, owner, values, expiresAt)
            if !grant.variables.isEmpty, grant.variables.contains(where: { of.account.variables[$0.key] != $0.value }) {
                _ = try await registry.updateAccount(of.account.id, AccountChange(variables: grant.variables))
            }
            return .renewed
        case .refused(let refusal):
            logger.warning(
                "refresh was refused",
                metadata: [
                    "account": "\(of.account.id)", "kind": "\(refusal.kind.rawValue)", "status": "\(refusal.status)",
                    "code": "\(refusal.code ?? "")",
                ]
            )
            try await giveBack(permanent: refusal.kind == .permanent, refusal.code ?? "refused")
            if refusal.kind == .permanent { try await announce() }
            // After a permanent refusal the next look finds either a newer version or the mark.
            return refusal.kind == .permanent ? .renewed : .failedForNow
        }
    }

    private func tokenRequest(
        _ renewal: TokenRenewal,
        _ lease: RefreshLease,
        _ method: String,
        _ of: Configurations.OfAccount
    ) async throws -> OutboundRequest {
        let app = CredentialOwner(integration: of.account.integrationID, tenant: of.account.tenantID)
        let client = try await renewal.client(account: lease.values) {
            try await vault.credential(of: app, kind: .app)?.values ?? [:]
        }
        guard let client else {
            throw Problem(.configInvalid, "the integration has no OAuth client; set its credentials")
        }
        let request = try renewal.request(
            client: client,
            values: lease.values,
            identity: ConnectionIdentity(
                partition: "refresh-\(of.account.id)",
                clientCertificate: try await certificate(method, of, lease.values)?.identity
            )
        )
        guard let request else {
            throw Problem(.accountNeedsReauth, "the account has nothing to renew its access with")
        }
        return request
    }

    /// Saves a granted refresh.
    ///
    /// The old token may be worthless by now, so it is tried again for as long as the lease could last.
    private func save(
        _ lease: RefreshLease,
        _ owner: CredentialOwner,
        _ values: [String: String],
        _ expiresAt: String?
    ) async throws -> CredentialVersion? {
        var pause: Duration = .milliseconds(100)
        while true {
            do {
                return try await vault.complete(lease, of: owner, kind: .access, values: values, expiresAt: expiresAt)
            } catch let problem as Problem where problem.code == .conflict {
                return nil
            } catch let problem as Problem where problem.code == .serviceUnavailable && pause < .seconds(10) {
                try await Task.sleep(for: pause)
                pause *= 2
            }
        }
    }

    // MARK: Telling the Registry

    /// Carries the Vault's events to the Registry, and the Registry's deletions to the Vault.
    ///
    /// Both may be done twice.
    func announce() async throws {
        let events = try await vault.events(limit: 100)
        for event in events where event.kind == "needs_reauth" {
            guard let id = AccountID(event.ownerID) else { continue }
            do {
                _ = try await registry.updateAccount(
                    id,
                    AccountChange(status: .needsReauth, statusReason: event.reason)
                )
            } catch let problem as Problem where problem.code == .notFound {
                continue
            }
        }
        if !events.isEmpty { try await vault.acknowledge(events.map(\.id)) }
        let deletions = try await registry.accountDeletions()
        for deletion in deletions {
            try await vault.shred(CredentialOwner(account: deletion.accountID, tenant: deletion.tenantID))
        }
        if !deletions.isEmpty { try await registry.acknowledgeDeletions(deletions.map(\.accountID)) }
    }
}
