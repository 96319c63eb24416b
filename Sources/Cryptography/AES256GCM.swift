import COpenSSL

/// Authenticated encryption: AES-256 in Galois/counter mode (NIST SP 800-38D) with 96-bit nonces and 128-bit tags.
package enum AES256GCM {
    /// What sealing gives.
    package struct Sealed: Sendable, Equatable {
        /// 12 bytes, random for each sealing.
        package let nonce: [UInt8]
        /// As long as the plaintext.
        package let ciphertext: [UInt8]
        /// 16 bytes.
        package let tag: [UInt8]

        /// Puts the parts together.
        package init(nonce: [UInt8], ciphertext: [UInt8], tag: [UInt8]) {
            self.nonce = nonce
            self.ciphertext = ciphertext
            self.tag = tag
        }
    }

    /// Length of keys in bytes.
    package static let keyLength = 32
    /// Length of nonces in bytes.
    package static let nonceLength = 12
    /// Length of tags in bytes.
    package static let tagLength = 16

    // Fetching a cipher is slow, so it is done once; the object is immutable and meant to be shared.
    nonisolated(unsafe) private static let cipher = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

    /// Encrypts `plaintext` under a fresh random nonce and binds it to `associatedData`.
    ///
    /// - Throws: `wrongParameter` when the key is not 32 bytes long.
    package static func seal(
        _ plaintext: [UInt8],
        key: borrowing SecretBytes,
        associatedData: [UInt8]
    ) throws(CryptographyError) -> Sealed {
        try seal(plaintext, key: key, nonce: try SecureRandom.bytes(nonceLength), associatedData: associatedData)
    }

    /// Encrypts under a given nonce, for published test vectors.
    ///
    /// A nonce must never be used twice with one key.
    static func seal(
        _ plaintext: [UInt8],
        key: borrowing SecretBytes,
        nonce: [UInt8],
        associatedData: [UInt8]
    ) throws(CryptographyError) -> Sealed {
        try check(key, nonce)
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        var tag = [UInt8](repeating: 0, count: tagLength)
        let isDone = withCleanErrorQueue { () -> Bool in
            guard let context = EVP_CIPHER_CTX_new() else { return false }
            defer { EVP_CIPHER_CTX_free(context) }
            var written: Int32 = 0
            let isReady = key.withBytes {
                EVP_EncryptInit_ex2(context, cipher, $0.bindMemory(to: UInt8.self).baseAddress, nonce, nil) == 1
            }
            guard isReady,
                EVP_EncryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1,
                EVP_EncryptUpdate(context, &ciphertext, &written, plaintext, Int32(plaintext.count)) == 1,
                EVP_EncryptFinal_ex(context, nil, &written) == 1
            else { return false }
            return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
        }
        guard isDone else { throw CryptographyError(.failed, "AES-256-GCM could not seal") }
        return Sealed(nonce: nonce, ciphertext: ciphertext, tag: tag)
    }

    /// Decrypts what ``seal(_:key:associatedData:)`` made.
    ///
    /// - Throws: `notAuthentic` when anything differs by as much as a bit, with no hint at what; `wrongParameter` when a
    ///   length is wrong.
    package static func open(
        _ sealed: Sealed,
        key: borrowing SecretBytes,
        associatedData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try check(key, sealed.nonce)
        guard sealed.tag.count == tagLength else {
            throw CryptographyError(.wrongParameter, "an AES-256-GCM tag has 16 bytes, not \(sealed.tag.count)")
        }
        var plaintext = [UInt8](repeating: 0, count: sealed.ciphertext.count)
        var tag = sealed.tag
        let isDone = withCleanErrorQueue { () -> Bool in
            guard let context = EVP_CIPHER_CTX_new() else { return false }
            defer { EVP_CIPHER_CTX_free(context) }
            var written: Int32 = 0
            let isReady = key.withBytes {
                EVP_DecryptInit_ex2(context, cipher, $0.bindMemory(to: UInt8.self).baseAddress, sealed.nonce, nil) == 1
            }
            // The tag is set before the end is reached, and nothing leaves this function unless the end says yes.
            guard isReady,
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1,
                EVP_DecryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1,
                EVP_DecryptUpdate(context, &plaintext, &written, sealed.ciphertext, Int32(sealed.ciphertext.count)) == 1
            else { return false }
            return EVP_DecryptFinal_ex(context, nil, &written) == 1
        }
        guard isDone else {
            plaintext.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
            throw CryptographyError(.notAuthentic, "the sealed bytes are not those that were sealed for this purpose")
        }
        return plaintext
    }

    private static func check(_ key: borrowing SecretBytes, _ nonce: [UInt8]) throws(CryptographyError) {
        guard key.count == keyLength else {
            throw CryptographyError(.wrongParameter, "an AES-256-GCM key has 32 bytes, not \(key.count)")
        }
        guard nonce.count == nonceLength else {
            throw CryptographyError(.wrongParameter, "an AES-256-GCM nonce has 12 bytes, not \(nonce.count)")
        }
    }
}
