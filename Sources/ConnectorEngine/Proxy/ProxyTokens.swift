package import ConnectorConfig
package import JSONValue
package import Vocabulary

/// Stands in for a connector's token endpoint, for clients that fetch a token before anything else.
///
/// The token they get is the caller's own key, in the shape of the vendor's answers, so that it comes back with their
/// next calls. The vendor hears nothing of it: the account's credentials are put in later, as always.
package enum ProxyTokens {
    private static let lifetime = 3600

    /// The answer to a request for a token.
    ///
    /// - Parameters:
    ///   - path: the raw path; a token endpoint on another host of the vendor counts by its path alone.
    ///   - key: the caller's key, already checked.
    ///   - connector: says where token endpoints are and what they answer.
    ///   - variables: the account's, for addresses that hold some.
    /// - Returns: the body; nil when the path is no token endpoint of the connector.
    package static func answer(
        to path: String,
        key: Secret<String>,
        connector: ConnectorDocument,
        variables: JSONObject
    ) -> JSONValue? {
        let scope = ExpressionScope(["context": .object(connector.withDefaults(variables))])
        for method in connector.auth {
            guard let endpoint = endpoint(of: method),
                let text = try? endpoint.url.text(in: scope), let address = WebAddress(text),
                address.path.utf8.elementsEqual(path.utf8)
            else { continue }
            return answer(key, endpoint.response, scopes: endpoint.scopes)
        }
        return nil
    }

    private static func endpoint(of method: AuthMethod) -> TokenEndpointConfig? {
        switch method.kind {
        case .oauth2AuthorizationCode(let config): config.token
        case .oauth2ClientCredentials(let config): config.token
        default: nil
        }
    }

    private static func answer(_ key: Secret<String>, _ shape: TokenResponseConfig, scopes: [String]) -> JSONValue {
        let parts: [(DocumentPath, JSONValue)] = [
            (shape.accessToken, .string(key.reveal())),
            (sibling(of: shape.accessToken, "token_type"), "Bearer"),
            (shape.expiresIn, .number(JSONNumber(shape.expiresUnit.lifetime(seconds: lifetime)))),
            (shape.scope, .string(scopes.joined(separator: " "))),
        ]
        return parts.reduce([:]) { body, part in
            guard let name = part.0.names.last else { return body }
            return DocumentPath(part.0.names.dropLast().joined(separator: "."))
                .laying(JSONObject([(name, part.1)]), over: body)
        }
    }

    private static func sibling(of path: DocumentPath, _ name: String) -> DocumentPath {
        DocumentPath((path.names.dropLast() + [name]).joined(separator: "."))
    }
}

extension TokenResponseConfig.ExpiresUnit {
    /// A lifetime counted in this unit.
    fileprivate func lifetime(seconds: Int) -> Int {
        switch self {
        case .seconds: seconds
        case .milliseconds: seconds * 1000
        case .minutes: seconds / 60
        }
    }
}
