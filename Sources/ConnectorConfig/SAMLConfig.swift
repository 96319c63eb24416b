import JSONValue

/// How a SAML 2.0 assertion about the user is made and signed (RFC 7522, XML Signature 1.1).
///
/// Expressions see `credentials`, `context` and `token_url`.
package struct SAMLConfig: Sendable {
    /// Signature schemes.
    package enum Algorithm: String, Sendable, CaseIterable {
        case rsaSHA256 = "RSA-SHA256"
        case rsaSHA1 = "RSA-SHA1"
    }

    /// How the assertion's bytes become a parameter.
    package enum Encoding: String, Sendable, CaseIterable {
        case base64url, base64
    }

    private static let keys = [
        "issuer", "subject", "subject_format", "audience", "recipient", "attributes", "authn_context", "key",
        "certificate", "alg", "lifetime", "encoding",
    ]

    /// Who says it.
    package let issuer: Expression
    /// About whom.
    package let subject: Expression
    /// What kind of name that is.
    package let subjectFormat: String
    /// For whom it is; the token endpoint by default.
    package let audience: Expression
    /// Where it is sent; the token endpoint by default.
    package let recipient: Expression
    /// What else is said of the user.
    package let attributes: [NamedExpression]
    /// How the user proved who he is; nothing is said of it, if nil.
    package let authnContext: Expression?
    /// The RSA key in PEM.
    package let key: Expression
    /// The key's certificate in PEM, which goes along.
    package let certificate: Expression?
    /// The signature scheme.
    package let algorithm: Algorithm
    /// How long it is good.
    package let lifetime: Duration
    /// How its bytes become a parameter.
    package let encoding: Encoding

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(Self.keys)
        issuer = try reader.required("issuer").expression()
        subject = try reader.required("subject").expression()
        subjectFormat =
            try reader.child("subject_format")?.string() ?? "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
        audience = try reader.expression("audience", byDefault: "{{token_url}}")
        recipient = try reader.expression("recipient", byDefault: "{{token_url}}")
        attributes = try reader.child("attributes")?.expressions() ?? []
        authnContext = try reader.child("authn_context")?.expression()
        key = try reader.expression("key", byDefault: "{{credentials.private_key}}")
        certificate = try reader.child("certificate")?.expression()
        algorithm = try reader.child("alg")?.choice(Algorithm.self) ?? .rsaSHA256
        lifetime = try reader.child("lifetime")?.int(10...86_400).seconds ?? .seconds(300)
        encoding = try reader.child("encoding")?.choice(Encoding.self) ?? .base64url
    }
}
