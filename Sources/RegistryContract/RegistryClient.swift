package import HTTPExchange
import HTTPTypes
import JSONValue
package import Vocabulary

/// What other services ask of the Registry.
///
/// Every verb throws the `Problem` that the Registry answered with, or `service_unavailable` when it cannot be
/// reached.
package protocol RegistryClient: Sendable {
    /// The key whose text has this SHA-256 digest (lower-case hexadecimal); nil when there is none.
    func apiKey(sha256: String) async throws -> APIKeyRecord?
    /// The account, whatever its tenant; callers compare the tenant. Nil when there is none.
    func account(_ id: AccountID) async throws -> AccountRecord?
    /// The account's configuration; `.unchanged` when it still has `revision`, nil when there is no such account.
    func configuration(of id: AccountID, unless revision: String?) async throws -> Conditional<ConfigurationRecord>?
    /// The configuration of an integration before an account exists; nil when there is none.
    func configuration(of id: IntegrationID) async throws -> ConfigurationRecord?
    /// The integrations of an environment.
    func integrations(of environment: EnvironmentID) async throws -> [IntegrationRecord]
    /// The changes after `sequence`; waits up to `wait` for one. A nil sequence asks only for the newest sequence.
    func changes(after sequence: Int?, wait: Duration) async throws -> RegistryChanges
    /// Makes a link token.
    func createLinkToken(_ wish: NewLinkToken) async throws -> CreatedLinkToken
    /// Uses up the link token whose text has this SHA-256 digest.
    func redeemLinkToken(sha256: String) async throws -> LinkTokenRecord
    /// Makes an account.
    func createAccount(_ wish: NewAccount) async throws -> AccountRecord
    /// Changes an account.
    func updateAccount(_ id: AccountID, _ change: AccountChange) async throws -> AccountRecord
    /// Deleted accounts whose credentials are still to be shredded, oldest first.
    func accountDeletions() async throws -> [AccountDeletion]
    /// Says that the credentials of these accounts are shredded.
    func acknowledgeDeletions(_ accounts: [AccountID]) async throws
    /// Takes slices of shared budgets, one for each wish in their order; at most 100 at a time.
    func rateSlices(_ wishes: [RateSliceWish]) async throws -> [RateSlice]
    /// The group of accounts, whatever its tenant; callers compare the tenant. Nil when there is none.
    func accountGroup(_ id: AccountGroupID) async throws -> AccountGroupRecord?
}

/// An answer to "give it to me unless I have it".
package enum Conditional<Value: Sendable>: Sendable {
    case unchanged
    case changed(Value)
}

/// Speaks to the Registry over HTTP.
package struct HTTPRegistryClient: RegistryClient {
    private let service: any ServiceCalling

    /// Uses `service`, which calls the Registry.
    package init(_ service: any ServiceCalling) {
        self.service = service
    }

    package func apiKey(sha256: String) async throws -> APIKeyRecord? {
        try await present {
            try await service.value(
                ServiceCall(.post, "/internal/v1/api-keys/verify"),
                sending: ["key_sha256": sha256]
            )
        }
    }

    package func account(_ id: AccountID) async throws -> AccountRecord? {
        try await present { try await service.value(ServiceCall(.get, "/internal/v1/accounts/\(id)")) }
    }

    package func configuration(
        of id: AccountID,
        unless revision: String?
    ) async throws -> Conditional<ConfigurationRecord>? {
        var call = ServiceCall(.get, "/internal/v1/accounts/\(id)/configuration")
        if let revision { call.headers[.ifNoneMatch] = "\"\(revision)\"" }
        return try await present {
            let response = try await service.call(call)
            guard response.status != 304 else { return .unchanged }
            let value = try JSONValue(parsing: response.body, policy: .vendor)
            return .changed(try JSONValueDecoder().decode(ConfigurationRecord.self, from: value))
        }
    }

    package func configuration(of id: IntegrationID) async throws -> ConfigurationRecord? {
        try await present {
            try await service.value(ServiceCall(.get, "/internal/v1/integrations/\(id)/configuration"))
        }
    }

    package func integrations(of environment: EnvironmentID) async throws -> [IntegrationRecord] {
        let call = ServiceCall(
            .get,
            "/internal/v1/integrations",
            query: [("environment_id", environment.description)]
        )
        return try await service.value(call, as: ListAnswer<IntegrationRecord>.self).result
    }

    package func changes(after sequence: Int?, wait: Duration) async throws -> RegistryChanges {
        var call = ServiceCall(.get, "/internal/v1/changes", timeout: wait + .seconds(5))
        if let sequence {
            call.query = [("after", String(sequence)), ("wait", String(wait.components.seconds))]
        }
        return try await service.value(call)
    }

    package func createLinkToken(_ wish: NewLinkToken) async throws -> CreatedLinkToken {
        try await service.value(ServiceCall(.post, "/internal/v1/link-tokens"), sending: wish)
    }

    package func redeemLinkToken(sha256: String) async throws -> LinkTokenRecord {
        try await service.value(
            ServiceCall(.post, "/internal/v1/link-tokens/redeem"),
            sending: ["token_sha256": sha256]
        )
    }

    package func createAccount(_ wish: NewAccount) async throws -> AccountRecord {
        try await service.value(ServiceCall(.post, "/internal/v1/accounts"), sending: wish)
    }

    package func updateAccount(_ id: AccountID, _ change: AccountChange) async throws -> AccountRecord {
        try await service.value(ServiceCall(.patch, "/internal/v1/accounts/\(id)"), sending: change)
    }

    package func accountDeletions() async throws -> [AccountDeletion] {
        try await service.value(
            ServiceCall(.get, "/internal/v1/account-deletions"),
            as: ListAnswer<AccountDeletion>.self
        ).result
    }

    package func acknowledgeDeletions(_ accounts: [AccountID]) async throws {
        try await service.perform(
            ServiceCall(.post, "/internal/v1/account-deletions/acknowledge"),
            sending: ["account_ids": accounts]
        )
    }

    package func rateSlices(_ wishes: [RateSliceWish]) async throws -> [RateSlice] {
        try await service.value(
            ServiceCall(.post, "/internal/v1/rate-slices"),
            sending: ["wishes": wishes],
            as: ListAnswer<RateSlice>.self
        ).result
    }

    package func accountGroup(_ id: AccountGroupID) async throws -> AccountGroupRecord? {
        try await present { try await service.value(ServiceCall(.get, "/internal/v1/account-groups/\(id)")) }
    }

    /// Turns the Registry's 404 into nil.
    private func present<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch let problem as Problem where problem.code == .notFound {
            return nil
        }
    }
}

private struct ListAnswer<Element: Decodable>: Decodable {
    let result: [Element]
}
