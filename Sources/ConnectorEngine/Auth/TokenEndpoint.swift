import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A vendor's token endpoint, whatever the grant: writes requests and reads answers.
struct TokenEndpoint: Sendable {
    let connector: ConnectorDocument
    let config: TokenEndpointConfig
    let scope: ExpressionScope

    init(connector: ConnectorDocument, config: TokenEndpointConfig, variables: JSONObject) {
        self.connector = connector
        self.config = config
        scope = ExpressionScope(["context": .object(connector.withDefaults(variables))])
    }

    /// A request with the client's proof.
    ///
    /// It goes out once, on a connection of its own: what it changes at the vendor must not happen twice unseen.
    func request(
        _ items: [(name: String, value: String)],
        to url: Expression,
        client: OAuthClient,
        identity: ConnectionIdentity
    ) throws -> OutboundRequest {
        var items = items
        var headers: HTTPFields = [.accept: "application/json"]
        switch config.clientAuth {
        case .basic:
            let pair = [client.id, client.secret?.reveal() ?? ""].map { URLText.encoded($0) }
            headers[.authorization] = "Basic " + Base64.encoded(Array(pair.joined(separator: ":").utf8))
        case .body:
            items.append(("client_id", client.id))
            if let secret = client.secret { items.append(("client_secret", secret.reveal())) }
        case .none: items.append(("client_id", client.id))
        }
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
            url: try address(url, "token_url").description,
            headers: headers,
            body: body,
            identity: identity,
            replay: .never,
            totalTimeout: .seconds(20),
            responseBytesMax: 1_048_576
        )
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
