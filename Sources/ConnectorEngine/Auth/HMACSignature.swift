import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A keyed digest over the parts that a document names (RFC 2104).
struct HMACSignature: RequestSignature {
    let config: HMACSignatureConfig

    func fields(for request: OutboundRequest, in scope: ExpressionScope, tools: SigningTools) throws -> [(
        name: String, value: String
    )] {
        let timestamp = time(tools.now())
        let nonce = Hexadecimal.text(try tools.digests.randomBytes(16))
        let digest = written(try tools.digests.digest(algorithm, of: request.body ?? []))
        var fields: [(name: String, value: String)] = []
        if let header = config.timestampHeader { fields.append((header, timestamp)) }
        if let header = config.nonceHeader { fields.append((header, nonce)) }
        var headers = request.headers
        for field in fields {
            if let name = HTTPField.Name(field.name) { headers[name] = field.value }
        }
        let scope = scope.adding("timestamp", .string(timestamp)).adding("nonce", .string(nonce))
            .adding("body_digest", .string(digest))
        let address = SignedAddress(request.url)
        var message: [UInt8] = []
        for (index, part) in config.parts.enumerated() {
            if index > 0 { message += Array(config.separator.utf8) }
            switch part {
            case .method: message += Array(request.method.rawValue.utf8)
            case .host: message += Array(address.host.utf8)
            case .path: message += Array(address.path.utf8)
            case .query: message += Array(address.query.utf8)
            case .timestamp: message += Array(timestamp.utf8)
            case .nonce: message += Array(nonce.utf8)
            case .body: message += request.body ?? []
            case .bodyDigest: message += Array(digest.utf8)
            case .header(let name): message += Array((HTTPField.Name(name).flatMap { headers[$0] } ?? "").utf8)
            case .text(let expression): message += Array(try scope.secretText(expression).utf8)
            }
        }
        let signature = written(try tools.digests.hmac(algorithm, of: message, key: key(scope)))
        fields.append((config.header, try scope.adding("signature", .string(signature)).secretText(config.value)))
        return fields
    }

    private var algorithm: DigestAlgorithm {
        switch config.algorithm {
        case .sha1: .sha1
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }

    private func key(_ scope: ExpressionScope) throws -> [UInt8] {
        let text = try scope.secretText(config.key)
        let bytes: [UInt8]? =
            switch config.keyEncoding {
            case .text: Array(text.utf8)
            case .hex: SignatureText.bytes(hexadecimal: text)
            case .base64: Base64.decoded(text)
            }
        guard let bytes, !bytes.isEmpty else {
            throw Problem(.credentialUnavailable, "the account's key is not \(config.keyEncoding.rawValue)")
        }
        return bytes
    }

    private func written(_ bytes: [UInt8]) -> String {
        switch config.encoding {
        case .hex: Hexadecimal.text(bytes)
        case .base64: Base64.encoded(bytes)
        case .base64url: Base64.urlEncoded(bytes)
        }
    }

    private func time(_ now: Int) -> String {
        switch config.timeFormat {
        case .seconds: String(now)
        case .milliseconds: String(now * 1000)
        case .rfc3339: Instant(millisecondsSinceEpoch: now * 1000).text
        }
    }
}
