import Cryptography
import Foundation

/// How keys and credentials are sealed: AES-256-GCM with associated data that says what the bytes are and whose, and a
/// commitment that ties each ciphertext to exactly one key.
enum Envelope {
    /// Magic and format of a sealed credential.
    private static let header = Array("TRV1".utf8) + [1]

    /// Joins the parts of associated data, each with its length, so that no two lists of parts give the same bytes.
    static func associatedData(_ parts: [String]) -> [UInt8] {
        parts.reduce(into: []) { bytes, part in
            let text = Array(part.utf8)
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: text.count >> shift)) }
            bytes += text
        }
    }

    /// A value that only the holder of `key` can compute; it is stored beside what the key sealed and checked first.
    static func commitment(of key: borrowing SecretBytes) throws(CryptographyError) -> [UInt8] {
        let derived = try MessageDigest.hkdf(32, key: key, salt: [], info: Array("tributary commitment".utf8))
        return derived.withBytes { Array($0) }
    }

    /// Wraps a key with a key.
    static func wrap(
        _ inner: borrowing SecretBytes,
        with outer: borrowing SecretBytes,
        _ purpose: [String]
    ) throws(CryptographyError) -> [UInt8] {
        var plain = inner.withBytes { Array($0) }
        defer { plain.zero() }
        let sealed = try AES256GCM.seal(plain, key: outer, associatedData: associatedData(["trib-wrap"] + purpose))
        return sealed.nonce + sealed.ciphertext + sealed.tag
    }

    /// Unwraps a key and checks its commitment.
    static func unwrap(
        _ wrapped: [UInt8],
        commitment: [UInt8],
        with outer: borrowing SecretBytes,
        _ purpose: [String]
    ) throws(CryptographyError) -> SecretBytes {
        guard let sealed = AES256GCM.Sealed(joined: wrapped) else {
            throw CryptographyError(.notAuthentic, "a wrapped key is cut short")
        }
        var plain = try AES256GCM.open(sealed, key: outer, associatedData: associatedData(["trib-wrap"] + purpose))
        let key = SecretBytes(zeroing: &plain)
        guard ConstantTime.areEqual(try Envelope.commitment(of: key), commitment) else {
            throw CryptographyError(.notAuthentic, "a key is not the one that it was")
        }
        return key
    }

    private static func bytes(of id: UUID) -> [UInt8] {
        let u = id.uuid
        return [u.0, u.1, u.2, u.3, u.4, u.5, u.6, u.7, u.8, u.9, u.10, u.11, u.12, u.13, u.14, u.15]
    }

    /// Seals a credential: header, key id, nonce, ciphertext, tag.
    static func seal(
        _ plain: [UInt8],
        key: borrowing SecretBytes,
        keyID: UUID,
        _ purpose: [String]
    ) throws(CryptographyError) -> [UInt8] {
        let id = bytes(of: keyID)
        let sealed = try AES256GCM.seal(
            plain,
            key: key,
            associatedData: associatedData(["trib-cred"] + purpose + [keyID.uuidString])
        )
        return header + id + sealed.nonce + sealed.ciphertext + sealed.tag
    }

    /// Opens a credential; `keyID` must be the one in its header.
    static func open(
        _ blob: [UInt8],
        key: borrowing SecretBytes,
        keyID: UUID,
        _ purpose: [String]
    ) throws(CryptographyError) -> [UInt8] {
        let id = bytes(of: keyID)
        let start = header.count + id.count
        guard blob.starts(with: header + id), let sealed = AES256GCM.Sealed(joined: Array(blob.dropFirst(start))) else {
            throw CryptographyError(.notAuthentic, "a sealed credential has another form or key")
        }
        return try AES256GCM.open(
            sealed,
            key: key,
            associatedData: associatedData(["trib-cred"] + purpose + [keyID.uuidString])
        )
    }
}

extension AES256GCM.Sealed {
    /// Takes nonce, ciphertext and tag apart; nil when there are too few bytes.
    fileprivate init?(joined bytes: [UInt8]) {
        let tagStart = bytes.count - AES256GCM.tagLength
        guard tagStart >= AES256GCM.nonceLength else { return nil }
        self.init(
            nonce: Array(bytes[..<AES256GCM.nonceLength]),
            ciphertext: Array(bytes[AES256GCM.nonceLength..<tagStart]),
            tag: Array(bytes[tagStart...])
        )
    }
}

extension [UInt8] {
    /// Overwrites the bytes.
    mutating func zero() {
        // Moving the bytes into a SecretBytes zeroes them; that value is zeroed as it ends.
        _ = SecretBytes(zeroing: &self)
    }
}
