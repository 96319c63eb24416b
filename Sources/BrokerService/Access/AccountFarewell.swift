import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import RegistryContract
import VaultContract
import Vocabulary

/// What a connector does with the vendor before a deleted account's credentials are shredded, such as to end
/// subscriptions.
struct AccountFarewell: Sendable {
    let configurations: Configurations
    let vault: any VaultClient
    let certificates: ClientCertificates
    let sender: any HTTPSender
    let digests: any Digests

    /// Does it, as far as it can be done: nothing that fails keeps a deleted account's credentials.
    func say(to deletion: AccountDeletion) async {
        guard let id = deletion.integrationID, let of = try? await configurations.integration(id),
            let hook = of.connector.document.lifecycle.preDelete,
            let access = try? await access(to: deletion, of)
        else { return }
        _ = try? await LifecycleRun(connector: of.connector, sender: sender, digests: digests).variables(
            of: hook,
            account: deletion.accountID,
            variables: deletion.variables ?? [:],
            access: FixedAccess(access)
        )
    }

    private func access(
        to deletion: AccountDeletion,
        _ of: Configurations.OfIntegration
    ) async throws -> ConnectorEngine.UsableAccess? {
        let owner = CredentialOwner(account: deletion.accountID, tenant: deletion.tenantID)
        guard let stored = try await vault.credential(of: owner, kind: .access),
            let method = stored.values["method"].flatMap(of.connector.document.authMethod)
        else { return nil }
        let integration = CredentialOwner(integration: of.integration.id, tenant: of.integration.tenantID)
        let certificate = try await certificates.certificate(
            for: method,
            connector: of.connector.name,
            integration: integration,
            values: stored.values
        )
        return ConnectorEngine.UsableAccess(
            method: method.name,
            values: try await method.requestValues(stored.values, integration: integration, vault: vault)
                .mapValues(Secret.init),
            clientCertificate: certificate?.identity
        )
    }
}
