import COpenSSL
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
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let ok = withCleanErrorQueue {
            FetchedDigest.of(algorithm).map { EVP_Digest(bytes, bytes.count, &digest, &length, $0, nil) }
        }
        guard ok == 1 else { throw CryptographyError(.failed, "no \(algorithm.rawValue) digest could be made") }
        digest.removeLast(digest.count - Int(length))
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

/// OpenSSL's digests, each looked up by its name once: that takes longer than to hash a key.
private struct FetchedDigest: @unchecked Sendable {  // Proof: a fetched EVP_MD never changes, and is never freed here.
    private static let all = Dictionary(
        uniqueKeysWithValues: DigestAlgorithm.allCases.map {
            ($0, FetchedDigest(pointer: EVP_MD_fetch(nil, $0.openSSLName, nil)))
        }
    )

    private let pointer: OpaquePointer?

    /// nil when OpenSSL's policy forbids the algorithm.
    static func of(_ algorithm: DigestAlgorithm) -> OpaquePointer? { all[algorithm]?.pointer }
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
