import COpenSSL
package import FoundationEssentials
package import Vocabulary

/// ``CertificateReader`` by OpenSSL.
package struct OpenSSLCertificateReader: CertificateReader {
    /// The only instance needed.
    package init() {}

    package func identity(
        in upload: CertificateUpload,
        requiresIssuer: Bool,
        now: Date
    ) throws(CertificateFault) -> ClientIdentity {
        var contents = try Self.contents(upload.certificate.reveal(), upload.passphrase)
        if let file = upload.privateKey?.reveal() {
            contents.key = try Self.key(in: file, upload.passphrase)
            if contents.key == nil {
                throw CertificateFault(.unreadable, "The private key's file holds no key in PEM.")
            }
        }
        guard let key = contents.key else {
            throw CertificateFault(
                .keyMissing,
                "The file holds no private key. Upload the key as well, or a PFX bundle that holds both."
            )
        }
        guard let own = contents.certificates.first(where: { $0.matches(key) }) else {
            throw CertificateFault(.keyMismatch, "The private key does not belong to this certificate.")
        }
        try Self.checkDates(of: own, now)
        let chain = try Self.chain(from: own, among: contents.certificates, requiresIssuer: requiresIssuer)
        return try Self.identity(chain, key)
    }

    private struct Contents {
        var certificates: [Certificate]
        var key: PrivateKey?
    }

    // MARK: Reading

    private static func contents(
        _ bytes: [UInt8],
        _ passphrase: Secret<String>?
    ) throws(CertificateFault) -> Contents {
        if isPEM(bytes) {
            let certificates = (try? Certificate.chain(pem: bytes)) ?? []
            guard !certificates.isEmpty else {
                throw CertificateFault(
                    .unreadable,
                    "The file holds no certificate. A PEM certificate begins with -----BEGIN CERTIFICATE-----."
                )
            }
            return Contents(certificates: certificates, key: try key(in: bytes, passphrase))
        }
        if let bundle = try bundle(bytes, passphrase) { return bundle }
        if let certificate = Certificate(der: bytes) { return Contents(certificates: [certificate], key: nil) }
        throw CertificateFault(.unreadable, "The file is neither a certificate in PEM nor a PFX bundle.")
    }

    private static func bundle(
        _ bytes: [UInt8],
        _ passphrase: Secret<String>?
    ) throws(CertificateFault) -> Contents? {
        var key: OpaquePointer?
        var certificate: OpaquePointer?
        var chain: OpaquePointer?
        var context: OpaquePointer?
        let result = withCleanErrorQueue {
            tributary_pkcs12_open(
                bytes,
                bytes.count,
                passphrase?.reveal(),
                &key,
                &certificate,
                &chain,
                &context
            )
        }
        defer {
            EVP_PKEY_free(key)
            tributary_chain_free(chain)
            OSSL_LIB_CTX_free(context)
        }
        switch result {
        case 0: return nil
        case -1:
            guard passphrase != nil else {
                throw CertificateFault(.passphraseNeeded, "The bundle is protected. Please give its passphrase.")
            }
            throw CertificateFault(.wrongPassphrase, "The passphrase does not open the bundle.")
        case 1: break
        default:
            throw CertificateFault(.unreadable, "The bundle cannot be read. Please export it again, with AES-256.")
        }
        var certificates: [Certificate] = []
        if let certificate { certificates.append(Certificate(owning: certificate)) }
        for index in 0..<tributary_chain_count(chain) {
            guard let item = tributary_chain_item(chain, index), X509_up_ref(item) == 1 else { continue }
            certificates.append(Certificate(owning: item))
        }
        guard let key else { return Contents(certificates: certificates, key: nil) }
        // The key lives in the bundle's own library context: it is carried over into the one that everything else uses.
        do {
            var pem = try pemBytes { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
            defer { OPENSSL_cleanse(&pem, pem.count) }
            return Contents(certificates: certificates, key: try PrivateKey(pem: pem))
        } catch {
            throw CertificateFault(.unreadable, "The bundle's private key is of a kind that is not known here.")
        }
    }

    /// The first private key of a PEM text; nil when there is none.
    private static func key(
        in bytes: [UInt8],
        _ passphrase: Secret<String>?
    ) throws(CertificateFault) -> PrivateKey? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("PRIVATE KEY-----") else { return nil }
        if let key = try? PrivateKey(pem: bytes) { return key }
        let isProtected = text.contains("ENCRYPTED")
        guard isProtected else {
            throw CertificateFault(.unreadable, "The private key cannot be read.")
        }
        guard let passphrase else {
            throw CertificateFault(.passphraseNeeded, "The private key is protected. Please give its passphrase.")
        }
        guard let key = PrivateKey(pem: bytes, passphrase: passphrase) else {
            throw CertificateFault(.wrongPassphrase, "The passphrase does not open the private key.")
        }
        return key
    }

    private static func isPEM(_ bytes: [UInt8]) -> Bool {
        let mark = Array("-----BEGIN ".utf8)
        guard bytes.count >= mark.count else { return false }
        return (0...min(bytes.count - mark.count, 65_536)).contains { bytes[$0...].starts(with: mark) }
    }

    // MARK: Checking

    private static func checkDates(of certificate: Certificate, _ now: Date) throws(CertificateFault) {
        guard let begin = certificate.notBefore, let end = certificate.notAfter else {
            throw CertificateFault(.unreadable, "The certificate has no readable dates.")
        }
        if end <= now {
            throw CertificateFault(.expired, "The certificate expired on \(day(end)). Please upload a current one.")
        }
        // Clocks differ a little.
        if begin > now.addingTimeInterval(300) {
            throw CertificateFault(.notYetValid, "The certificate is valid only from \(day(begin)).")
        }
    }

    private static func chain(
        from own: Certificate,
        among all: [Certificate],
        requiresIssuer: Bool
    ) throws(CertificateFault) -> [Certificate] {
        var chain = [own]
        while let last = chain.last, last.subject != last.issuer, chain.count < 10,
            let next = all.first(where: { $0.subject == last.issuer && last.isSigned(by: $0) })
        {
            chain.append(next)
        }
        let isAlone = chain.count == 1 && own.subject != own.issuer
        // Further certificates that lead nowhere are a sign of the wrong file.
        guard isAlone, requiresIssuer || all.count > 1 else { return chain }
        throw CertificateFault(
            .chainMissing,
            "The certificate of the issuer “\(own.issuer)” is missing. Please add it to the file, below your own."
        )
    }

    private static func identity(_ chain: [Certificate], _ key: PrivateKey) throws(CertificateFault) -> ClientIdentity {
        do {
            var pem: [UInt8] = []
            for certificate in chain { pem += try certificate.pem() }
            var keyPEM = try key.pem()
            defer { OPENSSL_cleanse(&keyPEM, keyPEM.count) }
            return ClientIdentity(
                chainPEM: String(decoding: pem, as: UTF8.self),
                privateKeyPEM: Secret(String(decoding: keyPEM, as: UTF8.self)),
                subject: chain[0].subject,
                issuer: chain[0].issuer,
                notAfter: chain[0].notAfter ?? .distantPast,
                sha256: Hexadecimal.text(try chain[0].fingerprintSHA256())
            )
        } catch {
            throw CertificateFault(.unreadable, "The certificate cannot be written.")
        }
    }

    /// `2027-03-01`, in UTC.
    private static func day(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day())
    }
}

extension Certificate {
    /// Reads a certificate in DER; nil when it is none.
    convenience init?(der bytes: [UInt8]) {
        let pointer = withMemoryBIO(bytes) { d2i_X509_bio($0, nil) }
        guard let pointer else { return nil }
        self.init(owning: pointer)
    }
}

extension PrivateKey {
    /// Reads a protected private key in PEM; nil when the passphrase does not open it.
    convenience init?(pem: [UInt8], passphrase: Secret<String>) {
        let pointer = withMemoryBIO(pem) { bio in
            passphrase.reveal().withCString { text in
                // Without a callback the last argument is the passphrase itself.
                PEM_read_bio_PrivateKey(bio, nil, nil, UnsafeMutableRawPointer(mutating: text))
            }
        }
        guard let pointer else { return nil }
        self.init(owning: pointer)
    }
}
