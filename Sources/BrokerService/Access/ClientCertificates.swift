import BrokerContract
import ConnectorConfig
import FoundationEssentials
import HTTPExchange
import RegistryContract
import VaultContract
import Vocabulary

/// Client certificates in the vault: what they are called there, and where each level's lies.
struct ClientCertificates: Sendable {
    let vault: any VaultClient
    let digests: any Digests

    /// The vault's names of the chain and of the key.
    private static let chain = "client_cert"
    private static let key = "client_key"
    /// What is never handed out as a value for injection.
    static let names: Set = [chain, key]

    /// What is stored of an identity, beside whatever else the owner has.
    static func values(of identity: ClientIdentity) -> [String: String] {
        [chain: identity.chainPEM, key: identity.privateKeyPEM.reveal()]
    }

    /// What an account shows of its certificate.
    static func note(of identity: ClientIdentity) -> CertificateNote {
        CertificateNote(
            subject: identity.subject,
            issuer: identity.issuer,
            expiresAt: RFC3339.text(identity.notAfter),
            sha256: identity.sha256
        )
    }

    /// The certificate among stored values; nil when there is none.
    static func certificate(in values: [String: String]) -> UsableAccessMessage.ClientCertificate? {
        guard let chain = values[chain], let key = values[key] else { return nil }
        return UsableAccessMessage.ClientCertificate(chainPEM: chain, privateKeyPEM: key)
    }

    /// The owner of what the platform keeps for a connector.
    func platformOwner(of connector: String) throws -> CredentialOwner {
        CredentialOwner(connectorSHA256: try digests.digest(.sha256, of: Array(connector.utf8)))
    }

    /// The certificate that an account's connections present; nil when its way to connect has none.
    ///
    /// `values`: the account's own.
    /// Throws: `config_invalid` when the level that should have one has none.
    func certificate(
        for method: AuthMethod?,
        connector: String,
        integration: CredentialOwner,
        values: [String: String]
    ) async throws -> UsableAccessMessage.ClientCertificate? {
        guard let config = method?.mutualTLS else { return nil }
        let found: UsableAccessMessage.ClientCertificate?
        switch config.level {
        case .account: found = Self.certificate(in: values)
        case .environment:
            found = Self.certificate(in: try await vault.credential(of: integration, kind: .app)?.values ?? [:])
        case .platform:
            let owner = try platformOwner(of: connector)
            found = Self.certificate(in: try await vault.credential(of: owner, kind: .app)?.values ?? [:])
        }
        guard let found else {
            throw config.level == .account
                ? Problem(.accountNeedsReauth, "the account has no client certificate; the end user must connect again")
                : Problem(
                    .configInvalid,
                    "the connector '\(connector)' needs a client certificate of the \(config.level.rawValue)"
                )
        }
        return found
    }
}

extension UsableAccessMessage.ClientCertificate {
    /// The certificate as the transport takes it.
    var identity: ConnectionIdentity.ClientCertificate {
        ConnectionIdentity.ClientCertificate(chainPEM: Array(chainPEM.utf8), privateKeyPEM: Array(privateKeyPEM.utf8))
    }
}
