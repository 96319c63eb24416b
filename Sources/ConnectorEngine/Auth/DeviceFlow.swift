package import ConnectorConfig
package import HTTPExchange
package import JSONValue
package import Vocabulary

/// What a user must do on another page to allow a connection (RFC 8628 section 3.2).
package struct DeviceCode: Sendable {
    /// What tokens are asked for with.
    package let secret: Secret<String>
    /// What the user types there.
    package let userCode: String
    /// The page; one of the connector's hosts.
    package let page: String
    /// How long both codes live.
    package let lifetime: Duration
    /// How long to wait between two questions.
    package let interval: Duration
}

/// The consent of a user on another page or device (RFC 8628), as requests to be sent and answers to be read.
package struct DeviceFlow: Sendable {
    /// What the vendor says while the user has not decided.
    package enum Waiting: String, Sendable {
        case pending = "authorization_pending"
        case slowDown = "slow_down"
    }

    private let config: DeviceConfig
    private let endpoint: TokenEndpoint

    /// Starts from a connector's way to connect and the account's variables.
    ///
    /// - Throws: `Problem` (`config_invalid`) when the way does not begin with a device code.
    package init(connector: ConnectorDocument, method: String, variables: JSONObject) throws {
        guard let config = connector.authMethod(method)?.device else {
            throw Problem(.configInvalid, "the connector '\(connector.name)' has no device method '\(method)'")
        }
        self.config = config
        endpoint = TokenEndpoint(connector: connector, config: config.token, variables: variables)
    }

    /// The request for a code.
    package func request(_ material: TokenMaterial) throws -> OutboundRequest {
        var items = endpoint.scopeItems
        try items.lay(endpoint.values(of: config.deviceParams))
        return try endpoint.request(items, to: config.deviceURL, material)
    }

    /// The code in an answer; nil when the vendor gives none.
    ///
    /// - Throws: `Problem` (`blocked_address`) when its page is not one of the connector's.
    package func code(in response: InboundResponse) throws -> DeviceCode? {
        guard (200...299).contains(response.status),
            let body = try? JSONValue(parsing: response.body, policy: .vendor),
            let secret = body["device_code"]?.string, let userCode = body["user_code"]?.string,
            let page = (body["verification_uri"] ?? body["verification_url"])?.string.flatMap(WebAddress.init)
        else { return nil }
        return DeviceCode(
            secret: Secret(secret),
            userCode: userCode,
            page: try page.allowed(by: endpoint.connector).description,
            lifetime: .seconds(min(max(Self.seconds(body["expires_in"]) ?? 900, 60), 1800)),
            interval: .seconds(min(max(Self.seconds(body["interval"]) ?? 5, 1), 60))
        )
    }

    /// Begins to turn a code into tokens; as long as the user has not decided, it is refused as ``Waiting``.
    package func exchange(_ material: TokenMaterial, code: Secret<String>) throws -> any TokenAttempt {
        var items: [(name: String, value: String)] = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", code.reveal()),
        ]
        try items.lay(endpoint.values(of: config.tokenParams))
        return try EndpointAttempt(endpoint, items, to: config.token.url, material)
    }

    private static func seconds(_ value: JSONValue?) -> Int? { value?.plainText.flatMap { Int($0) } }
}
