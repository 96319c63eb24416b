import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import VaultContract
import Vocabulary

/// How one account's token is renewed: by its refresh token, or by asking for another one with the client's own secret.
struct TokenRenewal {
    private enum Grant {
        case refreshToken(OAuth2Flow)
        case clientCredentials(ClientCredentialsFlow)
    }

    private let grant: Grant

    /// nil when what the account has is not renewed.
    init?(connector: ConnectorDocument, method: String, values: [String: String], variables: JSONObject) throws {
        switch connector.authMethod(method)?.kind {
        case .oauth2AuthorizationCode where values["refresh_token"] != nil:
            grant = .refreshToken(try OAuth2Flow(connector: connector, method: method, variables: variables))
        case .oauth2ClientCredentials:
            grant = .clientCredentials(
                try ClientCredentialsFlow(connector: connector, method: method, variables: variables)
            )
        default: return nil
        }
    }

    /// How long before its end a token is renewed.
    var buffer: Duration {
        switch grant {
        case .refreshToken(let flow): flow.refreshBuffer
        case .clientCredentials(let flow): flow.refreshBuffer
        }
    }

    /// The client that asks: the user's own where he typed one, the integration's otherwise; nil when there is none.
    func client(account values: [String: String], app: () async throws -> [String: String]) async throws -> OAuthClient?
    {
        var source = values
        if case .clientCredentials(let flow) = grant, flow.usesTypedClient {} else { source = try await app() }
        return source["client_id"].map { OAuthClient(id: $0, secret: source["client_secret"].map(Secret.init)) }
    }

    /// The request; nil when the account lacks what it is made of.
    func request(
        client: OAuthClient,
        values: [String: String],
        identity: ConnectionIdentity
    ) throws -> OutboundRequest? {
        switch grant {
        case .refreshToken(let flow):
            try values["refresh_token"].map {
                try flow.refresh(client: client, refreshToken: Secret($0), identity: identity)
            }
        case .clientCredentials(let flow): try flow.request(client: client, identity: identity)
        }
    }

    /// What the token endpoint's answer says.
    func outcome(of response: InboundResponse) -> TokenOutcome {
        switch grant {
        case .refreshToken(let flow): flow.outcome(of: response)
        case .clientCredentials(let flow): flow.outcome(of: response)
        }
    }
}
