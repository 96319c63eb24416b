import JSONValue

/// Tokens for a client of its own, without a user (RFC 6749 section 4.4).
package struct ClientCredentialsConfig: Sendable {
    static let keys = TokenEndpointConfig.keys + ["params", "audience", "resource"]

    /// Where the tokens come from, and how.
    package let token: TokenEndpointConfig
    /// Further parameters of the token request.
    package let params: [NamedExpression]
    /// Whom the token is for, as the parameter `audience`.
    package let audience: Expression?
    /// What the token is for, as the parameter `resource` (RFC 8707).
    package let resource: Expression?
    /// Whether the user types the client's id and secret; the integration's own client is used otherwise.
    package let usesTypedClient: Bool

    init(reading reader: DocumentReader, fields: [VariableConfig]) throws(ConnectorConfigError) {
        let names = fields.map(\.name)
        usesTypedClient = names.contains("client_id")
        // When the client is the user's own, its refusal is final until he connects again.
        token = try TokenEndpointConfig(
            reading: reader,
            permanentErrors: usesTypedClient ? ["invalid_client", "unauthorized_client", "invalid_grant"] : []
        )
        params = try reader.child("params")?.expressions() ?? []
        audience = try reader.child("audience")?.expression()
        resource = try reader.child("resource")?.expression()
        guard usesTypedClient || !names.contains("client_secret") else {
            throw try reader.required("fields").error("'client_secret' needs a field 'client_id' beside it")
        }
    }
}
