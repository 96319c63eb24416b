package import FoundationEssentials

/// What a user uploads for mutual TLS: PEM or DER texts, or a PKCS #12 bundle (RFC 7292).
package struct CertificateUpload: Sendable {
    /// The certificate, with its chain and its key or without.
    package let certificate: Secret<[UInt8]>
    /// The private key, where it is a file of its own.
    package let privateKey: Secret<[UInt8]>?
    /// What protects the key or the bundle.
    package let passphrase: Secret<String>?

    /// Describes an upload.
    package init(certificate: Secret<[UInt8]>, privateKey: Secret<[UInt8]>?, passphrase: Secret<String>?) {
        self.certificate = certificate
        self.privateKey = privateKey
        self.passphrase = passphrase
    }
}

/// A client certificate that is fit for use: read, checked, its key no longer protected.
package struct ClientIdentity: Sendable {
    /// The certificates in PEM, the client's own first, each followed by its issuer.
    package let chainPEM: String
    /// The key in PEM.
    package let privateKeyPEM: Secret<String>
    /// The subject's distinguished name (RFC 2253).
    package let subject: String
    /// The issuer's distinguished name (RFC 2253).
    package let issuer: String
    /// Until when it is valid.
    package let notAfter: Date
    /// SHA-256 of its DER form in hexadecimal, as vendors show fingerprints.
    package let sha256: String

    /// Describes an identity.
    package init(
        chainPEM: String,
        privateKeyPEM: Secret<String>,
        subject: String,
        issuer: String,
        notAfter: Date,
        sha256: String
    ) {
        self.chainPEM = chainPEM
        self.privateKeyPEM = privateKeyPEM
        self.subject = subject
        self.issuer = issuer
        self.notAfter = notAfter
        self.sha256 = sha256
    }
}

/// Why an uploaded certificate cannot be used; never holds any of its bytes.
package struct CertificateFault: Error, Sendable, Equatable {
    /// The closed set of reasons.
    package enum Reason: String, Sendable, CaseIterable {
        /// Neither PEM nor DER nor a bundle.
        case unreadable
        /// The passphrase is missing.
        case passphraseNeeded = "passphrase_needed"
        /// The passphrase does not open it.
        case wrongPassphrase = "wrong_passphrase"
        /// There is no private key.
        case keyMissing = "key_missing"
        /// The key belongs to another certificate.
        case keyMismatch = "key_mismatch"
        /// Its time is over.
        case expired
        /// Its time has not begun.
        case notYetValid = "not_yet_valid"
        /// The certificate of its issuer is wanted and is not there.
        case chainMissing = "chain_missing"
    }

    /// Why.
    package let reason: Reason
    /// What is wrong and what to do, in plain words for the person who uploaded it.
    package let message: String

    /// Describes a fault.
    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}

/// Reads uploaded client certificates.
///
/// `Cryptography` implements it; `tributary` hands it to the Broker.
package protocol CertificateReader: Sendable {
    /// The identity in an upload.
    ///
    /// - Parameters:
    ///   - upload: the files.
    ///   - requiresIssuer: whether the issuer's certificate must be among them.
    ///   - now: the time.
    /// - Returns: the identity, its key no longer protected.
    /// - Throws: ``CertificateFault`` for the person who uploaded it.
    func identity(
        in upload: CertificateUpload,
        requiresIssuer: Bool,
        now: Date
    ) throws(CertificateFault) -> ClientIdentity
}
