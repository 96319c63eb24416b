import COpenSSL
package import Vocabulary

/// A private key (Ed25519, EC P-256 or RSA) with what can be done with it.
package final class PrivateKey: @unchecked Sendable {
    // Sendable: EVP_PKEY is immutable after creation and reference counted; every operation has a context of its own.
    let pointer: OpaquePointer

    /// Kinds of keys that can be made.
    package enum Kind: Sendable, Equatable {
        case ed25519
        case p256
        case rsa(bits: Int)
    }

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    /// Makes a new key.
    ///
    /// - Throws: `wrongParameter` for RSA keys of less than 2048 bits.
    package static func generate(_ kind: Kind) throws(CryptographyError) -> PrivateKey {
        if case .rsa(let bits) = kind, bits < 2048 {
            throw CryptographyError(.wrongParameter, "an RSA key needs at least 2048 bits, not \(bits)")
        }
        let pointer = withCleanErrorQueue {
            switch kind {
            case .ed25519: tributary_generate_key("ED25519", nil, 0)
            case .p256: tributary_generate_key("EC", "P-256", 0)
            case .rsa(let bits): tributary_generate_key("RSA", nil, bits)
            }
        }
        guard let pointer else { throw CryptographyError(.failed, "no key could be made") }
        return PrivateKey(owning: pointer)
    }

    /// Reads an unencrypted private key in PEM (PKCS#8, or the older forms of RSA and EC).
    ///
    /// - Throws: `unreadable`.
    package convenience init(pem: [UInt8]) throws(CryptographyError) {
        if let bytes = Self.plainEd25519(pem) {
            try self.init(ed25519: bytes)
            return
        }
        let pointer = withMemoryBIO(pem) { bio in
            // Without a callback OpenSSL would ask the terminal for a passphrase.
            PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let pointer else {
            throw CryptographyError(.unreadable, "the private key is not an unencrypted key in PEM")
        }
        self.init(owning: pointer)
    }

    /// The raw key of a PEM text that holds an Ed25519 key and nothing else (RFC 8410 without attributes); nil for any other.
    ///
    /// OpenSSL tries one decoder after the other for what may be in a PEM text, which takes it a millisecond.
    private static func plainEd25519(_ pem: [UInt8]) -> [UInt8]? {
        let begin = Array("-----BEGIN PRIVATE KEY-----\n".utf8)
        let end = Array("\n-----END PRIVATE KEY-----\n".utf8)
        let body = pem.dropFirst(begin.count).dropLast(end.count)
        guard body.count == 64, pem.starts(with: begin), pem[body.endIndex...].elementsEqual(end) else { return nil }
        let urlSafe = body.map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        // PKCS#8 version 0, the algorithm 1.3.101.112, and an octet string in an octet string.
        let prefix: [UInt8] = [
            0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
        guard let document = Base64URL.decode(String(decoding: urlSafe, as: UTF8.self)),
            document.starts(with: prefix)
        else { return nil }
        return Array(document.dropFirst(prefix.count))
    }

    /// Reads the 32 raw bytes of an Ed25519 private key (RFC 8032).
    ///
    /// - Throws: `wrongParameter`.
    package convenience init(ed25519 bytes: [UInt8]) throws(CryptographyError) {
        let pointer = withCleanErrorQueue {
            EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, bytes, bytes.count)
        }
        guard let pointer else { throw CryptographyError(.wrongParameter, "an Ed25519 private key has 32 bytes") }
        self.init(owning: pointer)
    }

    /// The key as unencrypted PKCS#8 in PEM.
    ///
    /// Write it to files with mode 0600 alone.
    package func pem() throws(CryptographyError) -> [UInt8] {
        try pemBytes { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
    }

    /// The public half.
    package func publicKey() throws(CryptographyError) -> PublicKey {
        try PublicKey(pem: pemBytes { PEM_write_bio_PUBKEY($0, pointer) })
    }

    /// Signs `bytes`: RSASSA-PKCS1-v1_5 for RS*, RSASSA-PSS for PS*, `r || s` of RFC 7518 section 3.4 for ES256, RFC 8032 for EdDSA.
    ///
    /// - Throws: `wrongParameter` when the key is not of the algorithm's kind.
    package func sign(
        _ bytes: [UInt8],
        _ algorithm: SignatureAlgorithm
    ) throws(CryptographyError) -> [UInt8] {
        try algorithm.require(pointer)
        if let digest = algorithm.pssDigest { return try signPSS(bytes, digest) }
        var length = 0
        var signature: [UInt8] = []
        let isDone = withCleanErrorQueue { () -> Bool in
            guard let context = EVP_MD_CTX_new() else { return false }
            defer { EVP_MD_CTX_free(context) }
            guard EVP_DigestSignInit_ex(context, nil, algorithm.digestName, nil, nil, pointer, nil) == 1,
                EVP_DigestSign(context, nil, &length, bytes, bytes.count) == 1
            else { return false }
            signature = [UInt8](repeating: 0, count: length)
            return EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1
        }
        guard isDone else { throw CryptographyError(.failed, "no \(algorithm.rawValue) signature could be made") }
        signature.removeLast(signature.count - length)
        return algorithm == .es256 ? try ECDSASignature.fixed(fromDER: signature) : signature
    }

    /// Signs `bytes` with RSASSA-PSS (RFC 8017), the salt as long as the digest.
    ///
    /// - Throws: `wrongParameter` when this is no RSA key.
    package func signPSS(_ bytes: [UInt8], _ digest: DigestAlgorithm) throws(CryptographyError) -> [UInt8] {
        guard EVP_PKEY_is_a(pointer, "RSA") == 1 else {
            throw CryptographyError(.wrongParameter, "RSASSA-PSS needs an RSA key")
        }
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(pointer)))
        var length = signature.count
        let isDone = withCleanErrorQueue { () -> Bool in
            guard let context = EVP_MD_CTX_new() else { return false }
            defer { EVP_MD_CTX_free(context) }
            var keyContext: OpaquePointer?
            guard EVP_DigestSignInit_ex(context, &keyContext, digest.openSSLName, nil, nil, pointer, nil) == 1,
                EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
            return EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1
        }
        guard isDone else { throw CryptographyError(.failed, "no RSASSA-PSS signature could be made") }
        return Array(signature.prefix(length))
    }
}

