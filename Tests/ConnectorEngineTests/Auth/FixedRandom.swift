import Cryptography
import Vocabulary

/// OpenSSL with chosen random bytes.
struct FixedRandom: Digests {
    let random: [UInt8]
    private let digests = OpenSSLDigests()

    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] {
        try digests.digest(algorithm, of: bytes)
    }
    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
        try digests.hmac(algorithm, of: bytes, key: key)
    }
    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] {
        try digests.sign(algorithm, bytes, privateKeyPEM: privateKeyPEM)
    }
    func verify(
        _ algorithm: SignatureAlgorithm,
        signature: [UInt8],
        of bytes: [UInt8],
        publicKeyPEM: [UInt8]
    ) throws -> Bool {
        try digests.verify(algorithm, signature: signature, of: bytes, publicKeyPEM: publicKeyPEM)
    }
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    func randomBytes(_ count: Int) throws -> [UInt8] { Array(random.prefix(count)) }
}
