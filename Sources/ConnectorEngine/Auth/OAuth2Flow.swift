package import ConnectorConfig
package import HTTPExchange
package import JSONValue
package import Vocabulary

/// The operator's application at a vendor.
package struct OAuthClient: Sendable {
    /// Its public name.
    package let id: String
    /// Its secret, where the vendor gives one.
    package let secret: Secret<String>?

    /// Names an application.
    package init(id: String, secret: Secret<String>?) {
        self.id = id
        self.secret = secret
    }
}

/// A code verifier with its challenge (RFC 7636 section 4, method S256).
package struct ProofKey: Sendable {
    /// Kept by the server until the code is exchanged.
    package let verifier: Secret<String>
    /// Sent with the user to the authorize URL.
    package let challenge: String

    /// Makes a verifier of 256 random bits.
    package init(digests: any Digests) throws {
        try self.init(verifier: Base64.urlEncoded(try digests.randomBytes(32)), digests: digests)
    }

    /// The challenge of a known verifier.
    package init(verifier: String, digests: any Digests) throws {
        self.verifier = Secret(verifier)
        challenge = Base64.urlEncoded(try digests.digest(.sha256, of: Array(verifier.utf8)))
    }
}

/// The authorization code flow of one connector for one account (RFC 6749 section 4.1), as requests to be sent and
/// answers to be read.
///
/// It sends nothing itself.
package struct OAuth2Flow: Sendable {
    private let config: OAuth2Config
    private let endpoint: TokenEndpoint

    /// Starts from a connector's way to connect and the account's variables.
    ///
    /// - Throws: `Problem` (`config_invalid`) when the way is not OAuth.
    package init(connector: ConnectorDocument, method: String, variables: JSONObject) throws {
        guard case .oauth2AuthorizationCode(let config)? = connector.authMethod(method)?.kind else {
            throw Problem(.configInvalid, "the connector '\(connector.name)' has no OAuth method '\(method)'")
        }
        self.config = config
        endpoint = TokenEndpoint(connector: connector, config: config.token, variables: variables)
    }

    /// Whether the flow uses a proof key.
    package var usesProofKey: Bool { config.pkce == .s256 }

    /// Whether the grant is revoked when its account is deleted.
    package var revokesOnDelete: Bool { config.revokesOnDelete && config.revokeURL != nil }

    /// How long before its end a token is renewed.
    package var refreshBuffer: Duration { config.token.refreshBuffer }

    /// Parameters of the callback that are kept as variables.
    package var callbackKeep: [String] { config.callbackKeep }

    /// Where the user's browser is sent.
    ///
    /// `client`: the operator's application.
    /// `redirectURI`: where the vendor sends the browser back to.
    /// `state`: ties the answer to this browser's session.
    /// `proofKey`: required when ``usesProofKey``.
    /// `scopes`: instead of the connector's own.
    package func authorizeURL(
        client: OAuthClient,
        redirectURI: String,
        state: String,
        proofKey: ProofKey?,
        scopes: [String]? = nil
    ) throws -> String {
        var address = try endpoint.address(config.authorizeURL, "authorize_url")
        var items: [(name: String, value: String)] = [
            ("response_type", "code"), ("client_id", client.id), ("redirect_uri", redirectURI), ("state", state),
        ]
        var wanted = scopes ?? config.token.scopes
        if scopes == nil, !config.optionalScopes.isEmpty {
            if let name = config.optionalScopeParam {
                items.append((name, config.optionalScopes.joined(separator: config.token.scopeSeparator)))
            } else {
                wanted += config.optionalScopes
            }
        }
        if !wanted.isEmpty {
            items.append((config.token.scopeParam, wanted.joined(separator: config.token.scopeSeparator)))
        }
        if usesProofKey {
            guard let proofKey else { throw Problem(.internalError, "a proof key is required and was not given") }
            items += [("code_challenge", proofKey.challenge), ("code_challenge_method", "S256")]
        }
        items += try endpoint.values(of: config.authorizeParams)
        address.query = [address.query, FormText.encoded(items)].compactMap { $0 }.joined(separator: "&")
        return address.description
    }

    /// The request that turns a code into tokens.
    package func codeExchange(
        client: OAuthClient,
        code: Secret<String>,
        redirectURI: String,
        verifier: Secret<String>?,
        identity: ConnectionIdentity
    ) throws -> OutboundRequest {
        var items: [(name: String, value: String)] = [
            ("grant_type", "authorization_code"), ("code", code.reveal()), ("redirect_uri", redirectURI),
        ]
        if usesProofKey, let verifier { items.append(("code_verifier", verifier.reveal())) }
        items += try endpoint.values(of: config.tokenParams)
        return try endpoint.request(items, to: config.token.url, client: client, identity: identity)
    }

    /// The request that turns a refresh token into a new access token.
    package func refresh(
        client: OAuthClient,
        refreshToken: Secret<String>,
        identity: ConnectionIdentity
    ) throws -> OutboundRequest {
        var items: [(name: String, value: String)] = [
            ("grant_type", "refresh_token"), ("refresh_token", refreshToken.reveal()),
        ]
        items += try endpoint.values(of: config.refreshParams)
        return try endpoint.request(
            items,
            to: config.refreshURL ?? config.token.url,
            client: client,
            identity: identity
        )
    }

    /// The request that gives a token back (RFC 7009); nil when the vendor has none.
    package func revocation(
        client: OAuthClient,
        token: Secret<String>,
        identity: ConnectionIdentity
    ) throws -> OutboundRequest? {
        guard let revokeURL = config.revokeURL else { return nil }
        return try endpoint.request([("token", token.reveal())], to: revokeURL, client: client, identity: identity)
    }

    /// What a token endpoint's answer says.
    package func outcome(of response: InboundResponse) -> TokenOutcome {
        endpoint.outcome(of: response)
    }
}