/// A public key (Ed25519, EC P-256 or RSA).
package final class PublicKey: @unchecked Sendable {
    // Sendable: EVP_PKEY is immutable after creation and reference counted; every operation has a context of its own.
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    /// Reads a public key (SubjectPublicKeyInfo) or takes that of a certificate, in PEM.
    ///
    /// - Throws: `unreadable`.
    package convenience init(pem: [UInt8]) throws(CryptographyError) {
        if let pointer = withMemoryBIO(pem, { PEM_read_bio_PUBKEY($0, nil, nil, nil) }) {
            self.init(owning: pointer)
        } else if let certificate = withMemoryBIO(pem, { PEM_read_bio_X509($0, nil, nil, nil) }) {
            defer { X509_free(certificate) }
            guard let pointer = X509_get_pubkey(certificate) else {
                throw CryptographyError(.unreadable, "the certificate has no readable public key")
            }
            self.init(owning: pointer)
        } else {
            throw CryptographyError(.unreadable, "neither a public key nor a certificate in PEM")
        }
    }

    /// Reads the 32 raw bytes of an Ed25519 public key (RFC 8032).
    ///
    /// - Throws: `wrongParameter`.
    package convenience init(ed25519 bytes: [UInt8]) throws(CryptographyError) {
        let pointer = withCleanErrorQueue { EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, bytes.count) }
        guard let pointer else { throw CryptographyError(.wrongParameter, "an Ed25519 public key has 32 bytes") }
        self.init(owning: pointer)
    }

    /// The key as SubjectPublicKeyInfo in PEM.
    package func pem() throws(CryptographyError) -> [UInt8] {
        try pemBytes { PEM_write_bio_PUBKEY($0, pointer) }
    }

    /// Whether `signature` over `bytes` was made with the private half.
    ///
    /// - Throws: `wrongParameter` when the key is not of the algorithm's kind.
    package func verify(
        _ signature: [UInt8],
        of bytes: [UInt8],
        _ algorithm: SignatureAlgorithm
    ) throws(CryptographyError) -> Bool {
        try algorithm.require(pointer)
        if let digest = algorithm.pssDigest { return try verifyPSS(signature, of: bytes, digest) }
        var form = signature
        if algorithm == .es256 {
            guard let der = ECDSASignature.der(fromFixed: signature) else { return false }
            form = der
        }
        return withCleanErrorQueue {
            guard let context = EVP_MD_CTX_new() else { return false }
            defer { EVP_MD_CTX_free(context) }
            guard EVP_DigestVerifyInit_ex(context, nil, algorithm.digestName, nil, nil, pointer, nil) == 1 else {
                return false
            }
            return EVP_DigestVerify(context, form, form.count, bytes, bytes.count) == 1
        }
    }

    /// Whether `signature` over `bytes` is an RSASSA-PSS signature (RFC 8017) with a salt as long as the digest.
    ///
    /// - Throws: `wrongParameter` when this is no RSA key.
    package func verifyPSS(
        _ signature: [UInt8],
        of bytes: [UInt8],
        _ digest: DigestAlgorithm
    ) throws(CryptographyError) -> Bool {
        guard EVP_PKEY_is_a(pointer, "RSA") == 1 else {
            throw CryptographyError(.wrongParameter, "RSASSA-PSS needs an RSA key")
        }
        return withCleanErrorQueue {
            guard let context = EVP_MD_CTX_new() else { return false }
            defer { EVP_MD_CTX_free(context) }
            var keyContext: OpaquePointer?
            guard EVP_DigestVerifyInit_ex(context, &keyContext, digest.openSSLName, nil, nil, pointer, nil) == 1,
                EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
            return EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
        }
    }
}

extension SignatureAlgorithm {
    var digestName: String? {
        switch self {
        case .rs1: "SHA1"
        case .rs256, .ps256, .es256: "SHA256"
        case .rs384, .ps384: "SHA384"
        case .rs512, .ps512: "SHA512"
        case .edDSA: nil
        }
    }

    /// The digest of RSASSA-PSS; nil for all other schemes.
    var pssDigest: DigestAlgorithm? {
        switch self {
        case .ps256: .sha256
        case .ps384: .sha384
        case .ps512: .sha512
        default: nil
        }
    }

    func require(_ key: OpaquePointer) throws(CryptographyError) {
        let kind =
            switch self {
            case .rs1, .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: "RSA"
            case .es256: "EC"
            case .edDSA: "ED25519"
            }
        guard EVP_PKEY_is_a(key, kind) == 1, self != .es256 || EVP_PKEY_get_bits(key) == 256 else {
            throw CryptographyError(
                .wrongParameter,
                "\(rawValue) needs a key of kind \(kind == "EC" ? "EC P-256" : kind)"
            )
        }
    }
}
