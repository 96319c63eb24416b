package import Postgres
package import ServiceKit

/// The encrypted credential store.
///
/// It never dials out: others bring what it keeps and take what they may.
package struct VaultService: Sendable {
    private let vault: Vault
    private let verifier: ServiceTokenVerifier?

    /// Puts the service together.
    ///
    /// - Parameters:
    ///   - credentials: the database of ciphertext.
    ///   - keys: the database of wrapped keys.
    ///   - root: the key on which all others hang.
    ///   - verifier: checks the other services' tokens.
    package init(credentials: PostgresPool, keys: PostgresPool, root: RootKey, verifier: ServiceTokenVerifier?) {
        vault = Vault(
            credentials: CredentialStore(pool: credentials),
            keys: KeyStore(pool: keys, root: root)
        )
        self.verifier = verifier
    }

    /// Its operations.
    package var endpoints: [Endpoint] { VaultRoutes(vault: vault).endpoints }

    /// Reads service tokens; nobody else may call.
    package var authenticator: any CallerAuthenticator { BearerAuthenticator(tokens: verifier) }

    /// What must hold before it takes requests.
    package var readiness: [HealthCheck] {
        [
            HealthCheck("credentials") { [vault] in try await vault.credentials.pool.query("select 1") },
            HealthCheck("keys") { [vault] in try await vault.keys.pool.query("select 1") },
        ]
    }
}
