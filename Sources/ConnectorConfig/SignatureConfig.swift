import JSONValue

/// A signature that is different for each request, made of its parts and of the credentials.
package enum SignatureConfig: Sendable {
    /// RFC 5849.
    case oauth1(OAuth1Config)
    /// A keyed digest over parts that the document names.
    case hmac(HMACSignatureConfig)
    /// AWS Signature Version 4.
    case sigV4(SigV4Config)
    /// A JSON Web Token about the request.
    case webToken(RequestTokenConfig)

    /// All that is put in.
    var expressions: [Expression] {
        switch self {
        case .oauth1(let config):
            [config.consumerKey, config.token]
                + [config.consumerSecret, config.tokenSecret, config.privateKey].compactMap { $0 }
        case .hmac(let config):
            [config.key, config.value]
                + config.parts.compactMap { part in if case .text(let text) = part { text } else { nil } }
        case .sigV4(let config): [config.accessKey, config.secretKey] + [config.sessionToken].compactMap { $0 }
        case .webToken(let config): config.assertion.expressions
        }
    }
}

/// A keyed digest over a request's parts, in a header field; expressions see `credentials`, `context`, `timestamp`,
/// `nonce` and `body_digest`, that of the field `signature` too.
package struct HMACSignatureConfig: Sendable {
    /// Digests.
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha1, sha256, sha384, sha512
    }

    /// How bytes become text.
    package enum Encoding: String, Sendable, CaseIterable {
        case hex, base64, base64url
    }

    /// How the key's text becomes bytes.
    package enum KeyEncoding: String, Sendable, CaseIterable {
        case text, hex, base64
    }

    /// How the time is written.
    package enum TimeFormat: String, Sendable, CaseIterable {
        case seconds, milliseconds, rfc3339
    }

    /// What is signed.
    package enum Part: Sendable {
        case method, host, path, query, timestamp, nonce, body
        case bodyDigest
        /// The value of a header field; empty where there is none.
        case header(String)
        /// Text of the document.
        case text(Expression)
    }

    private enum PartName: String, CaseIterable {
        case method, host, path, query, timestamp, nonce, body
        case bodyDigest = "body_digest"
    }

    static let keys = [
        "key", "key_encoding", "algorithm", "encoding", "parts", "separator", "timestamp", "nonce", "header", "value",
    ]

    /// The key.
    package let key: Expression
    /// How its text becomes bytes.
    package let keyEncoding: KeyEncoding
    /// The digest.
    package let algorithm: Algorithm
    /// How signature and body digest are written.
    package let encoding: Encoding
    /// What is signed, in order.
    package let parts: [Part]
    /// What stands between two parts.
    package let separator: String
    /// The header field that tells the time, if any.
    package let timestampHeader: String?
    /// How the time is written.
    package let timeFormat: TimeFormat
    /// The header field that tells the nonce, if any.
    package let nonceHeader: String?
    /// The header field of the signature.
    package let header: String
    /// What it holds.
    package let value: Expression

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        key = try reader.required("key").expression()
        keyEncoding = try reader.child("key_encoding")?.choice(KeyEncoding.self) ?? .text
        algorithm = try reader.child("algorithm")?.choice(Algorithm.self) ?? .sha256
        encoding = try reader.child("encoding")?.choice(Encoding.self) ?? .hex
        var parts: [Part] = []
        for element in try reader.required("parts").elements() { parts.append(try Self.part(element)) }
        guard !parts.isEmpty else { throw try reader.required("parts").error("a signature is made of something") }
        self.parts = parts
        separator = try reader.child("separator")?.string() ?? "\n"
        let timestamp = reader.child("timestamp")
        try timestamp?.allow(["header", "format"])
        timestampHeader = try timestamp?.child("header")?.string()
        timeFormat = try timestamp?.child("format")?.choice(TimeFormat.self) ?? .seconds
        let nonce = reader.child("nonce")
        try nonce?.allow(["header"])
        nonceHeader = try nonce?.required("header").string()
        header = try reader.required("header").string()
        value = try reader.expression("value", byDefault: "{{signature}}")
    }

    private static func part(_ reader: DocumentReader) throws(ConnectorConfigError) -> Part {
        if case .object = reader.value {
            try reader.allow(["header", "text"])
            if let header = reader.child("header") { return .header(try header.string()) }
            return .text(try reader.required("text").expression())
        }
        return switch try reader.choice(PartName.self) {
        case .method: .method
        case .host: .host
        case .path: .path
        case .query: .query
        case .timestamp: .timestamp
        case .nonce: .nonce
        case .body: .body
        case .bodyDigest: .bodyDigest
        }
    }
}

/// AWS Signature Version 4; expressions see `credentials` and `context`.
package struct SigV4Config: Sendable {
    static let keys = ["access_key", "secret_key", "session_token", "region", "service", "double_encode"]

    /// Who signs.
    package let accessKey: Expression
    /// What the key is derived from.
    package let secretKey: Expression
    /// The token of temporary credentials.
    package let sessionToken: Expression?
    /// Where the service is.
    package let region: Expression
    /// The service.
    package let service: Expression
    /// Whether the path is encoded a second time, as every service but the object store wants it.
    package let encodesTwice: Bool

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        accessKey = try reader.credential("access_key")
        secretKey = try reader.credential("secret_key")
        sessionToken = try reader.child("session_token")?.expression()
        region = try reader.required("region").expression()
        service = try reader.required("service").expression()
        encodesTwice = try reader.child("double_encode")?.bool() ?? true
    }
}
