import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import JSONValue
import Logging
import RegistryContract
import VaultContract
import Vocabulary

/// The steps of connecting one account, from what the user typed or the vendor granted to an active account.
struct ConnectFlow: Sendable {
    let configurations: Configurations
    let registry: any RegistryClient
    let vault: any VaultClient
    let certificates: ClientCertificates
    let certificateReader: any CertificateReader
    let sender: any HTTPSender
    let sessions: ConnectSessionStore
    let secrets: BrowserSecret
    let config: BrokerConfig
    let now: @Sendable () -> Date

    /// What the user must be told; everything else is a `Problem` of ours.
    struct UserError: Error {
        /// Plain words.
        let message: String
        /// The field that is wrong.
        let field: String?
    }

    /// What became of a connect flow.
    struct Outcome: Sendable {
        let account: AccountRecord
        let label: String
    }

    // MARK: OAuth

    /// The address to send the browser to.
    func authorize(_ session: ConnectSession, _ of: Configurations.OfIntegration, method: AuthMethod) async throws
        -> String
    {
        let flow = try OAuth2Flow(connector: of.connector.document, method: method.name, variables: session.variables)
        let state = try secrets.make()
        var session = session
        session.integrationID = of.integration.id
        session.method = method.name
        try await sessions.remember(session, stateSHA256: try secrets.sha256(state))
        let proofKey = try ProofKey(verifier: secrets.verifier(of: session.id), digests: secrets.digests)
        let url = try flow.authorizeURL(
            client: try await client(of.integration),
            redirectURI: config.redirectURI(of: of.integration.id),
            state: state,
            proofKey: flow.usesProofKey ? proofKey : nil
        )
        return config.browserAddress(url)
    }

    /// Turns the code of a callback into an account.
    func exchange(code: String, _ session: ConnectSession, _ of: Configurations.OfIntegration) async throws -> Outcome {
        guard let name = session.method, let method = of.connector.document.authMethod(name) else {
            throw Problem(.conflict, "the session has no auth method")
        }
        let flow = try OAuth2Flow(connector: of.connector.document, method: name, variables: session.variables)
        let request = try flow.codeExchange(
            client: try await client(of.integration),
            code: Secret(code),
            redirectURI: config.redirectURI(of: of.integration.id),
            verifier: flow.usesProofKey ? Secret(try secrets.verifier(of: session.id)) : nil,
            identity: ConnectionIdentity(
                partition: "connect-\(session.id)",
                clientCertificate: try await certificate(of, method: method, values: [:])
            )
        )
        switch flow.outcome(of: try await send(request, of)) {
        case .refused(let refusal):
            throw UserError(
                message: refusal.kind == .misconfigured
                    ? "\(of.connector.document.label) does not accept this application. Please tell your contact at the product."
                    : "\(of.connector.document.label) did not confirm the connection. Please try again.",
                field: nil
            )
        case .granted(let grant):
            var variables = session.variables
            for member in grant.variables { variables[member.key] = member.value }
            var values = ["access_token": grant.accessToken.reveal()]
            values["refresh_token"] = grant.refreshToken?.reveal()
            return try await finish(
                session,
                of,
                method: method,
                variables: variables,
                values: values,
                certificate: nil,
                expiresAt: end(of: grant)
            )
        }
    }

    private func end(of grant: TokenGrant) -> String? {
        grant.end(grantedAt: now().timeIntervalSince1970).map { RFC3339.text(Date(timeIntervalSince1970: $0)) }
    }

    private func client(_ integration: IntegrationRecord) async throws -> OAuthClient {
        let owner = CredentialOwner(integration: integration.id, tenant: integration.tenantID)
        guard let app = try await vault.credential(of: owner, kind: .app), let id = app.values["client_id"] else {
            throw Self.notSetUp
        }
        return OAuthClient(id: id, secret: app.values["client_secret"].map(Secret.init))
    }

    // MARK: Keys, passwords, certificates and clients

    /// Checks what the user typed with the vendor and makes the account.
    func connect(_ session: ConnectSession, _ of: Configurations.OfIntegration, method: AuthMethod, input: Input)
        async throws -> Outcome
    {
        var variables = input.variables
        var values = input.secrets
        if let identity = input.certificate {
            values.merge(ClientCertificates.values(of: identity)) { _, stored in stored }
        }
        var expiresAt: String?
        if case .oauth2ClientCredentials = method.kind {
            let grant = try await clientCredentials(session, of, method: method, variables: variables, values: values)
            values["access_token"] = grant.accessToken.reveal()
            for member in grant.variables { variables[member.key] = member.value }
            expiresAt = end(of: grant)
        }
        return try await finish(
            session,
            of,
            method: method,
            variables: variables,
            values: values,
            certificate: input.certificate,
            expiresAt: expiresAt
        )
    }

