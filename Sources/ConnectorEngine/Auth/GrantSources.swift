import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// Renewal by a refresh token (RFC 6749 section 6).
struct RefreshSource: TokenSource {
    private let config: RefreshGrantConfig
    private let context: TokenContext

    /// nil when there is no refresh token.
    init?(_ config: RefreshGrantConfig, _ context: TokenContext, _ values: [String: String]) {
        guard values["refresh_token"] != nil else { return nil }
        self.config = config
        self.context = context
    }

    var client: ClientOrigin { .integration }
    var renewal: RenewalConfig { config.token.renewal }
    var keepAlive: Duration? { config.refreshToken.keepAlive }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt {
        if let end = material.values["refresh_token_end"].flatMap(Double.init), end <= Double(material.tools.now()) {
            return SettledAttempt(.refused(.init(kind: .permanent, status: 0, code: "refresh_token_expired")))
        }
        let endpoint = context.endpoint(config.token)
        let items =
            try [("grant_type", "refresh_token"), ("refresh_token", material.values["refresh_token"] ?? "")]
            + endpoint.values(of: config.params)
        return try EndpointAttempt(endpoint, items, to: config.url ?? config.token.url, material)
    }

    func farewell(_ material: TokenMaterial) throws -> [OutboundRequest] {
        try context.endpoint(config.token).revocation(of: material.values["refresh_token"], material)
    }
}

/// Tokens for a client of its own (RFC 6749 section 4.4); renewing is asking again.
struct ClientCredentialsSource: TokenSource {
    let config: ClientCredentialsConfig
    let context: TokenContext

    var client: ClientOrigin { config.usesTypedClient ? .account : .integration }
    var renewal: RenewalConfig { config.token.renewal }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt {
        let endpoint = context.endpoint(config.token)
        var items: [(name: String, value: String)] = [("grant_type", "client_credentials")]
        items += endpoint.scopeItems
        if let audience = try endpoint.text(of: config.audience, "audience") { items.append(("audience", audience)) }
        if let resource = try endpoint.text(of: config.resource, "resource") { items.append(("resource", resource)) }
        try items.lay(endpoint.values(of: config.params))
        return try EndpointAttempt(endpoint, items, to: config.token.url, material)
    }

    func farewell(_ material: TokenMaterial) throws -> [OutboundRequest] {
        try context.endpoint(config.token).revocation(of: material.values["access_token"], material)
    }
}

/// Tokens for a user's name and password (RFC 6749 section 4.3); renewing is asking again.
struct PasswordSource: TokenSource {
    let config: PasswordGrantConfig
    let context: TokenContext
    let values: [String: String]

    var client: ClientOrigin { values["client_id"] == nil ? .integrationIfAny : .account }
    var renewal: RenewalConfig { config.token.renewal }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt {
        let endpoint = context.endpoint(config.token).seeing(material)
        guard let username = try endpoint.text(of: config.username, "username"),
            let password = try endpoint.text(of: config.password, "password")
        else { throw Problem(.credentialUnavailable, "the account's credentials are incomplete") }
        var items: [(name: String, value: String)] = [
            ("grant_type", "password"), ("username", username), ("password", password),
        ]
        items += endpoint.scopeItems
        try items.lay(endpoint.values(of: config.params))
        return try EndpointAttempt(endpoint, items, to: config.token.url, material)
    }

    func farewell(_ material: TokenMaterial) throws -> [OutboundRequest] {
        try context.endpoint(config.token).revocation(of: material.values["access_token"], material)
    }
}

/// Tokens for a signed assertion (RFC 7523 section 2.1, RFC 7522 section 2.1); renewing is signing another one.
struct JWTBearerSource: TokenSource {
    let config: JWTBearerConfig
    let context: TokenContext
    let values: [String: String]

    var client: ClientOrigin { values["client_id"] == nil ? .integrationIfAny : .account }
    var renewal: RenewalConfig { config.token.renewal }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt {
        let endpoint = context.endpoint(config.token).seeing(material)
        let address = try endpoint.address(config.token.url, "token_url").description
        let scope = endpoint.scope.adding("token_url", .string(address))
        let assertion =
            switch config.proof {
            case .webToken(let config): try WebToken(config).text(in: scope, tools: material.tools)
            case .saml(let config): try SAMLAssertion(config).text(in: scope, tools: material.tools)
            }
        var items: [(name: String, value: String)] = [
            ("grant_type", config.grantType), ("assertion", assertion.reveal()),
        ]
        items += endpoint.scopeItems
        try items.lay(endpoint.values(of: config.params))
        return try EndpointAttempt(endpoint, items, to: config.token.url, material, needsClient: false)
    }

    func farewell(_ material: TokenMaterial) throws -> [OutboundRequest] {
        try context.endpoint(config.token).revocation(of: material.values["access_token"], material)
    }
}

/// Tokens that are signed here, one for each lifetime.
struct SelfSignedSource: TokenSource {
    let config: SelfSignedConfig
    let context: TokenContext

    var client: ClientOrigin { .integrationIfAny }
    var renewal: RenewalConfig { config.renewal }

    func attempt(_ material: TokenMaterial) throws -> any TokenAttempt {
        let scope = ExpressionScope([
            "context": .object(context.variables), "credentials": material.credentials,
        ])
        let token = try WebToken(config.assertion).text(in: scope, tools: material.tools)
        return SettledAttempt(.granted(TokenGrant(accessToken: token, lifetime: config.assertion.lifetime)))
    }
}

/// An attempt that needs nobody.
struct SettledAttempt: TokenAttempt {
    private let outcome: TokenOutcome

    init(_ outcome: TokenOutcome) {
        self.outcome = outcome
    }

    mutating func next(after answer: InboundResponse?) throws -> TokenStep { .done(outcome) }
}

extension [(name: String, value: String)] {
    /// A parameter of the document takes the place of a standard one, and an empty one takes it away.
    mutating func lay(_ items: [(name: String, value: String)]) throws {
        for item in items {
            removeAll { $0.name == item.name }
            if !item.value.isEmpty { append(item) }
        }
    }
}
