/// The hash functions that connectors and mappings may name.
package enum DigestAlgorithm: String, Sendable, CaseIterable, Codable {
    case md5, sha1, sha256, sha384, sha512
}

/// The signature schemes with an asymmetric key that connectors may name (RFC 7518 names, RFC 8812 for RS1).
package enum SignatureAlgorithm: String, Sendable, CaseIterable, Codable {
    /// For old protocols that know nothing better.
    case rs1 = "RS1"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}

/// The cryptography that layers below the services may use without importing OpenSSL's wrapper.
///
/// `Cryptography` implements it; `tributary` hands it to JSONata's functions, the engine's authenticators and the
/// executor's cursor signer.
package protocol Digests: Sendable {
    /// The digest of `bytes`.
    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8]
    /// The HMAC (RFC 2104) of `bytes` under `key`.
    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8]
    /// Signs `bytes` with a PEM private key.
    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8]
    /// Whether `signature` over `bytes` was made with the private half of a PEM public key or certificate.
    func verify(_ algorithm: SignatureAlgorithm, signature: [UInt8], of bytes: [UInt8], publicKeyPEM: [UInt8]) throws
        -> Bool
    /// Whether two byte strings are equal, in a time that depends on their length alone.
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool
    /// `count` bytes from the system's cryptographic random generator.
    func randomBytes(_ count: Int) throws -> [UInt8]
}
