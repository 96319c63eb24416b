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
    let exchange: TokenExchange
    let now: @Sendable () -> Date
    /// Names this process in leases.
    let holder: String
    /// What is done before an account's credentials go.
    let farewell: AccountFarewell

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
            let source = of.connector.document.authMethod(method)?.tokenSource(
                connector: of.connector.document,
                values: credential.values,
                variables: of.account.variables
            )
            let wanted = renewal(of: credential, source, rejected: wish.rejectedVersion, account: of.account.id)
            switch (wanted, source) {
            case (.wanted(let isUrgent, let isSpent), let source?):
                switch try await renew(credential, source, isSpent: isSpent, method, of, owner, logger) {
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
            default: return try await message(credential, method, of)
            }
        }
    }

    // MARK: Deciding

    private enum Renewal {
        case none
        /// `isSpent`: the vendor takes the old token no more.
        case wanted(isUrgent: Bool, isSpent: Bool)
    }

    /// Whether `credential` must be renewed before it is used: early, at the smaller of the connector's buffer and a
    /// fifth of its life; urgently, when it has ended or the vendor has refused it.
    private func renewal(
        of credential: CredentialRecord,
        _ source: (any TokenSource)?,
        rejected: Int?,
        account: AccountID
    ) -> Renewal {
        guard let source else { return .none }
        if rejected == credential.version { return .wanted(isUrgent: true, isSpent: true) }
        guard let end = credential.expiresAt.flatMap(RFC3339.date) else { return .none }
        let left = end.timeIntervalSince(now())
        let lifetime = credential.values["token_lifetime"].flatMap(Int.init).map { Duration.seconds($0) }
        let buffer = source.renewal.buffer(
            ofLifetime: lifetime,
            share: Self.share(of: account, version: credential.version)
        )
        // A short life leaves little time: the last tenth of it is urgent, at most half a minute.
        let urgent = min(30, lifetime.map { $0 / .seconds(10) } ?? 30)
        if left <= urgent { return .wanted(isUrgent: true, isSpent: left <= 0) }
        return left <= buffer / .seconds(1) ? .wanted(isUrgent: false, isSpent: false) : .none
    }

    /// 0..<1, the same for one version of one account everywhere.
    private static func share(of account: AccountID, version: Int) -> Double {
        let bytes = account.uuid.uuid
        let word = [bytes.12, bytes.13, bytes.14, bytes.15].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let mixed = (word &+ UInt32(truncatingIfNeeded: version)) &* 2_654_435_761
        return Double(mixed) / 4_294_967_296
    }

    private func message(
        _ credential: CredentialRecord,
        _ method: String,
        _ of: Configurations.OfAccount
    ) async throws -> UsableAccessMessage {
        let values = try await of.connector.document.authMethod(method)?.requestValues(
            credential.values,
            integration: CredentialOwner(integration: of.account.integrationID, tenant: of.account.tenantID),
            vault: vault
        )
        return UsableAccessMessage(
            method: method,
            values: values ?? [:],
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
        _ source: any TokenSource,
        isSpent: Bool,
        _ method: String,
        _ of: Configurations.OfAccount,
        _ owner: CredentialOwner,
        _ logger: Logger
    ) async throws -> Refresh {
        guard let lease = try await vault.lease(owner, kind: .access, seen: credential.version, holder: holder),
            let way = of.connector.document.authMethod(method)
        else { return .inProgress }
        func giveBack(permanent: Bool, _ reason: String) async throws {
            try await vault.fail(lease, of: owner, kind: .access, permanent: permanent, reason: reason)
        }
        let outcome: TokenOutcome
        do {
            let material = try await material(source, lease.values, isSpent: isSpent, method, of)
            outcome = try await exchange.outcome(of: source.attempt(material))
        } catch let error as ExchangeError {
            try await giveBack(permanent: false, error.reason.rawValue)
            logger.warning(
                "refresh got no answer",
                metadata: ["account": "\(of.account.id)", "reason": "\(error.reason.rawValue)"]
            )
            return .failedForNow
        } catch {
            // Nothing came of it, so that the next one may try at once.
            try await giveBack(permanent: false, "not_sent")
            throw error
        }
        switch outcome {
        case .granted(let grant):
            let moment = now().timeIntervalSince1970
            var values = StoredGrant.values(of: grant, over: lease.values, method: way, now: moment)
            var variables = of.account.variables
            for member in grant.variables { variables[member.key] = member.value }
            StoredGrant.mark(&values, integration: of.account.integrationID, variables: variables)
            let renewAt = StoredGrant.renewal(way, values: values, now: moment)
            _ = try await save(lease, owner, values, StoredGrant.end(of: grant, now: moment), renewAt)
            if variables != of.account.variables {
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

    private func material(
        _ source: any TokenSource,
        _ values: [String: String],
        isSpent: Bool,
        _ method: String,
        _ of: Configurations.OfAccount
    ) async throws -> TokenMaterial {
        TokenMaterial(
            client: try await exchange.client(
                source.client,
                account: values,
                integration: CredentialOwner(integration: of.account.integrationID, tenant: of.account.tenantID)
            ),
            values: values,
            isSpent: isSpent,
            identity: of.connector.document.http.identity(
                partition: "refresh-\(of.account.id)",
                method: of.connector.document.authMethod(method),
                certificate: try await certificate(method, of, values)?.identity
            ),
            tools: exchange.tools
        )
    }

    /// Saves a granted refresh.
    ///
    /// The old token may be worthless by now, so it is tried again for as long as the lease could last.
    private func save(
        _ lease: RefreshLease,
        _ owner: CredentialOwner,
        _ values: [String: String],
        _ expiresAt: String?,
        _ renewAt: String?
    ) async throws -> CredentialVersion? {
        var pause: Duration = .milliseconds(100)
        while true {
            do {
                return try await vault.complete(
                    lease,
                    of: owner,
                    kind: .access,
                    values: values,
                    expiresAt: expiresAt,
                    renewAt: renewAt
                )
            } catch let problem as Problem where problem.code == .conflict {
                return nil
            } catch let problem as Problem where problem.code == .serviceUnavailable && pause < .seconds(10) {
                try await Task.sleep(for: pause)
                pause *= 2
            }
        }
    }

    // MARK: For its own sake

    /// Renews the grants that nobody has used for so long that they would die of it.
    func keepAlive(logger: Logger) async throws {
        for due in try await vault.due(limit: 20) {
            do {
                try await renewForItself(due, logger)
            } catch {
                logger.warning("a grant was not kept alive", metadata: ["account": "\(due.accountID)"])
            }
        }
    }

    private func renewForItself(_ due: DueCredential, _ logger: Logger) async throws {
        let owner = CredentialOwner(account: due.accountID, tenant: due.tenantID)
        guard let credential = try await vault.credential(of: owner, kind: .access) else { return }
        if let of = try await configurations.account(due.accountID), let method = credential.values["method"],
            let source = of.connector.document.authMethod(method)?.tokenSource(
                connector: of.connector.document,
                values: credential.values,
                variables: of.account.variables
            )
        {
            _ = try await renew(credential, source, isSpent: false, method, of, owner, logger)
        } else if let lease = try await vault.lease(owner, kind: .access, seen: credential.version, holder: holder) {
            // Giving the lease back leaves the grant alone for a while.
            try await vault.fail(lease, of: owner, kind: .access, permanent: false, reason: "not_renewable")
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
            let owner = CredentialOwner(account: deletion.accountID, tenant: deletion.tenantID)
            await farewell.say(to: deletion)
            // As far as that goes: what fails here fails again later, and the credentials must go.
            try? await giveBack(owner)
            try await vault.shred(owner)
        }
        if !deletions.isEmpty { try await registry.acknowledgeDeletions(deletions.map(\.accountID)) }
    }

    /// Tells the vendor that a deleted account's grant is over, once.
    private func giveBack(_ owner: CredentialOwner) async throws {
        guard let credential = try await vault.credential(of: owner, kind: .access),
            let integration = credential.values["integration_id"].flatMap({ IntegrationID($0) }),
            let of = try await configurations.integration(integration),
            let method = credential.values["method"].flatMap(of.connector.document.authMethod),
            let source = method.tokenSource(
                connector: of.connector.document,
                values: credential.values,
                variables: try credential.values["account_variables"].flatMap { try JSONValue(parsing: $0).object }
                    ?? [:]
            )
        else { return }
        let app = CredentialOwner(integration: integration, tenant: owner.tenantID)
        let certificate = try await certificates.certificate(
            for: method,
            connector: of.connector.name,
            integration: app,
            values: credential.values
        )
        let material = TokenMaterial(
            client: try await exchange.client(source.client, account: credential.values, integration: app),
            values: credential.values,
            identity: of.connector.document.http.identity(
                partition: "farewell-\(owner.id.uuidString.lowercased())",
                method: method,
                certificate: certificate?.identity
            ),
            tools: exchange.tools
        )
        for request in try source.farewell(material) { _ = try await exchange.sender.send(request) }
    }
}
