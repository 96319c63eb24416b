import ConnectorConfig
import HTTPExchange
import HTTPTypes
package import JSONValue
package import Vocabulary

/// What a token endpoint has granted.
package struct TokenGrant: Sendable {
    /// The access token.
    package var accessToken: Secret<String>
    /// The new refresh token; nil means that the old one stays good.
    package var refreshToken: Secret<String>?
    /// How long the access token lives, as the vendor or else the connector says; nil when nobody does.
    package var lifetime: Duration?
    /// When it ends, in seconds since 1970, where the vendor tells that instead.
    package var end: Double?
    /// The scopes that were granted, where the answer tells.
    package var scopes: [String]?
    /// Further secrets to store with the account, by name; an empty one is forgotten.
    package var values: [String: Secret<String>] = [:]
    /// Variables to keep with the account, such as the address of its instance.
    package var variables = JSONObject()

    /// When the access token ends, in seconds since 1970; nil when nobody knows.
    package func end(grantedAt now: Double) -> Double? {
        end ?? lifetime.map { now + $0 / .seconds(1) }
    }
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

    /// Describes a refusal.
    package init(kind: Kind, status: Int, code: String? = nil, message: String? = nil) {
        self.kind = kind
        self.status = status
        self.code = code.map { String($0.prefix(100)) }
        self.message = message.map { String($0.prefix(300)) }
    }
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
    let config: TokenEndpointConfig

    func outcome(of response: InboundResponse) -> TokenOutcome {
        let judge = TokenJudge(config: config.error)
        guard let body = try? JSONValue(parsing: response.body, policy: .vendor) else {
            return .refused(judge.refusal(response, body: .null))
        }
        let paths = config.response
        let fields = headers(response)
        let token = fields["access_token"] ?? paths.accessToken.value(in: body)?.string ?? ""
        guard (200...299).contains(response.status), !token.isEmpty, !judge.isRefusal(response, body) else {
            return .refused(judge.refusal(response, body: body))
        }
        var variables = JSONObject()
        for (variable, path) in paths.keep {
            if let value = path.value(in: body), !value.isNull { variables[variable] = value }
        }
        for (name, value) in fields where name != "access_token" && name != "refresh_token" {
            variables[name] = .string(value)
        }
        var values: [String: Secret<String>] = [:]
        if let type = paths.tokenType.value(in: body)?.string, !type.isEmpty { values["token_type"] = Secret(type) }
        let refreshToken = fields["refresh_token"] ?? paths.refreshToken.value(in: body)?.string ?? ""
        return .granted(
            TokenGrant(
                accessToken: Secret(token),
                refreshToken: refreshToken.isEmpty ? nil : Secret(refreshToken),
                lifetime: lifetime(body) ?? config.renewal.expiryDefault,
                end: config.response.expiresAt?.value(in: body)?.plainText.flatMap(TokenEnd.moment),
                scopes: scopes((config.grantedScopes ?? paths.scope).value(in: body)),
                values: values,
                variables: variables
            )
        )
    }

    /// What the answer's header fields give, by name.
    private func headers(_ response: InboundResponse) -> [String: String] {
        var found: [String: String] = [:]
        for (name, header) in config.response.fromHeaders {
            if let text = Self.token(in: header, of: response.headers) { found[name] = text }
        }
        return found
    }

    /// The text of a header field without the scheme that a token has in the place where it is sent.
    static func token(in header: String, of headers: HeaderFields) -> String? {
        guard let field = HTTPField.Name(header), var text = headers[field] else { return nil }
        if text.lowercased().hasPrefix("bearer ") { text.removeFirst("bearer ".count) }
        return text.isEmpty ? nil : text
    }

    private func lifetime(_ body: JSONValue) -> Duration? {
        guard let text = config.response.expiresIn.value(in: body)?.plainText, let number = Double(text) else {
            return nil
        }
        let seconds =
            switch config.response.expiresUnit {
            case .seconds: number
            case .milliseconds: number / 1000
            case .minutes: number * 60
            }
        guard (1...3_153_600_000).contains(seconds) else { return nil }
        return .seconds(Int(seconds))
    }

    private func scopes(_ value: JSONValue?) -> [String]? {
        switch value {
        case .string(let text): text.split { $0 == " " || $0 == "," }.map(String.init)
        case .array(let list): list.compactMap(\.string)
        default: nil
        }
    }
}

/// When a token ends, as vendors write it.
enum TokenEnd {
    /// Seconds since 1970 of an RFC 3339 text, or of a number of seconds or milliseconds.
    static func moment(_ text: String) -> Double? {
        if let number = Double(text) { return number > 100_000_000_000 ? number / 1000 : number }
        return Instant(text).map { Double($0.secondsSinceEpoch) }
    }
}

/// Tells refusals from grants, and what a refusal means.
struct TokenJudge {
    let config: TokenErrorConfig

    /// Whether an answer that looks good is a refusal.
    func isRefusal(_ response: InboundResponse, _ body: JSONValue, context: JSONObject = [:]) -> Bool {
        isTrue(config.condition, response, body, context)
    }

    func refusal(_ response: InboundResponse, body: JSONValue, context: JSONObject = [:]) -> TokenRefusal {
        let code = config.code.value(in: body)?.plainText
        let kind: TokenRefusal.Kind
        switch code {
        // A server in trouble is believed about nothing.
        case _ where response.status >= 500 || response.status == 429: kind = .temporary
        case _ where isTrue(config.permanentCondition, response, body, context): kind = .permanent
        case let code? where config.permanent.contains(code): kind = .permanent
        case let code? where config.misconfigured.contains(code): kind = .misconfigured
        default: kind = .temporary
        }
        return TokenRefusal(
            kind: kind,
            status: response.status,
            code: code,
            message: config.message.value(in: body)?.plainText
        )
    }

    /// A condition that fails has found nothing.
    private func isTrue(
        _ condition: Expression?,
        _ response: InboundResponse,
        _ body: JSONValue,
        _ context: JSONObject
    ) -> Bool {
        guard let condition else { return false }
        let scope = ResponseScope.scope(response, body: body).adding("context", .object(context))
        return (try? condition.isTrue(in: scope)) ?? false
    }
}
