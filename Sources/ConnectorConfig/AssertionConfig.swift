import JSONValue

/// How a JSON Web Token is made and signed (RFC 7515, RFC 7519).
///
/// `iat`, `exp` and `jti` come by themselves; a claim or header of the document takes the place of one that comes by
/// itself, and one without a value takes it away. Expressions see `credentials`, `context` and `token_url`.
package struct AssertionConfig: Sendable {
    /// Signature schemes by their names in RFC 7518.
    package enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case es256 = "ES256"
        case edDSA = "EdDSA"
        case hs256 = "HS256"
        case hs384 = "HS384"
        case hs512 = "HS512"
    }

    static let keys = ["alg", "key", "kid", "x5t", "header", "claims", "lifetime"]

    /// The signature scheme.
    package let algorithm: Algorithm
    /// The private key in PEM, or the shared secret of HS*.
    package let key: Expression
    /// The key's name.
    package let keyID: Expression?
    /// The certificate in PEM, or its SHA-1 thumbprint in base64url.
    package let thumbprint: Expression?
    /// Further members of the header.
    package let header: [NamedExpression]
    /// Claims.
    package let claims: [NamedExpression]
    /// How long it is good.
    package let lifetime: Duration

    /// All that is put in.
    var expressions: [Expression] {
        [key] + [keyID, thumbprint].compactMap { $0 } + (header + claims).map(\.expression)
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try self.init(reading: reader, claims: [], lifetime: 300)
    }

    /// The proof of a client (RFC 7523 section 2.2): it speaks of the client, to the token endpoint.
    init(clientAssertion reader: DocumentReader?, in method: DocumentReader) throws(ConnectorConfigError) {
        var standard: [NamedExpression] = []
        for (name, text) in [
            ("iss", "{{credentials.client_id}}"), ("sub", "{{credentials.client_id}}"), ("aud", "{{token_url}}"),
        ] {
            let value = try method.compiler.expression(.string(text), at: method.pointer + "/client_assertion")
            standard.append(NamedExpression(name: name, expression: value))
        }
        let empty = DocumentReader(
            value: .object([:]),
            pointer: method.pointer + "/client_assertion",
            compiler: method.compiler
        )
        try self.init(reading: reader ?? empty, claims: standard, lifetime: 60)
    }

    private init(
        reading reader: DocumentReader,
        claims standard: [NamedExpression],
        lifetime seconds: Int
    ) throws(ConnectorConfigError) {
        try reader.allow(Self.keys)
        try self.init(members: reader, claims: standard, lifetime: seconds)
    }

    /// Reads the words beside others.
    init(
        members reader: DocumentReader,
        claims standard: [NamedExpression] = [],
        lifetime seconds: Int = 300
    ) throws(ConnectorConfigError) {
        algorithm = try reader.child("alg")?.choice(Algorithm.self) ?? .rs256
        key = try reader.expression("key", byDefault: "{{credentials.private_key}}")
        keyID = try reader.expression("kid", byDefault: "{{credentials.key_id?}}")
        thumbprint = try reader.child("x5t")?.expression()
        header = try reader.child("header")?.expressions() ?? []
        let own = try reader.child("claims")?.expressions() ?? []
        claims = standard.filter { claim in !own.contains { $0.name == claim.name } } + own
        lifetime = try reader.child("lifetime")?.int(10...86_400).seconds ?? .seconds(seconds)
    }
}

/// A signed assertion that becomes a token (RFC 7523 section 2.1, RFC 7522 section 2.1).
package struct JWTBearerConfig: Sendable {
    /// The ways to write an assertion.
    package enum Proof: Sendable {
        case webToken(AssertionConfig)
        case saml(SAMLConfig)
    }

    static let keys = TokenEndpointConfig.keys + ["assertion", "saml", "grant_type", "params"]

    /// Where the tokens come from, and how.
    package let token: TokenEndpointConfig
    /// The assertion.
    package let proof: Proof
    /// What the grant is called.
    package let grantType: String
    /// Further parameters of the token request.
    package let params: [NamedExpression]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        token = try TokenEndpointConfig(reading: reader, permanentErrors: ["invalid_grant"])
        var standard = "jwt-bearer"
        if let saml = reader.child("saml") {
            if let other = reader.child("assertion") { throw other.error("there is 'saml' already; leave one out") }
            proof = .saml(try SAMLConfig(reading: saml))
            standard = "saml2-bearer"
        } else {
            proof = .webToken(try AssertionConfig(reading: try reader.required("assertion")))
        }
        grantType = try reader.child("grant_type")?.string() ?? "urn:ietf:params:oauth:grant-type:\(standard)"
        params = try reader.child("params")?.expressions() ?? []
    }
}

/// A token that is made and signed here, without asking anybody.
package struct SelfSignedConfig: Sendable {
    static let keys =
        AssertionConfig.keys + RenewalConfig.keys.filter { $0 != "expiry_default" } + ["header_name", "per_request"]

    /// The token.
    package let assertion: AssertionConfig
    /// How it is kept fresh.
    package let renewal: RenewalConfig

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        assertion = try AssertionConfig(members: reader)
        renewal = try RenewalConfig(reading: reader)
    }
}

/// A token that is signed anew for each request; its expressions see `request` too.
package struct RequestTokenConfig: Sendable {
    /// The token.
    package let assertion: AssertionConfig
    /// The header field that takes it.
    package let header: String

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        assertion = try AssertionConfig(members: reader)
        header = try reader.child("header_name")?.string() ?? "Authorization"
        for word in RenewalConfig.keys + ["inject"] {
            if let reader = reader.child(word) { throw reader.error("a token for one request has no use for it") }
        }
    }
}

/// Tokens for a user's name and password (RFC 6749 section 4.3).
package struct PasswordGrantConfig: Sendable {
    static let keys = TokenEndpointConfig.keys + ["username", "password", "params"]

    /// Where the tokens come from, and how.
    package let token: TokenEndpointConfig
    /// The user's name; sees `credentials` and `context`.
    package let username: Expression
    /// The password; sees `credentials` and `context`.
    package let password: Expression
    /// Further parameters of the token request.
    package let params: [NamedExpression]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        token = try TokenEndpointConfig(reading: reader, permanentErrors: ["invalid_grant"])
        username = try reader.credential("username")
        password = try reader.credential("password")
        params = try reader.child("params")?.expressions() ?? []
    }
}

extension DocumentReader {
    /// The expression `word`; the credential of the same name when it is not given.
    func credential(_ word: String) throws(ConnectorConfigError) -> Expression {
        try expression(word, byDefault: "{{credentials.\(word)}}")
    }

    /// The expression `word`, or a template.
    func expression(_ word: String, byDefault template: String) throws(ConnectorConfigError) -> Expression {
        if let own = child(word) { return try own.expression() }
        return try compiler.expression(.string(template), at: "\(pointer)/\(word)")
    }
}
