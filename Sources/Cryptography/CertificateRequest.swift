import COpenSSL

/// A certificate signing request (RFC 2986), as an enrolment at a certificate authority asks for.
package struct CertificateRequest: Sendable {
    /// The request in PEM; give it to the authority.
    package let pem: [UInt8]

    /// Makes a request for `key`.
    ///
    /// - Parameters:
    ///   - commonName: the subject's common name, 1...64 characters.
    ///   - organization: the subject's organization, if any.
    ///   - dnsNames: alternative names, may be empty.
    ///   - key: the key to be certified; it signs the request.
    /// - Throws: `wrongParameter` for a name that cannot be written.
    package init(
        commonName: String,
        organization: String? = nil,
        dnsNames: [String] = [],
        key: PrivateKey
    ) throws(CryptographyError) {
        try DistinguishedName.check(commonName)
        for name in dnsNames { try DistinguishedName.checkDNS(name) }
        let request = withCleanErrorQueue { () -> OpaquePointer? in
            guard let request = X509_REQ_new() else { return nil }
            let subject = X509_REQ_get_subject_name(request)
            let names = dnsNames.map { "DNS:" + $0 }.joined(separator: ",")
            let isBuilt =
                X509_REQ_set_version(request, 0) == 1
                && (organization.map { DistinguishedName.add("O", $0, to: subject) } ?? true)
                && DistinguishedName.add("CN", commonName, to: subject)
                && X509_REQ_set_pubkey(request, key.pointer) == 1
                && (names.isEmpty || tributary_request_add_extension(request, NID_subject_alt_name, names) == 1)
                && X509_REQ_sign(request, key.pointer, EVP_PKEY_is_a(key.pointer, "ED25519") == 1 ? nil : EVP_sha256())
                    > 0
            if isBuilt { return request }
            X509_REQ_free(request)
            return nil
        }
        guard let request else { throw CryptographyError(.failed, "the certificate request could not be made") }
        defer { X509_REQ_free(request) }
        pem = try pemBytes { PEM_write_bio_X509_REQ($0, request) }
    }
}

/// The names inside certificates.
enum DistinguishedName {
    // MBSTRING_UTF8 of OpenSSL, a macro that is not imported.
    private static let utf8Text: Int32 = 0x1000

    static func check(_ name: String) throws(CryptographyError) {
        guard (1...64).contains(name.count), !name.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw CryptographyError(.wrongParameter, "a common name has 1 to 64 characters and no control characters")
        }
    }

    /// Alternative names are handed to OpenSSL as a comma-separated text, so nothing may look like its syntax.
    static func checkDNS(_ name: String) throws(CryptographyError) {
        let isName =
            !name.isEmpty && name.utf8.count <= 253
            && name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "*")
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
        guard isName else {
            throw CryptographyError(.wrongParameter, "a DNS name has letters, digits, dots and hyphens")
        }
    }

    static func checkAddress(_ address: String) throws(CryptographyError) {
        let isAddress =
            !address.isEmpty
            && address.utf8.allSatisfy { byte in
                byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
        guard isAddress else { throw CryptographyError(.wrongParameter, "an IP address has digits, dots and colons") }
    }

    static func add(_ field: String, _ value: String, to name: OpaquePointer?) -> Bool {
        let bytes = Array(value.utf8)
        return X509_NAME_add_entry_by_txt(name, field, utf8Text, bytes, Int32(bytes.count), -1, 0) == 1
    }
}
