package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
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
    private let connector: ConnectorDocument
    private let config: OAuth2Config
    private let scope: ExpressionScope

    /// Starts from a connector's way to connect and the account's variables.
    ///
    /// - Throws: `Problem` (`config_invalid`) when the way is not OAuth.
    package init(connector: ConnectorDocument, method: String, variables: JSONObject) throws {
        guard case .oauth2AuthorizationCode(let config)? = connector.authMethod(method)?.kind else {
            throw Problem(.configInvalid, "the connector '\(connector.name)' has no OAuth method '\(method)'")
        }
        self.connector = connector
        self.config = config
        scope = ExpressionScope(["context": .object(connector.withDefaults(variables))])
    }

    /// Whether the flow uses a proof key.
    package var usesProofKey: Bool { config.pkce == .s256 }

    /// Whether the grant is revoked when its account is deleted.
    package var revokesOnDelete: Bool { config.revokesOnDelete && config.revokeURL != nil }

    /// How long before its end a token is renewed.
    package var refreshBuffer: Duration { config.refreshBuffer }

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
        var address = try address(config.authorizeURL, "authorize_url")
        var items: [(name: String, value: String)] = [
            ("response_type", "code"), ("client_id", client.id), ("redirect_uri", redirectURI), ("state", state),
        ]
        var wanted = scopes ?? config.scopes
        if scopes == nil, !config.optionalScopes.isEmpty {
            if let name = config.optionalScopeParam {
                items.append((name, config.optionalScopes.joined(separator: config.scopeSeparator)))
            } else {
                wanted += config.optionalScopes
            }
        }
        if !wanted.isEmpty { items.append((config.scopeParam, wanted.joined(separator: config.scopeSeparator))) }
        if usesProofKey {
            guard let proofKey else { throw Problem(.internalError, "a proof key is required and was not given") }
            items += [("code_challenge", proofKey.challenge), ("code_challenge_method", "S256")]
        }
        items += try values(of: config.authorizeParams)
        address.query = [address.query, FormText.encoded(items)].compactMap { $0 }.joined(separator: "&")
        return address.description
    }

    /// The request that turns a code into tokens.
    package func codeExchange(
        client: OAuthClient,
        code: Secret<String>,
        redirectURI: String,
        verifier: Secret<String>?,
        partition: String
    ) throws -> OutboundRequest {
        var items: [(name: String, value: String)] = [
            ("grant_type", "authorization_code"), ("code", code.reveal()), ("redirect_uri", redirectURI),
        ]
        if usesProofKey, let verifier { items.append(("code_verifier", verifier.reveal())) }
        items += try values(of: config.tokenParams)
        return try tokenRequest(items, to: config.tokenURL, client: client, partition: partition)
    }

    /// The request that turns a refresh token into a new access token.
    package func refresh(
        client: OAuthClient,
        refreshToken: Secret<String>,
        partition: String
    ) throws -> OutboundRequest {
        var items: [(name: String, value: String)] = [
            ("grant_type", "refresh_token"), ("refresh_token", refreshToken.reveal()),
        ]
        items += try values(of: config.refreshParams)
        return try tokenRequest(items, to: config.refreshURL ?? config.tokenURL, client: client, partition: partition)
    }

    /// The request that gives a token back (RFC 7009); nil when the vendor has none.
    package func revocation(
        client: OAuthClient,
        token: Secret<String>,
        partition: String
    ) throws -> OutboundRequest? {
        guard let revokeURL = config.revokeURL else { return nil }
        return try tokenRequest([("token", token.reveal())], to: revokeURL, client: client, partition: partition)
    }

    /// What a token endpoint's answer says.
    package func outcome(of response: InboundResponse) -> TokenOutcome {
        TokenReader(config: config).outcome(of: response)
    }

    private func tokenRequest(
        _ items: [(name: String, value: String)],
        to url: Expression,
        client: OAuthClient,
        partition: String
    ) throws -> OutboundRequest {
        var items = items
        var headers: HTTPFields = [.accept: "application/json"]
        switch config.clientAuth {
        case .basic:
            let pair = [client.id, client.secret?.reveal() ?? ""].map { URLText.encoded($0) }
            headers[.authorization] = "Basic " + Base64.encoded(Array(pair.joined(separator: ":").utf8))
        case .body:
            items.append(("client_id", client.id))
            if let secret = client.secret { items.append(("client_secret", secret.reveal())) }
        case .none: items.append(("client_id", client.id))
        }
        for (name, value) in try values(of: config.tokenHeaders) {
            guard let field = HTTPField.Name(name), HeaderText.isValue(value) else {
                throw Problem(.configInvalid, "the token header '\(name)' cannot be sent")
            }
            headers[field] = value
        }
        let body: [UInt8]
        switch config.bodyFormat {
        case .form:
            headers[.contentType] = "application/x-www-form-urlencoded"
            body = Array(FormText.encoded(items).utf8)
        case .json:
            headers[.contentType] = "application/json"
            body = JSONValue.object(JSONObject(items.map { ($0.name, .string($0.value)) })).bytes()
        }
        return OutboundRequest(
            method: .post,
            url: try address(url, "token_url").description,
            headers: headers,
            body: body,
            identity: ConnectionIdentity(partition: partition),
            replay: .never,
            totalTimeout: .seconds(20),
            responseBytesMax: 1_048_576
        )
    }

    private func address(_ url: Expression, _ word: String) throws -> WebAddress {
        let text: String?
        do { text = try url.text(in: scope) } catch {
            throw Problem(.configInvalid, "\(word): \(error.message)", underlying: error)
        }
        guard let address = text.flatMap(WebAddress.init) else {
            throw Problem(.configInvalid, "\(word) is not an https address")
        }
        return try address.allowed(by: connector)
    }

    private func values(of expressions: [NamedExpression]) throws -> [(name: String, value: String)] {
        var values: [(name: String, value: String)] = []
        for named in expressions {
            do {
                if let text = try named.expression.text(in: scope) { values.append((named.name, text)) }
            } catch {
                throw Problem(.configInvalid, "'\(named.name)': \(error.message)", underlying: error)
            }
        }
        return values
    }
}
