import JSONValue

/// What a vendor's authorization server wants (RFC 6749, RFC 7636).
package struct OAuth2Config: Sendable {
    /// How the code challenge is made (RFC 7636 section 4.2).
    package enum PKCE: String, Sendable, CaseIterable {
        case s256 = "S256"
        case off
    }

    /// How the client proves who it is at the token endpoint (RFC 6749 section 2.3).
    package enum ClientAuth: String, Sendable, CaseIterable {
        case basic, body, none
    }

    /// How a token request's parameters are written.
    package enum BodyFormat: String, Sendable, CaseIterable {
        case form, json
    }

    /// What becomes of a refresh token when it is used.
    package enum Rotation: String, Sendable, CaseIterable {
        case none, rotating, sliding
    }

    static let keys = [
        "authorize_url", "token_url", "refresh_url", "revoke_url", "scopes", "optional_scopes", "scope_separator",
        "scope_param", "optional_scope_param", "authorize_params", "token_params", "refresh_params", "pkce",
        "client_auth", "body_format", "token_headers", "token_response", "token_error", "expiry_default",
        "refresh_buffer_seconds", "refresh_token_rotation", "revoke_on_delete", "callback_keep",
    ]

    /// Where the user's browser is sent.
    package let authorizeURL: Expression
    /// Where a code becomes tokens.
    package let tokenURL: Expression
    /// Where a refresh token becomes tokens; the token URL by default.
    package let refreshURL: Expression?
    /// Where a token is revoked (RFC 7009), if anywhere.
    package let revokeURL: Expression?
    /// Scopes that are always asked for.
    package let scopes: [String]
    /// Scopes that the user may leave out.
    package let optionalScopes: [String]
    /// What stands between two scopes.
    package let scopeSeparator: String
    /// The name of the scope parameter.
    package let scopeParam: String
    /// The parameter of the optional scopes; without it they are joined to the others.
    package let optionalScopeParam: String?
    /// Further parameters of the authorize URL.
    package let authorizeParams: [NamedExpression]
    /// Further parameters of the code exchange.
    package let tokenParams: [NamedExpression]
    /// Further parameters of a refresh.
    package let refreshParams: [NamedExpression]
    /// The code challenge.
    package let pkce: PKCE
    /// The client's proof.
    package let clientAuth: ClientAuth
    /// How parameters are written.
    package let bodyFormat: BodyFormat
    /// Further header fields of token requests.
    package let tokenHeaders: [NamedExpression]
    /// Where the parts of a token answer are.
    package let tokenResponse: TokenResponseConfig
    /// What a token endpoint's errors mean.
    package let tokenError: TokenErrorConfig
    /// The lifetime assumed when the answer has none.
    package let expiryDefault: Duration?
    /// How long before its end a token is renewed.
    package let refreshBuffer: Duration
    /// What becomes of a used refresh token.
    package let rotation: Rotation
    /// Whether the grant is revoked when the account is deleted.
    package let revokesOnDelete: Bool
    /// Parameters of the callback that are kept as variables.
    package let callbackKeep: [String]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        authorizeURL = try reader.required("authorize_url").expression()
        tokenURL = try reader.required("token_url").expression()
        refreshURL = try reader.child("refresh_url")?.expression()
        revokeURL = try reader.child("revoke_url")?.expression()
        scopes = try reader.child("scopes")?.strings() ?? []
        optionalScopes = try reader.child("optional_scopes")?.strings() ?? []
        scopeSeparator = try reader.child("scope_separator")?.string() ?? " "
        scopeParam = try reader.child("scope_param")?.string() ?? "scope"
        optionalScopeParam = try reader.child("optional_scope_param")?.string()
        authorizeParams = try reader.child("authorize_params")?.expressions() ?? []
        tokenParams = try reader.child("token_params")?.expressions() ?? []
        refreshParams = try reader.child("refresh_params")?.expressions() ?? []
        pkce = try reader.child("pkce")?.choice(PKCE.self) ?? .s256
        clientAuth = try reader.child("client_auth")?.choice(ClientAuth.self) ?? .body
        bodyFormat = try reader.child("body_format")?.choice(BodyFormat.self) ?? .form
        tokenHeaders = try reader.child("token_headers")?.expressions() ?? []
        tokenResponse = try TokenResponseConfig(reading: reader.child("token_response"))
        tokenError = try TokenErrorConfig(reading: reader.child("token_error"))
        expiryDefault = try reader.child("expiry_default")?.int(1...31_536_000).seconds
        refreshBuffer = try reader.child("refresh_buffer_seconds")?.int(0...86_400).seconds ?? .seconds(300)
        rotation = try reader.child("refresh_token_rotation")?.choice(Rotation.self) ?? .none
        revokesOnDelete = try reader.child("revoke_on_delete")?.bool() ?? false
        callbackKeep = try reader.child("callback_keep")?.strings() ?? []
    }
}

/// Where the parts of a token answer are (RFC 6749 section 5.1 by default).
package struct TokenResponseConfig: Sendable {
    /// The access token.
    package let accessToken: DocumentPath
    /// The refresh token.
    package let refreshToken: DocumentPath
    /// The lifetime in seconds, a number or its text.
    package let expiresIn: DocumentPath
    /// The granted scopes, as text or as a list.
    package let scope: DocumentPath
    /// Variables that are kept from each answer, such as the address of the user's instance.
    package let keep: [(variable: String, path: DocumentPath)]

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["access_token", "refresh_token", "expires_in", "scope", "keep"])
        accessToken = DocumentPath(try reader?.child("access_token")?.string() ?? "access_token")
        refreshToken = DocumentPath(try reader?.child("refresh_token")?.string() ?? "refresh_token")
        expiresIn = DocumentPath(try reader?.child("expires_in")?.string() ?? "expires_in")
        scope = DocumentPath(try reader?.child("scope")?.string() ?? "scope")
        var keep: [(variable: String, path: DocumentPath)] = []
        for (name, member) in try reader?.child("keep")?.members() ?? [] {
            keep.append((name, DocumentPath(try member.string())))
        }
        self.keep = keep
    }
}

/// What a token endpoint's errors mean (RFC 6749 section 5.2 by default).
package struct TokenErrorConfig: Sendable {
    /// Where the error code is.
    package let code: DocumentPath
    /// Where its text is.
    package let message: DocumentPath
    /// Codes after which the user must connect again.
    package let permanent: [String]
    /// Codes that mean the operator's client is set up wrongly.
    package let misconfigured: [String]

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["code", "message", "permanent", "misconfigured"])
        code = DocumentPath(try reader?.child("code")?.string() ?? "error")
        message = DocumentPath(try reader?.child("message")?.string() ?? "error_description")
        permanent = try reader?.child("permanent")?.strings() ?? ["invalid_grant"]
        misconfigured =
            try reader?.child("misconfigured")?.strings()
            ?? ["invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope"]
    }
}

extension Int {
    /// This many seconds.
    var seconds: Duration { .seconds(self) }
}
