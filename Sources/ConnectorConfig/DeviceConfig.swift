import JSONValue

/// A code that the user types on another device (RFC 8628).
package struct DeviceConfig: Sendable {
    static let keys =
        TokenEndpointConfig.keys + RefreshTokenConfig.keys + [
            "device_url", "device_params", "token_params", "refresh_url", "refresh_params",
        ]

    /// Where a code is asked for.
    package let deviceURL: Expression
    /// Where the code becomes tokens, and how.
    package let token: TokenEndpointConfig
    /// Further parameters of the request for a code.
    package let deviceParams: [NamedExpression]
    /// Further parameters of the request for tokens.
    package let tokenParams: [NamedExpression]
    /// How tokens are renewed.
    package let refresh: RefreshGrantConfig

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        deviceURL = try reader.required("device_url").expression()
        token = try TokenEndpointConfig(reading: reader, permanentErrors: ["invalid_grant"])
        deviceParams = try reader.child("device_params")?.expressions() ?? []
        tokenParams = try reader.child("token_params")?.expressions() ?? []
        refresh = try RefreshGrantConfig(reading: reader, token: token)
    }
}

/// How a refresh token becomes tokens (RFC 6749 section 6).
package struct RefreshGrantConfig: Sendable {
    /// How the endpoint is spoken to.
    package let token: TokenEndpointConfig
    /// The endpoint; the token URL by default.
    package let url: Expression?
    /// Further parameters.
    package let params: [NamedExpression]
    /// How long the refresh token lives.
    package let refreshToken: RefreshTokenConfig

    init(reading reader: DocumentReader, token: TokenEndpointConfig) throws(ConnectorConfigError) {
        self.token = token
        url = try reader.child("refresh_url")?.expression()
        params = try reader.child("refresh_params")?.expressions() ?? []
        refreshToken = try RefreshTokenConfig(reading: reader)
    }
}
