import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Synchronization
import VaultContract
import Vocabulary

/// A vendor that answers by a script, and remembers what it was asked and with which certificate.
final class ScriptedVendor: HTTPSender {
    typealias Script = @Sendable (OutboundRequest, Int) throws(ExchangeError) -> InboundResponse

    private let script: Script
    private let seen = Mutex<[OutboundRequest]>([])

    init(_ script: @escaping Script) {
        self.script = script
    }

    var requests: [OutboundRequest] { seen.withLock { $0 } }
    var tokenRequests: [OutboundRequest] { requests.filter { $0.url.hasSuffix("/token") } }

    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        let index = seen.withLock { requests in
            requests.append(request)
            return requests.count - 1
        }
        return try script(request, index)
    }

    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        throw ExchangeError(.invalidRequest, "the broker streams nothing", requestMayHaveBeenSent: false)
    }
}

extension InboundResponse {
    static func json(_ value: JSONValue, status: Int = 200) -> InboundResponse {
        InboundResponse(status: status, headers: [.contentType: "application/json"], body: value.bytes())
    }
}

/// One tenant with one integration of one connector, and at most one account.
final class MemoryRegistry: RegistryClient {
    let tenantID = TenantID.random()
    let environmentID = EnvironmentID.random()
    let integrationID = IntegrationID.random()
    let accountID = AccountID.random()
    private let document: JSONValue
    private let stored = Mutex<AccountRecord?>(nil)
    private let deletions = Mutex<[AccountDeletion]>([])

    init(document: JSONValue) {
        self.document = document
    }

    var account: AccountRecord? { stored.withLock { $0 } }

    /// Deletes the account as an administrator does.
    func deleteAccount() {
        stored.withLock { $0 = nil }
        deletions.withLock { $0 = [AccountDeletion(accountID: accountID, tenantID: tenantID)] }
    }

    private var integration: IntegrationRecord {
        IntegrationRecord(
            id: integrationID,
            tenantID: tenantID,
            environmentID: environmentID,
            connector: "acme",
            label: nil,
            returnURLs: [],
            allowedOrigins: []
        )
    }

    private func record(_ account: AccountRecord?, _ integration: IntegrationRecord?) -> ConfigurationRecord {
        ConfigurationRecord(
            account: account,
            integration: integration,
            layers: [ConfigLayerRecord(level: .platform, version: 1, document: document)],
            revision: "r1"
        )
    }

    func apiKey(sha256: String) async throws -> APIKeyRecord? {
        APIKeyRecord(
            keyID: .random(),
            tenantID: nil,
            environmentID: nil,
            scopes: ["admin", "platform"],
            revoked: false
        )
    }

    func account(_ id: AccountID) async throws -> AccountRecord? { account }

    func configuration(of id: AccountID, unless revision: String?) async throws -> Conditional<ConfigurationRecord>? {
        account.map { .changed(record($0, nil)) }
    }

    func configuration(of id: IntegrationID) async throws -> ConfigurationRecord? {
        id == integrationID ? record(nil, integration) : nil
    }

    func integrations(of environment: EnvironmentID) async throws -> [IntegrationRecord] { [integration] }

    func changes(after sequence: Int?, wait: Duration) async throws -> RegistryChanges {
        RegistryChanges(changes: [], latest: 0)
    }

    func createLinkToken(_ wish: NewLinkToken) async throws -> CreatedLinkToken {
        throw Problem(.notFound, "not in this test")
    }

    func redeemLinkToken(sha256: String) async throws -> LinkTokenRecord {
        LinkTokenRecord(
            id: .random(),
            tenantID: tenantID,
            environmentID: environmentID,
            endUserID: "u",
            endUserName: nil,
            connectors: [],
            // Whoever comes again comes to the account that is there.
            accountID: account?.status == .active ? accountID : nil,
            variables: [:],
            returnURL: nil
        )
    }

    func createAccount(_ wish: NewAccount) async throws -> AccountRecord {
        let account = AccountRecord(
            id: accountID,
            tenantID: wish.tenantID,
            environmentID: wish.environmentID,
            integrationID: wish.integrationID,
            connector: "acme",
            status: wish.status,
            variables: wish.variables,
            label: wish.label,
            endUserID: wish.endUserID,
            revision: 1
        )
        stored.withLock { $0 = account }
        return account
    }

    func updateAccount(_ id: AccountID, _ change: AccountChange) async throws -> AccountRecord {
        try stored.withLock { stored in
            guard var account = stored else { throw Problem(.notFound, "there is no account") }
            account.status = change.status ?? account.status
            for member in change.variables ?? [:] { account.variables[member.key] = member.value }
            account.clientCertificate = change.clientCertificate ?? account.clientCertificate
            stored = account
            return account
        }
    }

