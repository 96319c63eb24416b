import JSONValue

/// The signature of RFC 5849, with tokens that the user has or that he gets by his consent; expressions see `credentials`
/// and `context`.
package struct OAuth1Config: Sendable {
    /// Signature methods; SHA-256 is the same with a newer digest.
    package enum Method: String, Sendable, CaseIterable {
        case hmacSHA256 = "HMAC-SHA256"
        case hmacSHA1 = "HMAC-SHA1"
        case rsaSHA256 = "RSA-SHA256"
        case rsaSHA1 = "RSA-SHA1"

        /// Whether a private key signs.
        package var isRSA: Bool { self == .rsaSHA256 || self == .rsaSHA1 }
        /// Whether the digest is the old one.
        package var isSHA1: Bool { self == .hmacSHA1 || self == .rsaSHA1 }
    }

    static let keys =
        [
            "consumer_key", "consumer_secret", "token", "token_secret", "private_key", "signature", "realm", "version",
            "nonce_length", "body_hash",
        ] + OAuth1Consent.keys

    /// The client's name.
    package let consumerKey: Expression
    /// The client's secret; nothing for RSA.
    package let consumerSecret: Expression?
    /// The token.
    package let token: Expression
    /// The token's secret; nothing for RSA.
    package let tokenSecret: Expression?
    /// The private key of RSA in PEM.
    package let privateKey: Expression?
    /// The signature method.
    package let method: Method
    /// The protection realm.
    package let realm: Expression?
    /// Whether `oauth_version` is sent.
    package let tellsVersion: Bool
    /// Letters of a nonce.
    package let nonceLength: Int
    /// Whether a digest of a body that is no form is signed too (OAuth Request Body Hash 1.0).
    package let hasBodyHash: Bool
    /// How the user's consent leads to a token; nil where he has one.
    package let consent: OAuth1Consent?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        consumerKey = try reader.credential("consumer_key")
        token = try reader.credential("token")
        method = try reader.child("signature")?.choice(Method.self) ?? .hmacSHA256
        consumerSecret = method.isRSA ? nil : try reader.credential("consumer_secret")
        tokenSecret = method.isRSA ? nil : try reader.credential("token_secret")
        privateKey = method.isRSA ? try reader.credential("private_key") : nil
        for word in method.isRSA ? ["consumer_secret", "token_secret"] : ["private_key"] {
            if let reader = reader.child(word) { throw reader.error("'\(method.rawValue)' does not use it") }
        }
        realm = try reader.child("realm")?.expression()
        tellsVersion = try reader.child("version")?.bool() ?? true
        nonceLength = try reader.child("nonce_length")?.int(8...64) ?? 20
        hasBodyHash = try reader.child("body_hash")?.bool() ?? false
        consent = try OAuth1Consent.read(reader)
    }
}

/// The redirection of RFC 5849 section 2: a request token, the user's consent, the token.
///
/// The consumer is the integration's application.
package struct OAuth1Consent: Sendable {
    private static let places = ["request_token_url", "authorize_url", "access_token_url"]
    static let keys = places + ["authorize_params", "callback_keep", "keep"]

    /// Where a request token is asked for.
    package let requestTokenURL: Expression
    /// Where the user's browser is sent.
    package let authorizeURL: Expression
    /// Where the consent becomes a token.
    package let accessTokenURL: Expression
    /// Further parameters of the authorize URL.
    package let authorizeParams: [NamedExpression]
    /// Parameters of the callback that are kept as variables.
    package let callbackKeep: [String]
    /// Variables that are kept of the answer with the token: name to member.
    package let keep: [(variable: String, member: String)]

    /// nil where none of its addresses is given.
    static func read(_ reader: DocumentReader) throws(ConnectorConfigError) -> OAuth1Consent? {
        guard Self.places.contains(where: { reader.child($0) != nil }) else {
            for word in Self.keys {
                if let word = reader.child(word) { throw word.error("it needs \(Self.places.joined(separator: ", "))") }
            }
            return nil
        }
        var keep: [(variable: String, member: String)] = []
        for (name, member) in try reader.child("keep")?.members() ?? [] { keep.append((name, try member.string())) }
        return OAuth1Consent(
            requestTokenURL: try reader.required("request_token_url").expression(),
            authorizeURL: try reader.required("authorize_url").expression(),
            accessTokenURL: try reader.required("access_token_url").expression(),
            authorizeParams: try reader.child("authorize_params")?.expressions() ?? [],
            callbackKeep: try reader.child("callback_keep")?.strings() ?? [],
            keep: keep
        )
    }
}
