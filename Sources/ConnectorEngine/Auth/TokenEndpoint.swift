import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A vendor's token endpoint, whatever the grant: writes requests and reads answers.
struct TokenEndpoint: Sendable {
    let connector: ConnectorDocument
    let config: TokenEndpointConfig
    var scope: ExpressionScope

    init(connector: ConnectorDocument, config: TokenEndpointConfig, variables: JSONObject) {
        self.connector = connector
        self.config = config
        scope = ExpressionScope(["context": .object(connector.withDefaults(variables))])
    }

    /// The endpoint with expressions that see the account's credentials.
    func seeing(_ material: TokenMaterial) -> TokenEndpoint {
        var endpoint = self
        endpoint.scope = scope.adding("credentials", material.credentials)
        return endpoint
    }

    /// The scopes that are asked for.
    var scopeItems: [(name: String, value: String)] {
        config.scopes.isEmpty
            ? [] : [(config.scopeParam, config.scopes.joined(separator: config.scopeSeparator))]
    }

    /// A request with the client's proof.
    ///
    /// It goes out once, on a connection of its own: what it changes at the vendor must not happen twice unseen.
    /// `needsClient`: whether it cannot be without one.
    func request(
        _ items: [(name: String, value: String)],
        to url: Expression,
        _ material: TokenMaterial,
        needsClient: Bool = true
    ) throws -> OutboundRequest {
        var items = items
        var headers: HeaderFields = [.accept: "application/json"]
        let address = try address(url, "token_url").description
        if let client = material.client {
            switch config.clientAuth {
            case .basic:
                let pair = [client.id, client.secret?.reveal() ?? ""].map { URLText.encoded($0) }
                headers[.authorization] = "Basic " + Base64.encoded(Array(pair.joined(separator: ":").utf8))
            case .body:
                items.append(("client_id", client.id))
                if let secret = client.secret { items.append(("client_secret", secret.reveal())) }
            case .none, .tlsClientAuth: items.append(("client_id", client.id))
            case .privateKeyJWT:
                items.append(("client_id", client.id))
                items += try assertion(material, address)
            }
        } else if needsClient, config.clientAuth == .basic || config.clientAuth == .privateKeyJWT {
            throw Problem(.configInvalid, "the integration has no OAuth client; set its credentials")
        }
        items = written(items)
        for (name, value) in try values(of: config.headers) {
            guard let field = HTTPField.Name(name), HeaderText.isValue(value) else {
                throw Problem(.configInvalid, "the token header '\(name)' cannot be sent")
            }
            headers[field] = value
        }
        let body: [UInt8]
        switch config.bodyFormat {
        case .form:
            headers[.contentType] = "application/x-www-form-urlencoded"
            body = Array(FormText.encoded(items).utf8)
        case .json:
            headers[.contentType] = "application/json"
            body = JSONValue.object(JSONObject(items.map { ($0.name, .string($0.value)) })).bytes()
        }
        return OutboundRequest(
            method: .post,
            url: address,
            headers: headers,
            body: body,
            identity: material.identity,
            replay: .never,
            totalTimeout: .seconds(20),
            responseBytesMax: 1_048_576
        )
    }

    /// The client's signed proof (RFC 7523 section 2.2).
    private func assertion(_ material: TokenMaterial, _ address: String) throws -> [(name: String, value: String)] {
        guard let config = config.clientAssertion else { return [] }
        let scope = seeing(material).scope.adding("token_url", .string(address))
        return [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", try WebToken(config).text(in: scope, tools: material.tools).reveal()),
        ]
    }

    /// Parameters as the vendor calls them, without empty ones where it does not like them.
    func written(_ items: [(name: String, value: String)]) -> [(name: String, value: String)] {
        items.filter { !config.skipsEmpty || !$0.value.isEmpty }
            .map { (config.paramRenames[$0.name] ?? $0.name, $0.value) }
    }

    /// The request that gives a token back (RFC 7009), if the vendor has one and the document wants it sent.
    func revocation(of token: String?, _ material: TokenMaterial) throws -> [OutboundRequest] {
        guard config.revokesOnDelete, let url = config.revokeURL, let token else { return [] }
        return [try request([("token", token)], to: url, material)]
    }

    /// The request that looks into a token (RFC 7662); nil when the document wants none.
    func introspection(of token: Secret<String>, _ material: TokenMaterial) throws -> OutboundRequest? {
        try config.introspectURL.map {
            try request([("token", token.reveal()), ("token_type_hint", "access_token")], to: $0, material)
        }
    }

    /// What an answer says.
    func outcome(of response: InboundResponse) -> TokenOutcome {
        TokenReader(config: config).outcome(of: response)
    }

    /// An address of the document, which must be one of the connector's hosts.
    func address(_ url: Expression, _ word: String) throws -> WebAddress {
        guard let address = try text(of: url, word).flatMap(WebAddress.init) else {
            throw Problem(.configInvalid, "\(word) is not an https address")
        }
        return try address.allowed(by: connector)
    }

    /// The text that an expression gives, if any.
    func text(of expression: Expression?, _ word: String) throws -> String? {
        do { return try expression?.text(in: scope) } catch {
            throw Problem(.configInvalid, "\(word): \(error.message)", underlying: error)
        }
    }

    /// Names and values, without those that have none.
    func values(of expressions: [NamedExpression]) throws -> [(name: String, value: String)] {
        try expressions.compactMap { named in
            try text(of: named.expression, "'\(named.name)'").map { (named.name, $0) }
        }
    }
}
