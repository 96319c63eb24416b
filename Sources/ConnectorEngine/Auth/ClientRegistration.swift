package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
package import JSONValue
import Vocabulary

/// Registers an application of ours with a vendor's authorization server (RFC 7591), where none was deposited.
package struct ClientRegistration: Sendable {
    private let config: ClientRegistrationConfig
    private let flow: OAuth2Config
    private let endpoint: TokenEndpoint

    /// Starts from a connector's way to connect; nil when it wants no registration.
    package init?(connector: ConnectorDocument, method: AuthMethod, variables: JSONObject) {
        guard let flow = method.authorizationCode, let config = flow.registration else { return nil }
        self.config = config
        self.flow = flow
        endpoint = TokenEndpoint(connector: connector, config: flow.token, variables: variables)
    }

    /// The request.
    ///
    /// `redirectURI`: where browsers will come back to.
    package func request(redirectURI: String, identity: ConnectionIdentity) throws -> OutboundRequest {
        let proof =
            switch flow.token.clientAuth {
            case .basic: "client_secret_basic"
            case .body: "client_secret_post"
            case .none, .privateKeyJWT, .tlsClientAuth: flow.token.clientAuth.rawValue
            }
        var body: JSONObject = [
            "redirect_uris": [.string(redirectURI)], "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"], "token_endpoint_auth_method": .string(proof),
        ]
        let scopes = flow.token.scopes + flow.optionalScopes
        if !scopes.isEmpty { body["scope"] = .string(scopes.joined(separator: " ")) }
        for member in config.metadata {
            body[member.name] = try? member.expression.value(in: endpoint.scope)
        }
        return OutboundRequest(
            method: .post,
            url: try endpoint.address(config.url, "dynamic_client_registration/url").description,
            headers: [.accept: "application/json", .contentType: "application/json"],
            body: JSONValue.object(body).bytes(),
            identity: identity,
            replay: .never,
            totalTimeout: .seconds(20),
            responseBytesMax: 1_048_576
        )
    }

    /// The application among what is stored of it; nil when the vendor gives none.
    package func client(in response: InboundResponse) -> [String: String]? {
        guard (200...299).contains(response.status),
            let body = try? JSONValue(parsing: response.body, policy: .vendor),
            let id = body["client_id"]?.string, !id.isEmpty
        else { return nil }
        var stored = ["client_id": id]
        stored["client_secret"] = body["client_secret"]?.string
        return stored
    }
}