    /// The first token of a client of its own.
    private func clientCredentials(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        method: AuthMethod,
        variables: JSONObject,
        values: [String: String]
    ) async throws -> TokenGrant {
        let flow = try ClientCredentialsFlow(
            connector: of.connector.document,
            method: method.name,
            variables: variables
        )
        let typed = values["client_id"].map {
            OAuthClient(id: $0, secret: values["client_secret"].map(Secret.init))
        }
        let client =
            if flow.usesTypedClient, let typed { typed } else { try await self.client(of.integration) }
        let request = try flow.request(
            client: client,
            identity: ConnectionIdentity(
                partition: "connect-\(session.id)",
                clientCertificate: try await certificate(of, method: method, values: values)
            )
        )
        let label = of.connector.document.label
        switch flow.outcome(of: try await send(request, of)) {
        case .granted(let grant): return grant
        case .refused(let refusal):
            if refusal.status >= 500 || refusal.status == 429 {
                throw UserError(
                    message: "\(label) cannot be asked right now. Please try again in a minute.",
                    field: nil
                )
            }
            throw UserError(
                message: flow.usesTypedClient
                    ? "\(label) does not accept these credentials. Please check them."
                    : "\(label) does not accept this application. Please tell your contact at the product.",
                field: flow.usesTypedClient ? "client_id" : nil
            )
        }
    }

    private func certificate(
        _ of: Configurations.OfIntegration,
        method: AuthMethod,
        values: [String: String]
    ) async throws -> ConnectionIdentity.ClientCertificate? {
        do {
            return try await certificates.certificate(
                for: method,
                connector: of.connector.name,
                integration: CredentialOwner(integration: of.integration.id, tenant: of.integration.tenantID),
                values: values
            )?.identity
        } catch let problem as Problem where problem.code == .configInvalid {
            throw Self.notSetUp
        }
    }

    /// What an administrator should have deposited is missing.
    private static let notSetUp = UserError(
        message: "This connection is not set up yet. Please tell your contact at the product.",
        field: nil
    )

    // MARK: All

    private func finish(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        method: AuthMethod,
        variables: JSONObject,
        values: [String: String],
        certificate identity: ClientIdentity?,
        expiresAt: String?
    ) async throws -> Outcome {
        var variables = variables
        var label: String?
        if let verification = VerificationFlow(
            connector: of.connector.document,
            method: method.name,
            variables: variables
        ) {
            let access = ConnectorEngine.UsableAccess(
                method: method.name,
                values: values.filter { !ClientCertificates.names.contains($0.key) && $0.key != "refresh_token" }
                    .mapValues(Secret.init),
                clientCertificate: try await certificate(of, method: method, values: values)
            )
            let request = try verification.request(
                access: access,
                partition: "connect-\(session.id)",
                tools: SigningTools(digests: secrets.digests) { [now] in Int(now().timeIntervalSince1970) }
            )
            switch verification.outcome(of: try await send(request, of)) {
            case .accepted(let name, let kept):
                label = name
                for member in kept { variables[member.key] = member.value }
            case .rejected(let message): throw UserError(message: message, field: nil)
            case .unknown:
                throw UserError(
                    message: "\(of.connector.document.label) cannot be asked right now. Please try again in a minute.",
                    field: nil
                )
            }
        }
        guard try await sessions.finish(session.id) else {
            throw UserError(message: "This connection was made already. You can close this page.", field: nil)
        }
        let account = try await account(session, of, variables: variables, label: label)
        var stored = values
        stored["method"] = method.name
        _ = try await vault.put(
            CredentialPut(
                tenantID: session.tenantID,
                environmentID: session.environmentID,
                values: stored,
                expiresAt: expiresAt
            ),
            for: CredentialOwner(account: account.id, tenant: session.tenantID),
            kind: .access
        )
        let active = try await registry.updateAccount(
            account.id,
            AccountChange(
                status: .active,
                variables: variables,
                label: label,
                clientCertificate: identity.map(ClientCertificates.note)
            )
        )
        return Outcome(account: active, label: of.connector.document.label)
    }

    private func account(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        variables: JSONObject,
        label: String?
    ) async throws -> AccountRecord {
        if let id = session.accountID, let known = try await registry.account(id), known.tenantID == session.tenantID,
            known.integrationID == of.integration.id
        {
            return known
        }
        return try await registry.createAccount(
            NewAccount(
                tenantID: session.tenantID,
                environmentID: session.environmentID,
                integrationID: of.integration.id,
                endUserID: session.endUserID,
                label: label,
                variables: variables,
                status: .connecting
            )
        )
    }

    private func send(_ request: OutboundRequest, _ of: Configurations.OfIntegration) async throws -> InboundResponse {
        do {
            return try await sender.send(request)
        } catch {
            if error.reason == .tlsFailed, request.identity.clientCertificate != nil {
                throw UserError(
                    message: "\(of.connector.document.label) does not accept the client certificate. Please check it.",
                    field: "client_cert"
                )
            }
            throw UserError(
                message:
                    "\(of.connector.document.label) does not answer at the moment. Please check what you entered and try again.",
                field: nil
            )
        }
    }
}
