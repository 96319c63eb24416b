package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
package import JSONValue
package import Vocabulary

/// A token of RFC 5849, temporary or not, with its secret.
package struct OAuth1Token: Sendable {
    /// Its public name.
    package let text: String
    /// What requests in its name are signed with.
    package let secret: Secret<String>

    /// Names a token.
    package init(text: String, secret: Secret<String>) {
        self.text = text
        self.secret = secret
    }
}

/// The consent of a user by RFC 5849 section 2: a temporary token, the vendor's page, the token.
package struct OAuth1Flow: Sendable {
    private let connector: ConnectorDocument
    private let signature: OAuth1Signature
    private let consent: OAuth1Consent
    private var scope: ExpressionScope

    /// Starts from a connector's way to connect, the account's variables and the consumer's credentials.
    ///
    /// - Parameters:
    ///   - connector: whose way it is.
    ///   - method: its name.
    ///   - variables: the account's.
    ///   - credentials: what the signature's expressions see.
    /// - Throws: `Problem` (`config_invalid`) when the way begins with no such consent.
    package init(
        connector: ConnectorDocument,
        method: String,
        variables: JSONObject,
        credentials: [String: Secret<String>]
    ) throws {
        guard let config = connector.authMethod(method)?.oauth1, let consent = config.consent else {
            throw Problem(.configInvalid, "the connector '\(connector.name)' has no OAuth 1 consent '\(method)'")
        }
        self.connector = connector
        self.consent = consent
        signature = OAuth1Signature(config: config)
        scope = ExpressionScope([
            "context": .object(connector.withDefaults(variables)),
            "credentials": .object(
                JSONObject(credentials.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.reveal())) })
            ),
        ])
    }

    /// The request for a temporary token.
    ///
    /// `callback`: where the vendor sends the browser back to.
    package func requestToken(
        callback: String,
        identity: ConnectionIdentity,
        tools: SigningTools
    ) throws -> OutboundRequest {
        try request(consent.requestTokenURL, "request_token_url", [("oauth_callback", callback)], nil, identity, tools)
    }

    /// The temporary token of an answer; nil when the vendor gave none, or did not take the callback as it stands
    /// (section 2.1).
    package func temporary(in answer: InboundResponse) -> OAuth1Token? {
        let members = members(of: answer)
        guard members["oauth_callback_confirmed"] == "true" else { return nil }
        return token(in: members)
    }

    /// Where the user's browser is sent.
    package func authorizeURL(_ token: OAuth1Token) throws -> String {
        var address = try address(consent.authorizeURL, "authorize_url")
        var items = [("oauth_token", token.text)]
        for named in consent.authorizeParams {
            if let text = try text(of: named.expression, named.name) { items.append((named.name, text)) }
        }
        address.query = [address.query, FormText.encoded(items)].compactMap { $0 }.joined(separator: "&")
        return address.description
    }

    /// The request that turns a consent into a token.
    package func accessToken(
        _ token: OAuth1Token,
        verifier: Secret<String>,
        identity: ConnectionIdentity,
        tools: SigningTools
    ) throws -> OutboundRequest {
        let own = [("oauth_token", token.text), ("oauth_verifier", verifier.reveal())]
        return try request(consent.accessTokenURL, "access_token_url", own, token.secret, identity, tools)
    }

    /// The token of an answer, with the variables that are kept of it; nil when the vendor gave none.
    package func grant(in answer: InboundResponse) -> TokenGrant? {
        let members = members(of: answer)
        guard let token = token(in: members) else { return nil }
        var grant = TokenGrant(accessToken: Secret(token.text))
        grant.values = ["token": Secret(token.text), "token_secret": token.secret]
        for kept in consent.keep { grant.variables[kept.variable] = members[kept.member].map(JSONValue.string) }
        return grant
    }

    /// A signed request without a body, sent once on a connection of its own.
    private func request(
        _ url: Expression,
        _ word: String,
        _ own: [(name: String, value: String)],
        _ secret: Secret<String>?,
        _ identity: ConnectionIdentity,
        _ tools: SigningTools
    ) throws -> OutboundRequest {
        var request = OutboundRequest(
            method: .post,
            url: try address(url, word).description,
            headers: [.accept: "application/x-www-form-urlencoded"],
            body: [],
            identity: identity,
            replay: .never,
            totalTimeout: .seconds(20),
            responseBytesMax: 65_536
        )
        request.headers[.authorization] = try signature.header(
            for: request,
            own,
            secret.map { .literal(.string($0.reveal())) },
            in: scope,
            tools: tools
        )
        return request
    }

    private func members(of answer: InboundResponse) -> [String: String] {
        guard (200...299).contains(answer.status) else { return [:] }
        // A form holds no blanks; some vendors end it with a line break.
        let text = String(decoding: answer.body.filter { $0 > 0x20 }, as: UTF8.self)
        return Dictionary(SignedAddress.items(text, plusIsBlank: true).map { ($0.name, $0.value) }) { first, _ in first
        }
    }

    private func token(in members: [String: String]) -> OAuth1Token? {
        guard let text = members["oauth_token"], !text.isEmpty, let secret = members["oauth_token_secret"] else {
            return nil
        }
        return OAuth1Token(text: text, secret: Secret(secret))
    }

    private func address(_ url: Expression, _ word: String) throws -> WebAddress {
        guard let address = try text(of: url, word).flatMap(WebAddress.init) else {
            throw Problem(.configInvalid, "\(word) is not an https address")
        }
        return try address.allowed(by: connector)
    }

    private func text(of expression: Expression, _ word: String) throws -> String? {
        // Addresses and parameters that a browser sees are made without credentials.
        var open = scope
        open.root["credentials"] = nil
        do { return try expression.text(in: open) } catch {
            throw Problem(.configInvalid, "\(word): \(error.message)", underlying: error)
        }
    }
}
