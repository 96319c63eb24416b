import COpenSSL
package import Foundation
package import Vocabulary

/// A certificate authority for one machine: it certifies the sandbox and the services' TLS listeners in development
/// and in tests.
///
/// Its key is a file of mode 0600 and nothing outside the data directory trusts it.
package struct DevelopmentAuthority: Sendable {
    /// A certificate with its key.
    package struct Identity: Sendable {
        /// The certificate chain in PEM, leaf first.
        package let chainPEM: [UInt8]
        /// The unencrypted private key in PEM.
        package let privateKeyPEM: [UInt8]
    }

    /// The authority's own certificate in PEM; trust it as a CA.
    package let certificatePEM: [UInt8]
    private let certificate: Certificate
    private let key: PrivateKey

    /// Makes an authority that lives as long as this value.
    ///
    /// - Throws: `failed`.
    package init() throws(CryptographyError) {
        let key = try PrivateKey.generate(.p256)
        try self.init(key: key, certificate: Self.selfSigned(key))
    }

    /// Loads the authority of `directory` or makes one there (`ca.pem`, and `ca.key` of mode 0600).
    ///
    /// - Throws: when the files cannot be read or written.
    package init(directory: URL) throws {
        let certificateFile = directory.appendingPathComponent("ca.pem")
        let keyFile = directory.appendingPathComponent("ca.key")
        if let pem = try? Data(contentsOf: certificateFile), let keyPEM = try? Data(contentsOf: keyFile) {
            let certificate = try Certificate(pem: [UInt8](pem))
            let key = try PrivateKey(pem: [UInt8](keyPEM))
            if certificate.matches(key), let end = certificate.notAfter, end > Date(timeIntervalSinceNow: 86_400 * 30) {
                try self.init(key: key, certificate: certificate)
                return
            }
        }
        let key = try PrivateKey.generate(.p256)
        let certificate = try Self.selfSigned(key)
        try FileManager.default.createDirectory(
            at: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        try? FileManager.default.removeItem(at: keyFile)
        guard
            FileManager.default.createFile(
                atPath: keyFile.path,
                contents: Data(try key.pem()),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw CryptographyError(.failed, "\(keyFile.path) cannot be written") }
        try Data(try certificate.pem()).write(to: certificateFile, options: .atomic)
        try self.init(key: key, certificate: certificate)
    }

    private init(key: PrivateKey, certificate: Certificate) throws(CryptographyError) {
        self.key = key
        self.certificate = certificate
        certificatePEM = try certificate.pem()
    }

    /// Certifies a new P-256 key, valid for 397 days.
    ///
    /// - Parameters:
    ///   - commonName: the subject's name.
    ///   - dnsNames: names the certificate is good for; a leading `*.` stands for one label.
    ///   - ipAddresses: addresses it is good for.
    ///   - isClient: whether it is for a client instead of a server.
    /// - Returns: The certificate with its key.
    /// - Throws: `wrongParameter` for a name that cannot be written.
    package func issue(
        commonName: String,
        dnsNames: [String] = [],
        ipAddresses: [String] = [],
        isClient: Bool = false
    ) throws(CryptographyError) -> Identity {
        for name in dnsNames { try DistinguishedName.checkDNS(name) }
        for address in ipAddresses { try DistinguishedName.checkAddress(address) }
        let names = (dnsNames.map { "DNS:" + $0 } + ipAddresses.map { "IP:" + $0 }).joined(separator: ",")
        var extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, isClient ? "clientAuth" : "serverAuth"),
            (NID_authority_key_identifier, "keyid"),
        ]
        if !names.isEmpty { extensions.append((NID_subject_alt_name, names)) }
        let leafKey = try PrivateKey.generate(.p256)
        let leaf = try Self.certificate(
            for: leafKey,
            commonName: commonName,
            days: 397,
            extensions: extensions,
            issuer: certificate,
            signedBy: key
        )
        return Identity(chainPEM: try leaf.pem() + certificatePEM, privateKeyPEM: try leafKey.pem())
    }

    private static func selfSigned(_ key: PrivateKey) throws(CryptographyError) -> Certificate {
        try certificate(
            for: key,
            commonName: "Tributary development authority",
            days: 3650,
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
            ],
            issuer: nil,
            signedBy: key
        )
    }

    private static func certificate(
        for key: PrivateKey,
        commonName: String,
        days: Int,
        extensions: [(Int32, String)],
        issuer: Certificate?,
        signedBy signer: PrivateKey
    ) throws(CryptographyError) -> Certificate {
        try DistinguishedName.check(commonName)
        var serialBytes = try SecureRandom.bytes(16)
        // A positive number of at most 20 bytes (RFC 5280 section 4.1.2.2).
        serialBytes[0] &= 0x7f
        let pointer = withCleanErrorQueue { () -> OpaquePointer? in
            guard let certificate = X509_new() else { return nil }
            let subject = X509_get_subject_name(certificate)
            let serial = BN_bin2bn(serialBytes, Int32(serialBytes.count), nil)
            defer { BN_free(serial) }
            let isBuilt =
                X509_set_version(certificate, 2) == 1
                && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nil
                && X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nil
                && X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86_400) != nil
                && DistinguishedName.add("CN", commonName, to: subject)
                && X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0.pointer) } ?? subject) == 1
                && X509_set_pubkey(certificate, key.pointer) == 1
                && extensions.allSatisfy { identifier, value in
                    tributary_add_extension(certificate, issuer?.pointer ?? certificate, identifier, value) == 1
                }
                && X509_sign(certificate, signer.pointer, EVP_sha256()) > 0
            if isBuilt { return certificate }
            X509_free(certificate)
            return nil
        }
        guard let pointer else { throw CryptographyError(.failed, "the certificate could not be made") }
        return Certificate(owning: pointer)
    }
}

extension DevelopmentAuthority.Identity {
    /// The certificate, its issuer and the key as a PKCS #12 bundle (RFC 7292), as certificate tools export them.
    ///
    /// - Throws: `failed`.
    package func bundle(passphrase: Secret<String>) throws(CryptographyError) -> [UInt8] {
        let chain = try Certificate.chain(pem: chainPEM)
        let key = try PrivateKey(pem: privateKeyPEM)
        return try pemBytes { bio in
            tributary_pkcs12_write(
                bio,
                passphrase.reveal(),
                key.pointer,
                chain[0].pointer,
                chain.dropFirst().first?.pointer
            )
        }
    }
}
