package import ConnectorConfig
package import HTTPExchange
package import JSONValue
import Vocabulary

/// How a token is obtained, and obtained anew when it ends: one value per way to connect and account.
///
/// A source sends nothing itself: it says what to send, and reads the answers.
package protocol TokenSource: Sendable {
    /// Whose client asks.
    var client: ClientOrigin { get }
    /// How the token is kept fresh.
    var renewal: RenewalConfig { get }
    /// How long it may lie unused before it is renewed for its own sake.
    var keepAlive: Duration? { get }
    /// Begins to obtain a token.
    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt
    /// The requests that give back what `material` holds, when the account is deleted; none by default.
    func farewell(_ material: TokenMaterial) throws -> [OutboundRequest]
}

extension TokenSource {
    package var keepAlive: Duration? { nil }
    package func farewell(_ material: TokenMaterial) throws -> [OutboundRequest] { [] }
}

/// Where the client that asks for a token lies.
package enum ClientOrigin: Sendable {
    /// With the account: the user typed it.
    case account
    /// With the integration.
    case integration
    /// With the integration, if it has one.
    case integrationIfAny
}

/// One run from nothing, or from an older token, to a newer one.
///
/// ```
/// next(nil) -> send(request) -> next(answer) -> ... -> done(outcome)
/// ```
package protocol TokenAttempt: Sendable {
    /// What to do next.
    ///
    /// - Parameter answer: to the request that was given last; nil at the beginning.
    /// - Returns: A request to send, or what came of it all.
    /// - Throws: `Problem` when a request cannot be made.
    mutating func next(after answer: InboundResponse?) throws -> TokenStep
}

/// What an attempt wants done.
package enum TokenStep: Sendable {
    /// Send this, once.
    case send(OutboundRequest)
    /// That was it.
    case done(TokenOutcome)
}

/// What a token is made of.
package struct TokenMaterial: Sendable {
    /// The client that asks; nil where there is none.
    package var client: OAuthClient?
    /// The account's secrets by name, as they are stored.
    package var values: [String: String]
    /// Whether the token among them is worthless, so that it is not worth keeping alive.
    package var isSpent: Bool
    /// The connection, with the client certificate where one is wanted.
    package let identity: ConnectionIdentity
    /// Randomness, hashes and the time.
    package let tools: SigningTools

    /// Bundles what a token is made of.
    package init(
        client: OAuthClient?,
        values: [String: String],
        isSpent: Bool = true,
        identity: ConnectionIdentity,
        tools: SigningTools
    ) {
        self.client = client
        self.values = values
        self.isSpent = isSpent
        self.identity = identity
        self.tools = tools
    }

    /// What expressions of the document see as `credentials`: what is stored, and the client's name.
    var credentials: JSONValue {
        var object = JSONObject()
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { object[name] = .string(value) }
        if let client {
            object["client_id"] = .string(client.id)
            if let secret = client.secret, object["client_secret"] == nil {
                object["client_secret"] = .string(secret.reveal())
            }
            if let key = client.privateKeyPEM, object["private_key"] == nil {
                object["private_key"] = .string(key.reveal())
            }
            if let keyID = client.keyID, object["key_id"] == nil { object["key_id"] = .string(keyID) }
        }
        return .object(object)
    }
}

extension AuthMethod {
    /// How this way's token is obtained; nil where there is none to obtain.
    ///
    /// - Parameters:
    ///   - connector: whose way it is.
    ///   - values: the account's secrets; the user's consent is renewed by the refresh token among them.
    ///   - variables: the account's.
    /// - Returns: The source.
    package func tokenSource(
        connector: ConnectorDocument,
        values: [String: String],
        variables: JSONObject
    ) -> (any TokenSource)? {
        let context = TokenContext(connector: connector, variables: variables, injection: injection)
        let sources = links.compactMap { link in
            link.kind.tokenSource(context, values).map { ChainedSource.Link(source: $0, resultName: link.resultName) }
        }
        guard links.count(where: \.kind.givesToken) == sources.count else { return nil }
        if sources.count <= 1 { return sources.first?.source }
        return ChainedSource(links: sources)
    }

    /// How this way's token is obtained when the user has just consented.
    ///
    /// - Parameters:
    ///   - consent: turns what the consent gave into tokens; the links after it go on from there.
    ///   - connector: whose way it is.
    ///   - variables: the account's.
    /// - Returns: The source.
    /// - Throws: `Problem` (`config_invalid`) when the way begins with no consent.
    package func tokenSource(
        consent: any TokenAttempt,
        connector: ConnectorDocument,
        variables: JSONObject
    ) throws -> any TokenSource {
        let context = TokenContext(connector: connector, variables: variables, injection: injection)
        guard let first = links.first, let endpoint = first.kind.tokenEndpoint else {
            throw Problem(.configInvalid, "the way '\(name)' begins with no consent")
        }
        let given = ConsentSource(consent: consent, renewal: endpoint.renewal)
        let rest = links.dropFirst().compactMap { link in
            link.kind.tokenSource(context, [:]).map { ChainedSource.Link(source: $0, resultName: link.resultName) }
        }
        if rest.isEmpty { return given }
        return ChainedSource(links: [ChainedSource.Link(source: given, resultName: first.resultName)] + rest)
    }
}

/// Tokens for a consent that was just given.
private struct ConsentSource: TokenSource {
    let consent: any TokenAttempt
    let renewal: RenewalConfig
    var client: ClientOrigin { .integration }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt { consent }
}

/// A connector and an account's variables.
struct TokenContext: Sendable {
    let connector: ConnectorDocument
    let variables: JSONObject
    /// How requests carry the token.
    let injection: Injection

    init(connector: ConnectorDocument, variables: JSONObject, injection: Injection) {
        self.connector = connector
        self.injection = injection
        self.variables = connector.withDefaults(variables)
    }

    func endpoint(_ config: TokenEndpointConfig) -> TokenEndpoint {
        TokenEndpoint(connector: connector, config: config, variables: variables)
    }
}

extension AuthMethod.Kind {
    fileprivate func tokenSource(_ context: TokenContext, _ values: [String: String]) -> (any TokenSource)? {
        switch self {
        case .oauth2AuthorizationCode(let config): RefreshSource(config.refresh, context, values)
        case .oauth2Device(let config): RefreshSource(config.refresh, context, values)
        case .oauth2ClientCredentials(let config): ClientCredentialsSource(config: config, context: context)
        case .oauth2Password(let config): PasswordSource(config: config, context: context, values: values)
        case .oauth2JWTBearer(let config): JWTBearerSource(config: config, context: context, values: values)
        case .jwtSelfSigned(let config): SelfSignedSource(config: config, context: context)
        case .sessionLogin(let config): SessionSource(config: config, context: context)
        case .apiKey, .basic, .customHeaders, .mutualTLS, .wsSecurity, .signature, .multi, .none: nil
        }
    }
}
