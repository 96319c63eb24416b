import JSONValue

/// How a vendor's token endpoint is spoken to, whatever the grant (RFC 6749 sections 2.3, 5.1 and 5.2).
package struct TokenEndpointConfig: Sendable {
    /// How the client proves who it is (RFC 6749 section 2.3).
    package enum ClientAuth: String, Sendable, CaseIterable {
        case basic, body, none
        /// A signed assertion (RFC 7523 section 2.2).
        case privateKeyJWT = "private_key_jwt"
        /// The client certificate of the connection (RFC 8705 section 2.1).
        case tlsClientAuth = "tls_client_auth"
    }

    /// How a token request's parameters are written.
    package enum BodyFormat: String, Sendable, CaseIterable {
        case form, json
    }

    static let keys =
        RenewalConfig.keys + [
            "token_url", "scopes", "scope_separator", "scope_param", "client_auth", "client_assertion", "body_format",
            "token_headers", "token_response", "token_error", "granted_scopes", "introspect_url", "revoke_url",
            "revoke_on_delete", "param_renames", "skip_empty",
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
    /// The assertion of `private_key_jwt`.
    package let clientAssertion: AssertionConfig?
    /// How parameters are written.
    package let bodyFormat: BodyFormat
    /// Further header fields of token requests.
    package let headers: [NamedExpression]
    /// Where the parts of a token answer are.
    package let response: TokenResponseConfig
    /// What a token endpoint's errors mean.
    package let error: TokenErrorConfig
    /// Where the granted scopes are told, when all that were asked for must be among them.
    package let grantedScopes: DocumentPath?
    /// Where a token is looked into (RFC 7662), if anywhere.
    package let introspectURL: Expression?
    /// Where a token is revoked (RFC 7009), if anywhere.
    package let revokeURL: Expression?
    /// Whether the grant is revoked when the account is deleted.
    package let revokesOnDelete: Bool
    /// What the vendor calls parameters that have another name in the standards.
    package let paramRenames: [String: String]
    /// Whether parameters without a text are left out.
    package let skipsEmpty: Bool
    /// How tokens are kept fresh.
    package let renewal: RenewalConfig

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
        grantedScopes = try reader.child("granted_scopes").map { member throws(ConnectorConfigError) in
            DocumentPath(try member.string())
        }
        introspectURL = try reader.child("introspect_url")?.expression()
        revokeURL = try reader.child("revoke_url")?.expression()
        revokesOnDelete = try reader.child("revoke_on_delete")?.bool() ?? false
        var renames: [String: String] = [:]
        for (name, member) in try reader.child("param_renames")?.members() ?? [] {
            renames[name] = try member.string()
        }
        paramRenames = renames
        skipsEmpty = try reader.child("skip_empty")?.bool() ?? false
        renewal = try RenewalConfig(reading: reader)
        let assertion = reader.child("client_assertion")
        if let assertion, clientAuth != .privateKeyJWT {
            throw assertion.error("say 'client_auth: private_key_jwt' for it to be used")
        }
        clientAssertion =
            clientAuth == .privateKeyJWT ? try AssertionConfig(clientAssertion: assertion, in: reader) : nil
        if revokesOnDelete, revokeURL == nil {
            throw try reader.required("revoke_on_delete").error("it needs a 'revoke_url'")
        }
        if clientAuth == .tlsClientAuth, reader.child("with") == nil {
            throw try reader.required("client_auth").error("it needs 'with: [mutual_tls]'")
        }
    }
}

/// How a token is kept fresh, however it was obtained.
package struct RenewalConfig: Sendable {
    static let keys = ["expiry_default", "refresh_buffer_seconds", "refresh_jitter"]

    /// The lifetime assumed when the answer has none.
    package let expiryDefault: Duration?
    /// How long before its end a token is renewed, at most a fifth of its life.
    package let buffer: Duration
    /// The share of the buffer by which accounts are spread, so that tokens made together are not renewed together.
    package let jitter: Double

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        expiryDefault = try reader.child("expiry_default")?.int(1...31_536_000).seconds
        buffer = try reader.child("refresh_buffer_seconds")?.int(0...86_400).seconds ?? .seconds(300)
        jitter = try reader.child("refresh_jitter")?.number(0...1) ?? 0
    }

    /// How long before its end a token is renewed.
    ///
    /// - Parameters:
    ///   - lifetime: how long it lives in all, where that is known.
    ///   - share: 0...1, another one for each account and version.
    /// - Returns: The time before the end.
    package func buffer(ofLifetime lifetime: Duration?, share: Double) -> Duration {
        let base = lifetime.map { min(buffer, $0 / 5) } ?? buffer
        return base + base * (jitter * share)
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
    /// How the access token is used, such as `Bearer`; visible to `inject` as `credentials.token_type`.
    package let tokenType: DocumentPath
    /// The granted scopes, as text or as a list.
    package let scope: DocumentPath
    /// Variables that are kept from each answer, such as the address of the user's instance.
    package let keep: [(variable: String, path: DocumentPath)]
    /// Tokens and variables that come in header fields; a header field wins over the body.
    package let fromHeaders: [(name: String, header: String)]
    /// The header field in which each answer of the vendor's API brings the next token, where a token is good for one
    /// call.
    package let nextTokenHeader: String?

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow([
            "access_token", "refresh_token", "expires_in", "expires_unit", "expires_at", "token_type",
            "scope", "keep", "from_headers", "each_call",
        ])
        accessToken = DocumentPath(try reader?.child("access_token")?.string() ?? "access_token")
        refreshToken = DocumentPath(try reader?.child("refresh_token")?.string() ?? "refresh_token")
        expiresIn = DocumentPath(try reader?.child("expires_in")?.string() ?? "expires_in")
        expiresUnit = try reader?.child("expires_unit")?.choice(ExpiresUnit.self) ?? .seconds
        expiresAt = try reader?.child("expires_at")?.string().documentPath
        tokenType = DocumentPath(try reader?.child("token_type")?.string() ?? "token_type")
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
        let header = fromHeaders.first { $0.name == "access_token" }?.header
        if let each = reader?.child("each_call"), try each.bool() {
            guard let header else {
                throw each.error("name the header field of 'access_token' under 'from_headers'")
            }
            nextTokenHeader = header
        } else {
            nextTokenHeader = nil
        }
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
    /// True when the user must connect again, whatever the code; sees what `when` sees.
    package let permanentCondition: Expression?
    /// Codes that mean the operator's client is set up wrongly.
    package let misconfigured: [String]

    init(reading reader: DocumentReader?, permanent standard: [String]) throws(ConnectorConfigError) {
        try reader?.allow(["when", "code", "message", "permanent", "permanent_when", "misconfigured"])
        condition = try reader?.child("when")?.expression()
        code = DocumentPath(try reader?.child("code")?.string() ?? "error")
        message = DocumentPath(try reader?.child("message")?.string() ?? "error_description")
        permanent = try reader?.child("permanent")?.strings() ?? standard
        permanentCondition = try reader?.child("permanent_when")?.expression()
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
