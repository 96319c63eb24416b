import JSONValue

/// What a vendor's authorization server wants (RFC 6749, RFC 7636).
package struct OAuth2Config: Sendable {
    /// How the code challenge is made (RFC 7636 section 4.2).
    package enum PKCE: String, Sendable, CaseIterable {
        case s256 = "S256"
        /// The verifier itself, for vendors that know nothing better.
        case plain
        case off
    }

    static let keys =
        TokenEndpointConfig.keys + [
            "authorize_url", "refresh_url", "optional_scopes", "optional_scope_param", "authorize_params",
            "token_params", "refresh_params", "pkce", "redirect_uri", "callback_keep", "callback_code_param",
            "dynamic_client_registration", "state",
        ] + RefreshTokenConfig.keys

    /// Where the user's browser is sent.
    package let authorizeURL: Expression
    /// Where a code becomes tokens, and how.
    package let token: TokenEndpointConfig
    /// How tokens are renewed.
    package let refresh: RefreshGrantConfig
    /// Scopes that the user may leave out.
    package let optionalScopes: [String]
    /// The parameter of the optional scopes; without it they are joined to the others.
    package let optionalScopeParam: String?
    /// Further parameters of the authorize URL.
    package let authorizeParams: [NamedExpression]
    /// Further parameters of the code exchange.
    package let tokenParams: [NamedExpression]
    /// The code challenge.
    package let pkce: PKCE
    /// Where the vendor sends the browser back to, when that is not the Broker itself; sees its own address as
    /// `redirect_uri`.
    package let redirectURI: Expression?
    /// Parameters of the callback that are kept as variables.
    package let callbackKeep: [String]
    /// How an application is registered where none was deposited.
    package let registration: ClientRegistrationConfig?
    /// The parameter of the callback that holds the code.
    package let callbackCodeParam: String
    /// What ties the callback to the browser.
    package let state: StateConfig

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        authorizeURL = try reader.required("authorize_url").expression()
        token = try TokenEndpointConfig(reading: reader, permanentErrors: ["invalid_grant"])
        refresh = try RefreshGrantConfig(reading: reader, token: token)
        optionalScopes = try reader.child("optional_scopes")?.strings() ?? []
        optionalScopeParam = try reader.child("optional_scope_param")?.string()
        authorizeParams = try reader.child("authorize_params")?.expressions() ?? []
        tokenParams = try reader.child("token_params")?.expressions() ?? []
        pkce = try reader.child("pkce")?.choice(PKCE.self) ?? .s256
        redirectURI = try reader.child("redirect_uri")?.expression()
        callbackKeep = try reader.child("callback_keep")?.strings() ?? []
        registration = try reader.child("dynamic_client_registration").map(ClientRegistrationConfig.init(reading:))
        callbackCodeParam = try reader.child("callback_code_param")?.string() ?? "code"
        state = try StateConfig(reading: reader.child("state"))
    }
}

/// How an application registers itself (RFC 7591).
package struct ClientRegistrationConfig: Sendable {
    /// Where.
    package let url: Expression
    /// What it says of itself, over what follows from the flow.
    package let metadata: [NamedExpression]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["url", "metadata"])
        url = try reader.required("url").expression()
        metadata = try reader.child("metadata")?.expressions() ?? []
    }
}

/// How long a refresh token lives, and what is done for it.
package struct RefreshTokenConfig: Sendable {
    /// What becomes of a refresh token when it is used.
    package enum Rotation: String, Sendable, CaseIterable {
        /// It stays, and so does its end.
        case none
        /// A new one takes its place, which lives from then on.
        case rotating
        /// It stays, and lives from then on.
        case sliding
    }

    static let keys = ["refresh_token_rotation", "refresh_token_lifetime", "keepalive_days"]

    /// What becomes of it when it is used.
    package let rotation: Rotation
    /// How long it lives; for ever, as far as is known, if nil.
    package let lifetime: Duration?
    /// How long it may lie unused before it is used for its own sake.
    package let keepAlive: Duration?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        rotation = try reader.child("refresh_token_rotation")?.choice(Rotation.self) ?? .none
        lifetime = try reader.child("refresh_token_lifetime")?.int(60...315_360_000).seconds
        keepAlive = try reader.child("keepalive_days")?.int(1...3650).seconds.days
    }
}

extension Duration {
    /// As many days as this has seconds.
    fileprivate var days: Duration { self * 86_400 }
}
