import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// A JSON Web Token in its compact form (RFC 7515 section 7.1, RFC 7519).
struct WebToken {
    private let config: AssertionConfig

    init(_ config: AssertionConfig) {
        self.config = config
    }

    /// Makes and signs a token.
    ///
    /// - Parameters:
    ///   - scope: what the document's expressions see.
    ///   - tools: signs, and tells the time.
    /// - Returns: The token.
    /// - Throws: `Problem` (`credential_unavailable`) when the key is missing or does not fit; its text never holds it.
    func text(in scope: ExpressionScope, tools: SigningTools) throws -> Secret<String> {
        let now = tools.now()
        var header: JSONObject = ["alg": .string(config.algorithm.rawValue), "typ": "JWT"]
        header["kid"] = try value(config.keyID, scope)
        if let text = try value(config.thumbprint, scope)?.string {
            header["x5t"] = .string(try thumbprint(text, tools))
        }
        try lay(config.header, over: &header, scope)
        let seconds = Int(config.lifetime / .seconds(1))
        var claims: JSONObject = [
            "iat": .number(JSONNumber(now)), "exp": .number(JSONNumber(now + seconds)),
            "jti": .string(Base64.urlEncoded(try tools.digests.randomBytes(16))),
        ]
        try lay(config.claims, over: &claims, scope)
        guard let key = try value(config.key, scope)?.string, !key.isEmpty else {
            throw Problem(.credentialUnavailable, "the account has no key to sign with")
        }
        let input = [header, claims].map { Base64.urlEncoded(JSONValue.object($0).bytes()) }.joined(separator: ".")
        let signature: [UInt8]
        do {
            signature = try sign(Array(input.utf8), key: Array(key.utf8), tools.digests)
        } catch {
            throw Problem(
                .credentialUnavailable,
                "the key cannot sign with \(config.algorithm.rawValue); it is an unencrypted private key in PEM"
            )
        }
        return Secret("\(input).\(Base64.urlEncoded(signature))")
    }

    private func sign(_ bytes: [UInt8], key: [UInt8], _ digests: any Digests) throws -> [UInt8] {
        switch config.algorithm {
        case .hs256: return try digests.hmac(.sha256, of: bytes, key: key)
        case .hs384: return try digests.hmac(.sha384, of: bytes, key: key)
        case .hs512: return try digests.hmac(.sha512, of: bytes, key: key)
        default:
            guard let scheme = SignatureAlgorithm(rawValue: config.algorithm.rawValue) else {
                throw Problem(.configInvalid, "there is no such signature")
            }
            return try digests.sign(scheme, bytes, privateKeyPEM: key)
        }
    }

    private func value(_ expression: Expression?, _ scope: ExpressionScope) throws -> JSONValue? {
        do { return try expression?.value(in: scope) } catch {
            // The failure's text names placeholders only; what they hold is never in it.
            throw Problem(.credentialUnavailable, "the account's credentials are incomplete", underlying: error)
        }
    }

    /// A member of the document takes the place of a standard one, and one without a value takes it away.
    private func lay(_ members: [NamedExpression], over object: inout JSONObject, _ scope: ExpressionScope) throws {
        for member in members {
            let value = try value(member.expression, scope)
            object[member.name] = value?.isNull == true || value == .string("") ? nil : value
        }
    }

    /// SHA-1 of a certificate's DER (RFC 7515 section 4.1.7); a text that is no PEM is the thumbprint itself.
    private func thumbprint(_ text: String, _ tools: SigningTools) throws -> String {
        let begin = "-----BEGIN CERTIFICATE-----"
        guard let start = text.firstRange(of: begin), let end = text.firstRange(of: "-----END CERTIFICATE-----"),
            start.upperBound <= end.lowerBound,
            let der = Base64.decoded(String(text[start.upperBound..<end.lowerBound].filter { !$0.isWhitespace }))
        else { return text }
        return Base64.urlEncoded(try tools.digests.digest(.sha1, of: der))
    }
}
