import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// Lets a caller through to an account, or not: unknown, foreign and misspelt accounts are all the same `not_found`.
struct AccountDoor: Sendable {
    let configurations: ConfigCache

    /// The account that a request names, with its configuration.
    func open(_ request: EndpointRequest) async throws -> AccountConfiguration {
        try await open(request, for: request.apiKey())
    }

    /// The account that a request names, for a key.
    func open(_ request: EndpointRequest, for key: APIKeyIdentity) async throws -> AccountConfiguration {
        let name = request.query["integrated_account_id"] ?? request.headers[.integratedAccountID]
        guard let name, !name.isEmpty else {
            throw Problem(
                .invalidRequest,
                "name the account: integrated_account_id is missing",
                failures: [
                    .init(code: "required", message: "the account to act for", pointer: "integrated_account_id")
                ]
            )
        }
        return try await open(name, for: key)
    }

    /// The account with an id, for a key.
    func open(_ name: String, for key: APIKeyIdentity) async throws -> AccountConfiguration {
        guard let id = AccountID(name), let configuration = try await configurations.configuration(of: id),
            let tenant = key.tenantID, configuration.account.tenantID == tenant,
            key.environmentID == nil || key.environmentID == configuration.account.environmentID
        else { throw Problem(.notFound, "there is no such integrated account") }
        switch configuration.account.status {
        case .active, .degraded: return configuration
        case .needsReauth:
            throw Problem(
                .accountNeedsReauth,
                "the account's credentials are no longer valid; connect it again",
                insight: ["needs_reauth": true]
            )
        case .connecting, .validationError, .postInstallError:
            throw Problem(.accountBlocked, "the account is not connected yet", retryAfter: .seconds(10))
        case .disabled: throw Problem(.accountBlocked, "the account is disabled", retryAfter: .seconds(60))
        }
    }
}

extension HTTPField.Name {
    /// Parses a name that is known to be a token.
    fileprivate static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("'\(text)' is not a field name") }
        return name
    }

    /// The account to act for, beside the query parameter.
    static let integratedAccountID = known("X-Integrated-Account-Id")
    /// Tells repetitions of one write from further writes.
    static let idempotencyKey = known("Idempotency-Key")
    /// `true` on an answer that was given before.
    static let idempotencyReplayed = known("Idempotency-Replayed")
    /// What the caller should know beside the answer, as a JSON array of code, message and pointer.
    static let warnings = known("X-Warnings")
    /// How urgent a call is.
    static let priority = known("X-Tributary-Priority")
    /// The effective configuration of an answer.
    static let configRevision = known("X-Config-Revision")
    /// The vendor's own status of a proxied answer.
    static let remoteStatus = known("X-Remote-Status")
    /// The vendor's limit of calls in a window.
    static let remoteLimit = known("X-Remote-RateLimit-Limit")
    /// The vendor's calls left.
    static let remoteRemaining = known("X-Remote-RateLimit-Remaining")
    /// Seconds to the end of the vendor's window.
    static let remoteReset = known("X-Remote-RateLimit-Reset")
}
