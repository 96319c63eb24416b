package import ConnectorConfig
import HTTPExchange
package import JSONValue
package import Vocabulary

/// The operator's application at a vendor.
package struct OAuthClient: Sendable {
    /// Its public name.
    package let id: String
    /// Its secret, where the vendor gives one.
    package let secret: Secret<String>?
    /// Its private key in PEM, where it proves itself by signatures.
    package let privateKeyPEM: Secret<String>?
    /// What the vendor calls that key.
    package let keyID: String?

    /// Names an application.
    package init(
        id: String,
        secret: Secret<String>?,
        privateKeyPEM: Secret<String>? = nil,
        keyID: String? = nil
    ) {
        self.id = id
        self.secret = secret
        self.privateKeyPEM = privateKeyPEM
        self.keyID = keyID
    }

    /// The application among stored values; nil when there is none.
    package init?(stored values: [String: String]) {
        guard let id = values["client_id"] else { return nil }
        self.init(
            id: id,
            secret: values["client_secret"].map(Secret.init),
            privateKeyPEM: values["private_key"].map(Secret.init),
            keyID: values["key_id"]
        )
    }
}

/// A code verifier with its challenge of method S256 (RFC 7636 section 4).
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

/// The consent of a user (RFC 6749 section 4.1): where his browser is sent, and how the code that it brings back becomes
/// tokens.
package struct OAuth2Flow: Sendable {
    private let config: OAuth2Config
    private let endpoint: TokenEndpoint

    /// Starts from a connector's way to connect and the account's variables.
    ///
    /// - Throws: `Problem` (`config_invalid`) when the way does not begin with a consent.
    package init(connector: ConnectorDocument, method: String, variables: JSONObject) throws {
        guard let config = connector.authMethod(method)?.authorizationCode else {
            throw Problem(.configInvalid, "the connector '\(connector.name)' has no OAuth method '\(method)'")
        }
        self.config = config
        endpoint = TokenEndpoint(connector: connector, config: config.token, variables: variables)
    }

    /// Whether the flow uses a proof key.
    package var usesProofKey: Bool { config.pkce != .off }

    /// Where the vendor sends the browser back to: `address`, unless the connector says otherwise.
    package func redirectURI(_ address: String) throws -> String {
        guard let own = config.redirectURI else { return address }
        var endpoint = endpoint
        endpoint.scope = endpoint.scope.adding("redirect_uri", .string(address))
        guard let text = try endpoint.text(of: own, "redirect_uri") else {
            throw Problem(.configInvalid, "redirect_uri has no value")
        }
        return text
    }

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
            ("response_type", "code"), ("client_id", client.id), ("redirect_uri", redirectURI),
            (config.state.param, state),
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
            let challenge = config.pkce == .plain ? proofKey.verifier.reveal() : proofKey.challenge
            items += [("code_challenge", challenge), ("code_challenge_method", config.pkce.rawValue)]
        }
        items = endpoint.written(try items + endpoint.values(of: config.authorizeParams))
        address.query = [address.query, FormText.encoded(items)].compactMap { $0 }.joined(separator: "&")
        return address.description
    }

    /// Begins to turn a code into tokens.
    package func exchange(
        _ material: TokenMaterial,
        code: Secret<String>,
        redirectURI: String,
        verifier: Secret<String>?
    ) throws -> any TokenAttempt {
        var items: [(name: String, value: String)] = [
            ("grant_type", "authorization_code"), ("code", code.reveal()), ("redirect_uri", redirectURI),
        ]
        if usesProofKey, let verifier { items.append(("code_verifier", verifier.reveal())) }
        items += try endpoint.values(of: config.tokenParams)
        return try EndpointAttempt(endpoint, items, to: config.token.url, material)
    }
}
