import ConnectorConfig
import HTTPExchange
import HTTPTypes
import Vocabulary

/// The signature of RFC 5849 section 3, with HMAC and RSA over SHA-1 and over SHA-256.
struct OAuth1Signature: RequestSignature {
    let config: OAuth1Config

    func fields(for request: OutboundRequest, in scope: ExpressionScope, tools: SigningTools) throws -> [(
        name: String, value: String
    )] {
        let token = ("oauth_token", try scope.secretText(config.token))
        return [("Authorization", try header(for: request, [token], config.tokenSecret, in: scope, tools: tools))]
    }

    /// The field that signs a request.
    ///
    /// - Parameters:
    ///   - request: as it is sent, but for this field.
    ///   - own: parameters of the protocol beside those that each request has, such as the token.
    ///   - tokenSecret: the secret of a token among them.
    ///   - scope: `credentials` and `context`.
    ///   - tools: digests, randomness and the time.
    /// - Returns: What `Authorization` holds.
    /// - Throws: `Problem` (`credential_unavailable`) when a credential is missing or does not fit.
    func header(
        for request: OutboundRequest,
        _ own: [(name: String, value: String)],
        _ tokenSecret: Expression?,
        in scope: ExpressionScope,
        tools: SigningTools
    ) throws -> String {
        let address = SignedAddress(request.url)
        var parameters = [("oauth_consumer_key", try scope.secretText(config.consumerKey))]
        parameters += own
        parameters += [
            ("oauth_signature_method", config.method.rawValue), ("oauth_timestamp", String(tools.now())),
            ("oauth_nonce", try nonce(tools)),
        ]
        if config.tellsVersion { parameters.append(("oauth_version", "1.0")) }
        let isForm =
            request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false
        if config.hasBodyHash, !isForm {
            let hash = try tools.digests.digest(digest, of: request.body ?? [])
            parameters.append(("oauth_body_hash", Base64.encoded(hash)))
        }
        var signed = address.items + parameters
        if isForm {
            signed += SignedAddress.items(String(decoding: request.body ?? [], as: UTF8.self), plusIsBlank: true)
        }
        let base = Self.baseString(method: request.method.rawValue, address, signed)
        parameters.append(("oauth_signature", Base64.encoded(try signature(of: base, tokenSecret, scope, tools))))
        if let realm = config.realm { parameters.insert(("realm", try scope.secretText(realm)), at: 0) }
        // The realm is no parameter of the protocol: it is quoted as it is (RFC 5849 section 3.5.1).
        let text = parameters.map { name, value in
            "\(name)=\"\(name == "realm" ? value.filter { $0 != "\"" } : URLText.encoded(value))\""
        }
        return "OAuth " + text.joined(separator: ", ")
    }

    /// Section 3.4.1: method, address without query, and the sorted parameters.
    static func baseString(
        method: String,
        _ address: SignedAddress,
        _ parameters: [(name: String, value: String)]
    ) -> String {
        let pairs = parameters.map { (URLText.encoded($0.name), URLText.encoded($0.value)) }
            .sorted { left, right in
                left.0 == right.0
                    ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
                    : left.0.utf8.lexicographicallyPrecedes(right.0.utf8)
            }
            .map { "\($0.0)=\($0.1)" }
        let place = "\(address.scheme)://\(address.host)\(address.path)"
        return [method.uppercased(), URLText.encoded(place), URLText.encoded(pairs.joined(separator: "&"))]
            .joined(separator: "&")
    }

    private func signature(
        of base: String,
        _ tokenSecret: Expression?,
        _ scope: ExpressionScope,
        _ tools: SigningTools
    ) throws -> [UInt8] {
        let bytes = Array(base.utf8)
        if let privateKey = config.privateKey {
            let key = Array(try scope.secretText(privateKey).utf8)
            let scheme = config.method.isSHA1 ? SignatureAlgorithm.rs1 : .rs256
            guard let signature = try? tools.digests.sign(scheme, bytes, privateKeyPEM: key) else {
                throw Problem(.credentialUnavailable, "the account's private key cannot sign")
            }
            return signature
        }
        // Section 3.4.2: both secrets, each of which may be empty.
        let secrets = try [config.consumerSecret, tokenSecret].map { secret in
            try secret.map { URLText.encoded(try scope.secretText($0)) } ?? ""
        }
        return try tools.digests.hmac(digest, of: bytes, key: Array(secrets.joined(separator: "&").utf8))
    }

    private var digest: DigestAlgorithm { config.method.isSHA1 ? .sha1 : .sha256 }

    private func nonce(_ tools: SigningTools) throws -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB".utf8)
        return String(
            decoding: try tools.digests.randomBytes(config.nonceLength).map { letters[Int($0 & 63)] },
            as: UTF8.self
        )
    }
}
