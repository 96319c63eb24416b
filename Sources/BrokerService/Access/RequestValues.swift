import ConnectorConfig
import VaultContract
import Vocabulary

extension AuthMethod {
    /// What requests are signed with, out of what is stored: never a refresh token, nor a secret that only tokens are
    /// obtained with.
    ///
    /// Where requests are signed in the name of the integration's application, that is looked up, so that a new secret
    /// of it counts at once.
    ///
    /// - Parameters:
    ///   - stored: the account's values.
    ///   - integration: whose application it is.
    ///   - vault: where it lies.
    /// - Returns: Values by name.
    /// - Throws: `Problem` when the vault does not answer.
    func requestValues(
        _ stored: [String: String],
        integration: CredentialOwner,
        vault: any VaultClient
    ) async throws -> [String: String] {
        let hidden = StoredGrant.hidden.union(fieldsForTokensOnly)
        var values = stored.filter { !hidden.contains($0.key) }
        guard signsAsIntegration else { return values }
        let application = try await vault.credential(of: integration, kind: .app)?.values ?? [:]
        for (name, source) in [
            ("consumer_key", "client_id"), ("consumer_secret", "client_secret"), ("private_key", "private_key"),
        ] where values[name] == nil {
            values[name] = application[source]
        }
        return values
    }
}
