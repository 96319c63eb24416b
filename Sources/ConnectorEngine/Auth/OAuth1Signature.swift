import ConnectorConfig
import HTTPExchange
import HTTPTypes
import Vocabulary

/// The signature of RFC 5849 section 3, with HMAC-SHA256 beside HMAC-SHA1 and with RSA over SHA-256.
struct OAuth1Signature: RequestSignature {
    let config: OAuth1Config

    func fields(for request: OutboundRequest, in scope: ExpressionScope, tools: SigningTools) throws -> [(
        name: String, value: String
    )] {
        let address = SignedAddress(request.url)
        var parameters: [(name: String, value: String)] = [
            ("oauth_consumer_key", try scope.secretText(config.consumerKey)),
            ("oauth_token", try scope.secretText(config.token)),
            ("oauth_signature_method", config.method.rawValue),
            ("oauth_timestamp", String(tools.now())), ("oauth_nonce", try nonce(tools)),
        ]
        if config.tellsVersion { parameters.append(("oauth_version", "1.0")) }
        let isForm =
            request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false
        if config.hasBodyHash, !isForm {
            let hash = try tools.digests.digest(config.method == .hmacSHA1 ? .sha1 : .sha256, of: request.body ?? [])
            parameters.append(("oauth_body_hash", Base64.encoded(hash)))
        }
        var signed = address.items + parameters
        if isForm {
            signed += SignedAddress.items(String(decoding: request.body ?? [], as: UTF8.self), plusIsBlank: true)
        }
        let base = Self.baseString(method: request.method.rawValue, address, signed)
        parameters.append(("oauth_signature", Base64.encoded(try signature(of: base, scope, tools))))
        var shown = parameters
        if let realm = config.realm { shown.insert(("realm", try scope.secretText(realm)), at: 0) }
        // The realm is no parameter of the protocol: it is quoted as it is (RFC 5849 section 3.5.1).
        let text = shown.map { item in
            "\(item.name)=\"\(item.name == "realm" ? item.value.filter { $0 != "\"" } : URLText.encoded(item.value))\""
        }
        return [("Authorization", "OAuth " + text.joined(separator: ", "))]
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

    private func signature(of base: String, _ scope: ExpressionScope, _ tools: SigningTools) throws -> [UInt8] {
        let bytes = Array(base.utf8)
        if let privateKey = config.privateKey {
            let key = Array(try scope.secretText(privateKey).utf8)
            guard let signature = try? tools.digests.sign(.rs256, bytes, privateKeyPEM: key) else {
                throw Problem(.credentialUnavailable, "the account's private key cannot sign")
            }
            return signature
        }
        // Section 3.4.2: both secrets, each of which may be empty.
        let secrets = try [config.consumerSecret, config.tokenSecret].map { secret in
            try secret.map { URLText.encoded(try scope.secretText($0)) } ?? ""
        }
        return try tools.digests.hmac(
            config.method == .hmacSHA1 ? .sha1 : .sha256,
            of: bytes,
            key: Array(secrets.joined(separator: "&").utf8)
        )
    }

    private func nonce(_ tools: SigningTools) throws -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB".utf8)
        return String(
            decoding: try tools.digests.randomBytes(config.nonceLength).map { letters[Int($0 & 63)] },
            as: UTF8.self
        )
    }
}
