import JSONValue
package import Vocabulary

/// Whose client certificate a connection presents, and how it comes here (RFC 8705 section 2 where tokens are bound).
package struct MutualTLSConfig: Sendable {
    /// Whether the upload must hold the certificate's issuer too.
    package enum Chain: String, Sendable, CaseIterable {
        case optional, required
    }

    private enum Level: String, CaseIterable {
        case platform, environment, account
    }

    /// The names of the fields of an upload, which no other field may have.
    package static let fieldNames = ["client_cert", "client_key", "passphrase"]

    /// Who gives the certificate: each account's user, the environment with its integration, or the platform.
    package let level: OverrideLevel
    /// Whether the issuer must be in the file.
    package let chain: Chain
    /// The authority that the vendor's own certificate must come from, in PEM; any public one if nil.
    package let authorityPEM: [UInt8]?
    /// What the user is asked for; empty unless the account gives the certificate.
    package let fields: [VariableConfig]

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["level", "chain", "ca", "label", "help", "docs"])
        switch try reader?.child("level")?.choice(Level.self) ?? .account {
        case .platform: level = .platform
        case .environment: level = .environment
        case .account: level = .account
        }
        chain = try reader?.child("chain")?.choice(Chain.self) ?? .optional
        let authority = try reader?.child("ca")?.string()
        if let authority, let reader, !authority.contains("-----BEGIN CERTIFICATE-----") {
            throw try reader.required("ca").error("expected certificates in PEM")
        }
        authorityPEM = authority.map { Array($0.utf8) }
        guard level == .account else {
            for word in ["label", "help", "docs"] {
                if let reader = reader?.child(word) { throw reader.error("only an account's user reads it") }
            }
            fields = []
            return
        }
        fields = [
            VariableConfig(
                file: "client_cert",
                label: try reader?.child("label")?.string() ?? "Client certificate",
                help: try reader?.child("help")?.string()
                    ?? "A PEM file (.pem, .crt), or a PFX bundle (.pfx, .p12) that holds the key as well.",
                isRequired: true,
                docs: try reader?.child("docs")?.string()
            ),
            VariableConfig(
                file: "client_key",
                label: "Private key",
                help: "Only when the certificate's file does not hold it.",
                isRequired: false,
                docs: nil
            ),
            VariableConfig(
                secret: "passphrase",
                label: "Passphrase",
                help: "Only when the key or the bundle is protected by one."
            ),
        ]
    }
}