    func accountDeletions() async throws -> [AccountDeletion] { deletions.withLock { $0 } }
    func acknowledgeDeletions(_ accounts: [AccountID]) async throws {
        deletions.withLock { $0.removeAll { accounts.contains($0.accountID) } }
    }
    func rateSlices(_ wishes: [RateSliceWish]) async throws -> [RateSlice] { [] }
    func accountGroup(_ id: AccountGroupID) async throws -> AccountGroupRecord? { nil }
}

/// A vault that keeps its promises and nothing on disk: one lease at a time, compare and set.
final class MemoryVault: VaultClient {
    private struct Entry {
        var version = 0
        var status = CredentialRecord.Status.active
        var values: [String: String] = [:]
        var expiresAt: String?
        var renewAt: String?
        var lease: Int?
        var lastLease = 0
    }

    private struct Key: Hashable {
        let owner: CredentialOwner
        let kind: CredentialKind
    }

    private let entries = Mutex<[Key: Entry]>([:])
    private let shreds = Mutex(0)
    private let time = Mutex("")

    func put(_ grant: CredentialPut, for owner: CredentialOwner, kind: CredentialKind) async throws -> CredentialVersion
    {
        entries.withLock { entries in
            var entry = entries[Key(owner: owner, kind: kind)] ?? Entry()
            entry.version += 1
            entry.status = .active
            entry.values = grant.values
            entry.expiresAt = grant.expiresAt
            entry.renewAt = grant.renewAt
            entry.lease = nil
            entries[Key(owner: owner, kind: kind)] = entry
            return CredentialVersion(version: entry.version, grantEpoch: 1)
        }
    }

    func credential(of owner: CredentialOwner, kind: CredentialKind) async throws -> CredentialRecord? {
        entries.withLock { entries in
            entries[Key(owner: owner, kind: kind)].map { entry in
                CredentialRecord(
                    version: entry.version,
                    grantEpoch: 1,
                    status: entry.status,
                    values: entry.values,
                    expiresAt: entry.expiresAt
                )
            }
        }
    }

    func lease(_ owner: CredentialOwner, kind: CredentialKind, seen version: Int, holder: String) async throws
        -> RefreshLease?
    {
        entries.withLock { entries in
            let key = Key(owner: owner, kind: kind)
            guard var entry = entries[key], entry.version == version, entry.lease == nil else { return nil }
            entry.lastLease += 1
            entry.lease = entry.lastLease
            entries[key] = entry
            return RefreshLease(
                leaseToken: entry.lastLease,
                attemptID: "a",
                leaseUntil: "",
                version: version,
                grantEpoch: 1,
                values: entry.values
            )
        }
    }

    func complete(
        _ lease: RefreshLease,
        of owner: CredentialOwner,
        kind: CredentialKind,
        values: [String: String],
        expiresAt: String?,
        renewAt: String?
    ) async throws -> CredentialVersion {
        try entries.withLock { entries in
            let key = Key(owner: owner, kind: kind)
            guard var entry = entries[key], entry.lease == lease.leaseToken else {
                throw Problem(.conflict, "the lease was lost")
            }
            entry.version += 1
            entry.values = values
            entry.expiresAt = expiresAt
            entry.renewAt = renewAt
            entry.lease = nil
            entries[key] = entry
            return CredentialVersion(version: entry.version, grantEpoch: 1)
        }
    }

    func fail(_ lease: RefreshLease, of owner: CredentialOwner, kind: CredentialKind, permanent: Bool, reason: String)
        async throws
    {
        entries.withLock { entries in
            let key = Key(owner: owner, kind: kind)
            guard var entry = entries[key], entry.lease == lease.leaseToken else { return }
            entry.lease = nil
            if permanent { entry.status = .needsReauth }
            entries[key] = entry
        }
    }

    /// What the vault's clock calls now; nothing is due before a test sets it.
    var clock: String {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    func due(limit: Int) async throws -> [DueCredential] {
        let now = clock
        return entries.withLock { entries in
            entries.filter { ($0.value.renewAt ?? "9") <= now }.map { key, _ in
                DueCredential(accountID: AccountID(key.owner.id), tenantID: key.owner.tenantID)
            }
        }
    }

    /// How many owners were shredded.
    var shredded: Int { shreds.withLock { $0 } }

    func shred(_ owner: CredentialOwner) async throws {
        shreds.withLock { $0 += 1 }
        entries.withLock { entries in
            for kind in CredentialKind.allCases { entries[Key(owner: owner, kind: kind)] = nil }
        }
    }
    func events(limit: Int) async throws -> [VaultEvent] { [] }
    func acknowledge(_ ids: [Int]) async throws {}
}
