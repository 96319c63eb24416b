/// What may be told of a client certificate: nothing that could be used in its place.
package struct CertificateNote: Sendable, Codable, Equatable {
    /// The subject's distinguished name (RFC 2253).
    package var subject: String
    /// The issuer's distinguished name.
    package var issuer: String
    /// When it ends, RFC 3339.
    package var expiresAt: String
    /// SHA-256 of its DER form in hexadecimal.
    package var sha256: String

    /// Describes a certificate.
    package init(subject: String, issuer: String, expiresAt: String, sha256: String) {
        self.subject = subject
        self.issuer = issuer
        self.expiresAt = expiresAt
        self.sha256 = sha256
    }

    enum CodingKeys: String, CodingKey {
        case subject, issuer, sha256
        case expiresAt = "expires_at"
    }
}
