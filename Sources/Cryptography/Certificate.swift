import COpenSSL
package import FoundationEssentials

/// An X.509 certificate, read (RFC 5280).
package final class Certificate: @unchecked Sendable {
    // Sendable: the X509 is read only after `init`, which forces its lazily parsed extensions.
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        // Caches the extensions, so that later reads do not write.
        _ = X509_check_purpose(pointer, -1, 0)
    }

    deinit {
        X509_free(pointer)
    }

    /// Reads the first certificate of a PEM text.
    ///
    /// - Throws: `unreadable`.
    package convenience init(pem: [UInt8]) throws(CryptographyError) {
        guard let pointer = withMemoryBIO(pem, { PEM_read_bio_X509($0, nil, nil, nil) }) else {
            throw CryptographyError(.unreadable, "no certificate in PEM; it begins with -----BEGIN CERTIFICATE-----")
        }
        self.init(owning: pointer)
    }

    /// Reads every certificate of a PEM text, in order.
    ///
    /// - Throws: `unreadable` when there is none.
    package static func chain(pem: [UInt8]) throws(CryptographyError) -> [Certificate] {
        let chain = withMemoryBIO(pem) { bio -> [Certificate]? in
            var certificates: [Certificate] = []
            while let pointer = PEM_read_bio_X509(bio, nil, nil, nil) {
                certificates.append(Certificate(owning: pointer))
            }
            return certificates.isEmpty ? nil : certificates
        }
        guard let chain else { throw CryptographyError(.unreadable, "no certificate in PEM") }
        return chain
    }

    /// The certificate in PEM.
    package func pem() throws(CryptographyError) -> [UInt8] {
        try pemBytes { PEM_write_bio_X509($0, pointer) }
    }

    /// The subject's distinguished name in the form of RFC 2253.
    package var subject: String { Self.text(of: X509_get_subject_name(pointer)) }

    /// The issuer's distinguished name in the form of RFC 2253.
    package var issuer: String { Self.text(of: X509_get_issuer_name(pointer)) }

    /// From when it is valid.
    package var notBefore: Date? { Self.date(of: X509_get0_notBefore(pointer)) }

    /// Until when it is valid; warn people well before.
    package var notAfter: Date? { Self.date(of: X509_get0_notAfter(pointer)) }

    /// The DNS names among the subject's alternative names.
    package var dnsNames: [String] {
        guard let raw = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        return (0..<tributary_general_name_count(names)).compactMap { index -> String? in
            var kind: Int32 = 0
            guard let name = tributary_general_name(names, index),
                let value = GENERAL_NAME_get0_value(name, &kind), kind == GEN_DNS
            else { return nil }
            let text = value.assumingMemoryBound(to: ASN1_STRING.self)
            guard let bytes = ASN1_STRING_get0_data(text) else { return nil }
            let buffer = UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(text)))
            return String(validating: buffer, as: UTF8.self)
        }
    }

    /// SHA-256 of the certificate's DER form, as `x5t#S256` (RFC 8705) and fingerprints use it.
    package func fingerprintSHA256() throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let ok = withCleanErrorQueue { X509_digest(pointer, EVP_sha256(), &digest, &length) }
        guard ok == 1 else { throw CryptographyError(.failed, "the certificate has no digest") }
        return digest
    }

    /// Whether `key` is the private half of the certificate's key.
    package func matches(_ key: PrivateKey) -> Bool {
        withCleanErrorQueue { X509_check_private_key(pointer, key.pointer) == 1 }
    }

    /// Whether `issuer`'s key signed this certificate.
    package func isSigned(by issuer: Certificate) -> Bool {
        withCleanErrorQueue {
            guard let key = X509_get0_pubkey(issuer.pointer) else { return false }
            return X509_verify(pointer, key) == 1
        }
    }

    private static func text(of name: OpaquePointer?) -> String {
        guard let name, let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        guard X509_NAME_print_ex(bio, name, 0, tributary_name_flags()) >= 0 else { return "" }
        var start: UnsafeMutablePointer<CChar>?
        let count = tributary_bio_memory(bio, &start)
        guard let start, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    private static func date(of time: UnsafePointer<ASN1_TIME>?) -> Date? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }
}
