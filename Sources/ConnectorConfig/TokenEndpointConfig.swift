import JSONValue

/// How a vendor's token endpoint is spoken to, whatever the grant (RFC 6749 sections 2.3, 5.1 and 5.2).
package struct TokenEndpointConfig: Sendable {
    /// How the client proves who it is (RFC 6749 section 2.3).
    package enum ClientAuth: String, Sendable, CaseIterable {
        case basic, body, none
    }

    /// How a token request's parameters are written.
    package enum BodyFormat: String, Sendable, CaseIterable {
        case form, json
    }

    static let keys = [
        "token_url", "scopes", "scope_separator", "scope_param", "client_auth", "body_format", "token_headers",
        "token_response", "token_error", "expiry_default", "refresh_buffer_seconds",
    ]

    /// Where tokens come from.
    package let url: Expression
    /// Scopes that are always asked for.
    package let scopes: [String]
    /// What stands between two scopes.
    package let scopeSeparator: String
    /// The name of the scope parameter.
    package let scopeParam: String
    /// The client's proof.
    package let clientAuth: ClientAuth
    /// How parameters are written.
    package let bodyFormat: BodyFormat
    /// Further header fields of token requests.
    package let headers: [NamedExpression]
    /// Where the parts of a token answer are.
    package let response: TokenResponseConfig
    /// What a token endpoint's errors mean.
    package let error: TokenErrorConfig
    /// The lifetime assumed when the answer has none.
    package let expiryDefault: Duration?
    /// How long before its end a token is renewed.
    package let refreshBuffer: Duration

    init(reading reader: DocumentReader, permanentErrors: [String]) throws(ConnectorConfigError) {
        url = try reader.required("token_url").expression()
        scopes = try reader.child("scopes")?.strings() ?? []
        scopeSeparator = try reader.child("scope_separator")?.string() ?? " "
        scopeParam = try reader.child("scope_param")?.string() ?? "scope"
        clientAuth = try reader.child("client_auth")?.choice(ClientAuth.self) ?? .body
        bodyFormat = try reader.child("body_format")?.choice(BodyFormat.self) ?? .form
        headers = try reader.child("token_headers")?.expressions() ?? []
        response = try TokenResponseConfig(reading: reader.child("token_response"))
        error = try TokenErrorConfig(reading: reader.child("token_error"), permanent: permanentErrors)
        expiryDefault = try reader.child("expiry_default")?.int(1...31_536_000).seconds
        refreshBuffer = try reader.child("refresh_buffer_seconds")?.int(0...86_400).seconds ?? .seconds(300)
    }
}

/// Where the parts of a token answer are (RFC 6749 section 5.1 by default).
package struct TokenResponseConfig: Sendable {
    /// What a lifetime is counted in.
    package enum ExpiresUnit: String, Sendable, CaseIterable {
        case seconds, milliseconds, minutes
    }

    /// The access token.
    package let accessToken: DocumentPath
    /// The refresh token.
    package let refreshToken: DocumentPath
    /// The lifetime, a number or its text.
    package let expiresIn: DocumentPath
    /// What the lifetime is counted in.
    package let expiresUnit: ExpiresUnit
    /// The end of the lifetime instead: RFC 3339, or seconds or milliseconds since 1970.
    package let expiresAt: DocumentPath?
    /// The granted scopes, as text or as a list.
    package let scope: DocumentPath
    /// Variables that are kept from each answer, such as the address of the user's instance.
    package let keep: [(variable: String, path: DocumentPath)]
    /// Tokens and variables that come in header fields; a header field wins over the body.
    package let fromHeaders: [(name: String, header: String)]

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow([
            "access_token", "refresh_token", "expires_in", "expires_unit", "expires_at", "scope", "keep",
            "from_headers",
        ])
        accessToken = DocumentPath(try reader?.child("access_token")?.string() ?? "access_token")
        refreshToken = DocumentPath(try reader?.child("refresh_token")?.string() ?? "refresh_token")
        expiresIn = DocumentPath(try reader?.child("expires_in")?.string() ?? "expires_in")
        expiresUnit = try reader?.child("expires_unit")?.choice(ExpiresUnit.self) ?? .seconds
        expiresAt = try reader?.child("expires_at")?.string().documentPath
        scope = DocumentPath(try reader?.child("scope")?.string() ?? "scope")
        var keep: [(variable: String, path: DocumentPath)] = []
        for (name, member) in try reader?.child("keep")?.members() ?? [] {
            keep.append((name, DocumentPath(try member.string())))
        }
        self.keep = keep
        var fromHeaders: [(name: String, header: String)] = []
        for (name, member) in try reader?.child("from_headers")?.members() ?? [] {
            fromHeaders.append((name, try member.string()))
        }
        self.fromHeaders = fromHeaders
    }
}

/// What a token endpoint's errors mean (RFC 6749 section 5.2 by default).
package struct TokenErrorConfig: Sendable {
    /// True when an answer is a refusal in spite of its status; sees `response`, `status`, `headers`.
    package let condition: Expression?
    /// Where the error code is.
    package let code: DocumentPath
    /// Where its text is.
    package let message: DocumentPath
    /// Codes after which the user must connect again.
    package let permanent: [String]
    /// Codes that mean the operator's client is set up wrongly.
    package let misconfigured: [String]

    init(reading reader: DocumentReader?, permanent standard: [String]) throws(ConnectorConfigError) {
        try reader?.allow(["when", "code", "message", "permanent", "misconfigured"])
        condition = try reader?.child("when")?.expression()
        code = DocumentPath(try reader?.child("code")?.string() ?? "error")
        message = DocumentPath(try reader?.child("message")?.string() ?? "error_description")
        permanent = try reader?.child("permanent")?.strings() ?? standard
        misconfigured =
            try reader?.child("misconfigured")?.strings()
            ?? ["invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope"]
    }
}

extension Int {
    /// This many seconds.
    var seconds: Duration { .seconds(self) }
}

extension String {
    fileprivate var documentPath: DocumentPath { DocumentPath(self) }
}
