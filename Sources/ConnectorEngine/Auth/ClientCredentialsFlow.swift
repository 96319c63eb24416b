package import ConnectorConfig
package import HTTPExchange
package import JSONValue
import Vocabulary

/// Tokens for a client of its own (RFC 6749 section 4.4), as a request to be sent and an answer to be read.
///
/// It sends nothing itself. Renewing is asking again.
package struct ClientCredentialsFlow: Sendable {
    private let config: ClientCredentialsConfig
    private let endpoint: TokenEndpoint

    /// Starts from a connector's way to connect and the account's variables.
    ///
    /// - Throws: `Problem` (`config_invalid`) when the way is of another kind.
    package init(connector: ConnectorDocument, method: String, variables: JSONObject) throws {
        guard case .oauth2ClientCredentials(let config)? = connector.authMethod(method)?.kind else {
            throw Problem(
                .configInvalid,
                "the connector '\(connector.name)' has no client credentials method '\(method)'"
            )
        }
        self.config = config
        endpoint = TokenEndpoint(connector: connector, config: config.token, variables: variables)
    }

    /// Whether the user typed the client, so that it lies with the account and not with the integration.
    package var usesTypedClient: Bool { config.usesTypedClient }

    /// How long before its end a token is renewed.
    package var refreshBuffer: Duration { config.token.refreshBuffer }

    /// The request for a token.
    ///
    /// `client`: whose token it is.
    /// `identity`: the connection, with the client certificate where one is wanted.
    package func request(client: OAuthClient, identity: ConnectionIdentity) throws -> OutboundRequest {
        var items: [(name: String, value: String)] = [("grant_type", "client_credentials")]
        if !config.token.scopes.isEmpty {
            items.append(
                (config.token.scopeParam, config.token.scopes.joined(separator: config.token.scopeSeparator))
            )
        }
        if let audience = try endpoint.text(of: config.audience, "audience") { items.append(("audience", audience)) }
        if let resource = try endpoint.text(of: config.resource, "resource") { items.append(("resource", resource)) }
        // A parameter of the document takes the place of a standard one, and an empty one takes it away.
        for (name, value) in try endpoint.values(of: config.params) {
            items.removeAll { $0.name == name }
            if !value.isEmpty { items.append((name, value)) }
        }
        return try endpoint.request(items, to: config.token.url, client: client, identity: identity)
    }

    /// What the token endpoint's answer says.
    package func outcome(of response: InboundResponse) -> TokenOutcome {
        endpoint.outcome(of: response)
    }
}
