import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import JSONValue
import RegistryContract
import VaultContract
import Vocabulary

/// Carries out what a token source asks for: finds the client, sends request after request, gives the outcome.
struct TokenExchange: Sendable {
    let vault: any VaultClient
    let sender: any HTTPSender
    let digests: any Digests
    let now: @Sendable () -> Date

    /// The most requests that one attempt may send.
    private static let requestsMax = 12

    /// What signing needs.
    var tools: SigningTools {
        SigningTools(digests: digests) { [now] in Int(now().timeIntervalSince1970) }
    }

    /// The client that asks for a token; nil where none is needed and there is none.
    ///
    /// - Throws: `Problem` (`config_invalid`) when the integration should have one.
    func client(
        _ origin: ClientOrigin,
        account values: [String: String],
        integration: CredentialOwner
    ) async throws -> OAuthClient? {
        if case .account = origin {
            if let typed = OAuthClient(stored: values) { return typed }
            throw Problem(.accountNeedsReauth, "the account has no client; the end user must connect again")
        }
        let app = try await vault.credential(of: integration, kind: .app)?.values ?? [:]
        let client = OAuthClient(stored: app)
        if client == nil, case .integration = origin {
            throw Problem(.configInvalid, "the integration has no OAuth client; set its credentials")
        }
        return client
    }

    /// Runs an attempt to its end.
    ///
    /// - Throws: `ExchangeError` when a request got no answer; `Problem` when one cannot be made.
    func outcome(of attempt: any TokenAttempt) async throws -> TokenOutcome {
        var attempt = attempt
        var answer: InboundResponse?
        for _ in 0...Self.requestsMax {
            switch try attempt.next(after: answer) {
            case .send(let request): answer = try await sender.send(request)
            case .done(let outcome): return outcome
            }
        }
        throw Problem(.configInvalid, "the way to connect sends too many requests")
    }
}

/// What is stored of a grant beside what the user typed, and what of it stays with the Broker.
enum StoredGrant {
    /// The names of values that requests are never signed with.
    static let hidden = ClientCertificates.names.union([
        "refresh_token", "refresh_token_end", "token_lifetime", "method", "open_sessions", "session_opened",
        "integration_id", "account_variables",
    ])

    /// The values to store.
    ///
    /// - Parameters:
    ///   - grant: what the vendor gave.
    ///   - old: what is stored now.
    ///   - method: the way to connect.
    ///   - now: seconds since 1970.
    /// - Returns: All values by name.
    static func values(
        of grant: TokenGrant,
        over old: [String: String],
        method: AuthMethod,
        now: Double
    ) -> [String: String] {
        var values = old
        for (name, secret) in grant.values { values[name] = secret.reveal() }
        values["access_token"] = grant.accessToken.reveal()
        values["token_lifetime"] = grant.end(grantedAt: now).map { String(max(1, Int($0 - now))) }
        let isNew = grant.refreshToken != nil && grant.refreshToken?.reveal() != old["refresh_token"]
        if let token = grant.refreshToken { values["refresh_token"] = token.reveal() }
        if let config = method.refreshToken, let lifetime = config.lifetime,
            isNew || config.rotation == .sliding || old["refresh_token_end"] == nil
        {
            values["refresh_token_end"] = String(Int(now + lifetime / .seconds(1)))
        }
        return values
    }

    /// What is needed to give a grant back when its account is gone already.
    static func mark(_ values: inout [String: String], integration: IntegrationID, variables: JSONObject) {
        values["integration_id"] = integration.description
        values["account_variables"] = JSONValue.object(variables).text()
    }

    /// When a grant wants to be renewed for its own sake, RFC 3339; nil when it does not.
    static func renewal(_ method: AuthMethod, values: [String: String], now: Double) -> String? {
        guard values["refresh_token"] != nil, let pause = method.refreshToken?.keepAlive else { return nil }
        return RFC3339.text(Date(timeIntervalSince1970: now + pause / .seconds(1)))
    }

    /// The end of the access, RFC 3339; nil when nobody knows.
    static func end(of grant: TokenGrant, now: Double) -> String? {
        grant.end(grantedAt: now).map { RFC3339.text(Date(timeIntervalSince1970: $0)) }
    }
}
