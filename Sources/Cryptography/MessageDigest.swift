import COpenSSL
import Synchronization
package import Vocabulary

/// Digests (FIPS 180-4, RFC 1321), HMAC (RFC 2104) and HKDF (RFC 5869).
package enum MessageDigest {
    /// The digest of `bytes`.
    ///
    /// - Throws: `failed` when OpenSSL's policy forbids the algorithm.
    package static func hash(
        _ algorithm: DigestAlgorithm,
        of bytes: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        guard let digest = DigestPool.of(algorithm)?.digest(of: bytes) else {
            ERR_clear_error()
            throw CryptographyError(.failed, "no \(algorithm.rawValue) digest could be made")
        }
        return digest
    }

    /// The HMAC of `bytes` under `key`.
    ///
    /// - Throws: `failed` when OpenSSL's policy forbids the algorithm.
    package static func hmac(
        _ algorithm: DigestAlgorithm,
        of bytes: [UInt8],
        key: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        // OpenSSL takes a null key for "no key set yet", so an empty one must still have an address.
        let paddedKey = key.isEmpty ? [0] : key
        let length = withCleanErrorQueue {
            tributary_hmac(
                algorithm.openSSLName,
                paddedKey,
                key.count,
                bytes.isEmpty ? [0] : bytes,
                bytes.count,
                &code,
                code.count
            )
        }
        guard length > 0 else { throw CryptographyError(.failed, "no HMAC with \(algorithm.rawValue) could be made") }
        return Array(code.prefix(length))
    }

    /// Derives a key from a key (HKDF with SHA-256).
    ///
    /// - Parameters:
    ///   - count: bytes to derive, 1...8160.
    ///   - key: the input key.
    ///   - salt: public, may be empty.
    ///   - info: what the new key is for.
    /// - Returns: The derived key.
    /// - Throws: `wrongParameter` when `count` is out of range.
    package static func hkdf(
        _ count: Int,
        key: borrowing SecretBytes,
        salt: [UInt8],
        info: [UInt8]
    ) throws(CryptographyError) -> SecretBytes {
        guard (1...8160).contains(count) else {
            throw CryptographyError(.wrongParameter, "HKDF derives 1 to 8160 bytes, not \(count)")
        }
        var derived = [UInt8](repeating: 0, count: count)
        let ok = withCleanErrorQueue {
            key.withBytes { key in
                tributary_hkdf_sha256(
                    key.bindMemory(to: UInt8.self).baseAddress,
                    key.count,
                    salt,
                    salt.count,
                    info,
                    info.count,
                    &derived,
                    count
                )
            }
        }
        guard ok == 1 else { throw CryptographyError(.failed, "HKDF could not derive a key") }
        return SecretBytes(zeroing: &derived)
    }
}

/// One of OpenSSL's digests with what is needed to make it, used again and again: to look a digest up by its name and to
/// set it up takes longer than to hash a key.
private final class DigestPool: @unchecked Sendable {  // Proof: a fetched EVP_MD never changes.
    private static let md5 = DigestPool(.md5)
    private static let sha1 = DigestPool(.sha1)
    private static let sha256 = DigestPool(.sha256)
    private static let sha384 = DigestPool(.sha384)
    private static let sha512 = DigestPool(.sha512)
    /// More than that many are seldom under way at once.
    private static let capacity = 32

    private let type: OpaquePointer
    private let size: Int
    private let idle = Mutex<[DigestContext]>([])

    private init?(_ algorithm: DigestAlgorithm) {
        guard let type = EVP_MD_fetch(nil, algorithm.openSSLName, nil) else { return nil }
        self.type = type
        size = Int(EVP_MD_get_size(type))
    }

    deinit { EVP_MD_free(type) }

    /// nil when OpenSSL's policy forbids the algorithm.
    static func of(_ algorithm: DigestAlgorithm) -> DigestPool? {
        switch algorithm {
        case .md5: md5
        case .sha1: sha1
        case .sha256: sha256
        case .sha384: sha384
        case .sha512: sha512
        }
    }

    /// The digest of `bytes`; nil when OpenSSL fails.
    func digest(of bytes: [UInt8]) -> [UInt8]? {
        guard let context = idle.withLock({ $0.popLast() }) ?? DigestContext() else { return nil }
        let digest = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = context.digest(type, of: bytes, into: buffer.baseAddress) ? size : 0
        }
        guard digest.count == size else { return nil }
        idle.withLock { if $0.count < Self.capacity { $0.append(context) } }
        return digest
    }
}

/// Room for one digest while it is made.
private final class DigestContext: @unchecked Sendable {  // Proof: only who took it out of the pool has it.
    private let pointer: OpaquePointer

    init?() {
        guard let pointer = EVP_MD_CTX_new() else { return nil }
        self.pointer = pointer
    }

    deinit { EVP_MD_CTX_free(pointer) }

    func digest(_ type: OpaquePointer, of bytes: [UInt8], into digest: UnsafeMutablePointer<UInt8>?) -> Bool {
        EVP_DigestInit_ex2(pointer, type, nil) == 1 && EVP_DigestUpdate(pointer, bytes, bytes.count) == 1
            && EVP_DigestFinal_ex(pointer, digest, nil) == 1
    }
}

extension DigestAlgorithm {
    var openSSLName: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }
}
