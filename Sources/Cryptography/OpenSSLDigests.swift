package import Vocabulary

/// ``Digests`` by OpenSSL.
package struct OpenSSLDigests: Digests {
    /// The only instance needed.
    package init() {}

    package func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] {
        try MessageDigest.hash(algorithm, of: bytes)
    }

    package func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
        try MessageDigest.hmac(algorithm, of: bytes, key: key)
    }

    package func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] {
        try PrivateKey(pem: privateKeyPEM).sign(bytes, algorithm)
    }

    package func verify(
        _ algorithm: SignatureAlgorithm,
        signature: [UInt8],
        of bytes: [UInt8],
        publicKeyPEM: [UInt8]
    ) throws -> Bool {
        try PublicKey(pem: publicKeyPEM).verify(signature, of: bytes, algorithm)
    }

    package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        ConstantTime.areEqual(left, right)
    }

    package func randomBytes(_ count: Int) throws -> [UInt8] {
        try SecureRandom.bytes(count)
    }
}
