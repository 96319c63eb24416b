import JSONValue

/// What a vendor's authorization server wants (RFC 6749, RFC 7636).
package struct OAuth2Config: Sendable {
    /// How the code challenge is made (RFC 7636 section 4.2).
    package enum PKCE: String, Sendable, CaseIterable {
        case s256 = "S256"
        case off
    }

    /// What becomes of a refresh token when it is used.
    package enum Rotation: String, Sendable, CaseIterable {
        case none, rotating, sliding
    }

    static let keys =
        TokenEndpointConfig.keys + [
            "authorize_url", "refresh_url", "revoke_url", "optional_scopes", "optional_scope_param",
            "authorize_params", "token_params", "refresh_params", "pkce", "refresh_token_rotation",
            "revoke_on_delete", "callback_keep",
        ]

    /// Where the user's browser is sent.
    package let authorizeURL: Expression
    /// Where a code becomes tokens, and how.
    package let token: TokenEndpointConfig
    /// Where a refresh token becomes tokens; the token URL by default.
    package let refreshURL: Expression?
    /// Where a token is revoked (RFC 7009), if anywhere.
    package let revokeURL: Expression?
    /// Scopes that the user may leave out.
    package let optionalScopes: [String]
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
    /// What becomes of a used refresh token.
    package let rotation: Rotation
    /// Whether the grant is revoked when the account is deleted.
    package let revokesOnDelete: Bool
    /// Parameters of the callback that are kept as variables.
    package let callbackKeep: [String]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        authorizeURL = try reader.required("authorize_url").expression()
        token = try TokenEndpointConfig(reading: reader, permanentErrors: ["invalid_grant"])
        refreshURL = try reader.child("refresh_url")?.expression()
        revokeURL = try reader.child("revoke_url")?.expression()
        optionalScopes = try reader.child("optional_scopes")?.strings() ?? []
        optionalScopeParam = try reader.child("optional_scope_param")?.string()
        authorizeParams = try reader.child("authorize_params")?.expressions() ?? []
        tokenParams = try reader.child("token_params")?.expressions() ?? []
        refreshParams = try reader.child("refresh_params")?.expressions() ?? []
        pkce = try reader.child("pkce")?.choice(PKCE.self) ?? .s256
        rotation = try reader.child("refresh_token_rotation")?.choice(Rotation.self) ?? .none
        revokesOnDelete = try reader.child("revoke_on_delete")?.bool() ?? false
        callbackKeep = try reader.child("callback_keep")?.strings() ?? []
    }
}
