import ConnectorConfig
import HTTPExchange
package import JSONValue
package import Vocabulary

/// What a token endpoint has granted.
package struct TokenGrant: Sendable {
    /// The access token.
    package let accessToken: Secret<String>
    /// The new refresh token; nil means that the old one stays good.
    package let refreshToken: Secret<String>?
    /// How long the access token lives, as the vendor or else the connector says; nil when nobody does.
    package let lifetime: Duration?
    /// The scopes that were granted, where the answer tells.
    package let scopes: [String]?
    /// Variables to keep with the account, such as the address of its instance.
    package let variables: JSONObject
}

/// Why a token endpoint has granted nothing.
package struct TokenRefusal: Sendable, Equatable {
    /// What follows from it.
    package enum Kind: String, Sendable {
        /// The grant is dead: the user must connect again.
        case permanent
        /// The operator's application is set up wrongly.
        case misconfigured
        /// It may work later.
        case temporary
    }

    /// What follows.
    package let kind: Kind
    /// The HTTP status.
    package let status: Int
    /// The vendor's code, at most 100 characters.
    package let code: String?
    /// The vendor's words, at most 300 characters.
    package let message: String?
}

/// A token endpoint's answer, read.
package enum TokenOutcome: Sendable {
    /// Tokens.
    case granted(TokenGrant)
    /// None.
    case refused(TokenRefusal)
}

/// Reads token answers (RFC 6749 sections 5.1 and 5.2) with a connector's deviations.
struct TokenReader {
    let config: OAuth2Config

    func outcome(of response: InboundResponse) -> TokenOutcome {
        guard let body = try? JSONValue(parsing: response.body, policy: .vendor) else {
            return refused(response, body: .null)
        }
        let paths = config.tokenResponse
        guard (200...299).contains(response.status),
            let token = paths.accessToken.value(in: body)?.string, !token.isEmpty
        else { return refused(response, body: body) }
        var variables = JSONObject()
        for (variable, path) in paths.keep {
            if let value = path.value(in: body), !value.isNull { variables[variable] = value }
        }
        let refreshToken = paths.refreshToken.value(in: body)?.string
        return .granted(
            TokenGrant(
                accessToken: Secret(token),
                refreshToken: refreshToken.flatMap { $0.isEmpty ? nil : Secret($0) },
                lifetime: lifetime(paths.expiresIn.value(in: body)) ?? config.expiryDefault,
                scopes: scopes(paths.scope.value(in: body)),
                variables: variables
            )
        )
    }

    private func lifetime(_ value: JSONValue?) -> Duration? {
        guard let text = value?.plainText, let seconds = Int(text) ?? Double(text).map({ Int($0) }),
            (1...31_536_000_00).contains(seconds)
        else { return nil }
        return .seconds(seconds)
    }

    private func scopes(_ value: JSONValue?) -> [String]? {
        switch value {
        case .string(let text): text.split { $0 == " " || $0 == "," }.map(String.init)
        case .array(let list): list.compactMap(\.string)
        default: nil
        }
    }

    private func refused(_ response: InboundResponse, body: JSONValue) -> TokenOutcome {
        let code = config.tokenError.code.value(in: body)?.plainText
        let message = config.tokenError.message.value(in: body)?.plainText
        let kind: TokenRefusal.Kind
        switch code {
        // A server in trouble is believed about nothing.
        case _ where response.status >= 500 || response.status == 429: kind = .temporary
        case let code? where config.tokenError.permanent.contains(code): kind = .permanent
        case let code? where config.tokenError.misconfigured.contains(code): kind = .misconfigured
        default: kind = .temporary
        }
        return .refused(
            TokenRefusal(
                kind: kind,
                status: response.status,
                code: code.map { String($0.prefix(100)) },
                message: message.map { String($0.prefix(300)) }
            )
        )
    }
}
