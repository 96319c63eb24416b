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
    let exchange: TokenExchange
    let sessions: ConnectSessionStore
    let secrets: BrowserSecret
    let config: BrokerConfig
    let engine: Engine
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
        /// Whether the user is asked something about the account.
        var asks = false
    }

    // MARK: OAuth

    /// The address to send the browser to.
    func authorize(_ session: ConnectSession, _ of: Configurations.OfIntegration, method: AuthMethod) async throws
        -> String
    {
        let flow = try OAuth2Flow(connector: of.connector.document, method: method.name, variables: session.variables)
        guard let config = method.authorizationCode else { throw Problem(.conflict, "the way has no consent") }
        let state = try secrets.state(config.state)
        var session = session
        session.integrationID = of.integration.id
        session.method = method.name
        try await sessions.remember(session, stateSHA256: try secrets.sha256(state))
        let proofKey = try ProofKey(verifier: secrets.verifier(of: session.id), digests: secrets.digests)
        let url = try flow.authorizeURL(
            client: try await client(of, method, session),
            redirectURI: flow.redirectURI(self.config.redirectURI(of: of.integration.id)),
            state: state,
            proofKey: flow.usesProofKey ? proofKey : nil
        )
        return self.config.browserAddress(url)
    }

    /// Turns the code of a callback into an account.
    func exchange(code: String, _ session: ConnectSession, _ of: Configurations.OfIntegration) async throws -> Outcome {
        guard let name = session.method, let method = of.connector.document.authMethod(name) else {
            throw Problem(.conflict, "the session has no auth method")
        }
        let flow = try OAuth2Flow(connector: of.connector.document, method: name, variables: session.variables)
        let material = try await material(
            session,
            of,
            method,
            values: [:],
            client: try await client(of, method, session)
        )
        let consent = try flow.exchange(
            material,
            code: Secret(code),
            redirectURI: flow.redirectURI(config.redirectURI(of: of.integration.id)),
            verifier: flow.usesProofKey ? Secret(try secrets.verifier(of: session.id)) : nil
        )
        let source = try method.tokenSource(
            consent: consent,
            connector: of.connector.document,
            variables: session.variables
        )
        let label = of.connector.document.label
        let grant = try await grant(source, material, of) { refusal in
            refusal.kind == .misconfigured
                ? "\(label) does not accept this application. Please tell your contact at the product."
                : "\(label) did not confirm the connection. Please try again."
        }
        return try await connect(session, of, method: method, grant: grant, values: [:])
    }

    /// Makes an account of what a consent gave.
    func connect(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        method: AuthMethod,
        grant: TokenGrant,
        values: [String: String]
    ) async throws -> Outcome {
        try requireScopes(method, grant, of)
        var session = session
        for member in grant.variables { session.variables[member.key] = member.value }
        return try await finish(session, of, method: method, grant: grant, values: values, certificate: nil)
    }

    func material(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        _ method: AuthMethod,
        values: [String: String],
        client: OAuthClient?
    ) async throws -> TokenMaterial {
        TokenMaterial(
            client: client,
            values: values,
            identity: of.connector.document.http.identity(
                partition: "connect-\(session.id)",
                method: method,
                certificate: try await certificate(of, method: method, values: values)
            ),
            tools: exchange.tools
        )
    }

    /// Runs a source; what the vendor refuses becomes words for the user.
    private func grant(
        _ source: any TokenSource,
        _ material: TokenMaterial,
        _ of: Configurations.OfIntegration,
        field: String? = nil,
        refused: (TokenRefusal) -> String
    ) async throws -> TokenGrant {
        let outcome: TokenOutcome
        do {
            outcome = try await exchange.outcome(of: source.attempt(material))
        } catch let error as ExchangeError {
            throw unanswered(error, hasCertificate: material.identity.clientCertificate != nil, of)
        } catch let problem as Problem where problem.code == .credentialUnavailable {
            throw UserError(message: "These credentials cannot be used. Please check them.", field: field)
        }
        switch outcome {
        case .granted(let grant): return grant
        case .refused(let refusal):
            if refusal.status >= 500 || refusal.status == 429 {
                throw UserError(
                    message: "\(of.connector.document.label) cannot be asked right now. Please try again in a minute.",
                    field: nil
                )
            }
            throw UserError(message: refused(refusal), field: field)
        }
    }

    /// Refuses a grant without the scopes that the connector cannot do without.
    private func requireScopes(
        _ method: AuthMethod,
        _ grant: TokenGrant,
        _ of: Configurations.OfIntegration
    ) throws {
        guard let required = method.requiredScopes else { return }
        let missing = required.filter { grant.scopes?.contains($0) != true }
        guard missing.isEmpty else {
            throw UserError(
                message: "\(of.connector.document.label) did not allow everything that is needed"
                    + " (\(missing.joined(separator: ", "))). Please connect again and allow all of it.",
                field: nil
            )
        }
    }

    func client(
        _ of: Configurations.OfIntegration,
        _ method: AuthMethod,
        _ session: ConnectSession
    ) async throws -> OAuthClient {
        let owner = CredentialOwner(integration: of.integration.id, tenant: of.integration.tenantID)
        let stored = try await vault.credential(of: owner, kind: .app)?.values ?? [:]
        if let client = OAuthClient(stored: stored) { return client }
        guard
            let registration = ClientRegistration(
                connector: of.connector.document,
                method: method,
                variables: session.variables
            )
        else { throw Self.notSetUp }
        let request = try registration.request(
            redirectURI: try OAuth2Flow(
                connector: of.connector.document,
                method: method.name,
                variables: session.variables
            ).redirectURI(config.redirectURI(of: of.integration.id)),
            identity: of.connector.document.http.identity(
                partition: "register-\(of.integration.id)",
                method: method,
                certificate: try await certificate(of, method: method, values: [:])
            )
        )
        guard let made = registration.client(in: try await send(request, of)) else { throw Self.notSetUp }
        _ = try await vault.put(
            CredentialPut(
                tenantID: of.integration.tenantID,
                environmentID: of.integration.environmentID,
                values: stored.merging(made) { $1 },
                expiresAt: nil
            ),
            for: owner,
            kind: .app
        )
        // Of two that registered at once, the later one's application is the integration's for both.
        let kept = try await vault.credential(of: owner, kind: .app)?.values ?? made
        return OAuthClient(stored: kept) ?? OAuthClient(id: made["client_id"] ?? "", secret: nil)
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
        let source = method.tokenSource(
            connector: of.connector.document,
            values: values,
            variables: variables
        )
        var grant: TokenGrant?
        if let source {
            let obtained = try await firstGrant(source, session, of, method: method, values: values)
            try requireScopes(method, obtained, of)
            for member in obtained.variables { variables[member.key] = member.value }
            grant = obtained
        }
        var session = session
        session.variables = variables
        return try await finish(
            session,
            of,
            method: method,
            grant: grant,
            values: values,
            certificate: input.certificate
        )
    }

    /// The first token for what the user typed, or for the integration's own client.
    private func firstGrant(
        _ source: any TokenSource,
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        method: AuthMethod,
        values: [String: String]
    ) async throws -> TokenGrant {
        let isTyped = method.fields.contains { values[$0.name] != nil }
        let client: OAuthClient?
        do {
            client = try await exchange.client(
                source.client,
                account: values,
                integration: CredentialOwner(integration: of.integration.id, tenant: of.integration.tenantID)
            )
        } catch let problem as Problem where problem.code == .configInvalid {
            throw Self.notSetUp
        }
        let label = of.connector.document.label
        return try await grant(
            source,
            material(session, of, method, values: values, client: client),
            of,
            field: isTyped ? method.fields.first?.name : nil
        ) { _ in
            isTyped
                ? "\(label) does not accept these credentials. Please check them."
                : "\(label) does not accept this application. Please tell your contact at the product."
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
        grant: TokenGrant?,
        values typed: [String: String],
        certificate identity: ClientIdentity?
    ) async throws -> Outcome {
        var variables = session.variables
        let moment = now().timeIntervalSince1970
        var values =
            grant.map { StoredGrant.values(of: $0, over: typed, method: method, now: moment) } ?? typed
        var label: String?
        if let verification = VerificationFlow(
            connector: of.connector.document,
            method: method.name,
            variables: variables
        ) {
            let access = try await usable(values, of, method: method)
            let request = try verification.request(
                access: access,
                partition: "connect-\(session.id)",
                tools: exchange.tools
            )
            let answer = try await send(request, of)
            // A token that is good for one call has had it.
            if let token = method.nextToken(in: answer.headers) { values["access_token"] = token.reveal() }
            switch verification.outcome(of: answer) {
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
        try await checkSameness(session, of, variables)
        guard try await sessions.finish(session.id) else {
            throw UserError(message: "This connection was made already. You can close this page.", field: nil)
        }
        let account = try await account(session, of, variables: variables, label: label)
        var stored = values
        stored["method"] = method.name
        StoredGrant.mark(&stored, integration: of.integration.id, variables: variables)
        _ = try await vault.put(
            CredentialPut(
                tenantID: session.tenantID,
                environmentID: session.environmentID,
                values: stored,
                expiresAt: grant.flatMap { StoredGrant.end(of: $0, now: moment) },
                renewAt: StoredGrant.renewal(method, values: stored, now: moment)
            ),
            for: CredentialOwner(account: account.id, tenant: session.tenantID),
            kind: .access
        )
        do {
            if let hook = arrival(session, of) {
                let given = try await LifecycleRun(
                    connector: of.connector,
                    sender: exchange.sender,
                    digests: secrets.digests
                ).variables(
                    of: hook,
                    account: account.id,
                    variables: variables,
                    access: FixedAccess(usable(values, of, method: method))
                )
                for member in given { variables[member.key] = member.value }
            }
        } catch let problem as Problem {
            _ = try await registry.updateAccount(
                account.id,
                AccountChange(status: .postInstallError, statusReason: problem.message)
            )
            throw UserError(
                message:
                    "\(of.connector.document.label) is connected, but could not be set up. Please tell your contact at the product.",
                field: nil
            )
        }
        let active = try await registry.updateAccount(
            account.id,
            AccountChange(
                status: .active,
                variables: variables,
                label: label,
                clientCertificate: identity.map(ClientCertificates.note)
            )
        )
        let asks = of.connector.document.lifecycle.form != nil
        if asks { try await sessions.ask(session.id, about: active.id) }
        return Outcome(account: active, label: of.connector.document.label, asks: asks)
    }

    /// What the connector does with the vendor now that the account is there, or there again.
    private func arrival(_ session: ConnectSession, _ of: Configurations.OfIntegration) -> LifecycleHook? {
        let lifecycle = of.connector.document.lifecycle
        return session.accountID == nil ? lifecycle.postInstall : lifecycle.reconnect ?? lifecycle.postInstall
    }

    /// What the account's requests are signed with; never a refresh token.
    func usable(
        _ values: [String: String],
        _ of: Configurations.OfIntegration,
        method: AuthMethod
    ) async throws -> ConnectorEngine.UsableAccess {
        let integration = CredentialOwner(integration: of.integration.id, tenant: of.integration.tenantID)
        return ConnectorEngine.UsableAccess(
            method: method.name,
            values: try await method.requestValues(values, integration: integration, vault: vault)
                .mapValues(Secret.init),
            clientCertificate: try await certificate(of, method: method, values: values)
        )
    }

    /// Refuses to connect an account again as another one: what must not change has not changed.
    private func checkSameness(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        _ variables: JSONObject
    ) async throws {
        guard let id = session.accountID, let known = try await registry.account(id),
            known.tenantID == session.tenantID
        else { return }
        let same = of.connector.document.lifecycle.sameOnReconnect
        for variable in of.connector.document.variables where variable.isImmutable || same.contains(variable.name) {
            guard let old = known.variables[variable.name], let new = variables[variable.name], old != new else {
                continue
            }
            throw UserError(
                message:
                    "This is another account of \(of.connector.document.label) than before: “\(variable.label)” differs. Please sign in to the same one.",
                field: nil
            )
        }
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

    func send(_ request: OutboundRequest, _ of: Configurations.OfIntegration) async throws -> InboundResponse {
        do {
            return try await exchange.sender.send(request)
        } catch {
            throw unanswered(error, hasCertificate: request.identity.clientCertificate != nil, of)
        }
    }

    private func unanswered(
        _ error: ExchangeError,
        hasCertificate: Bool,
        _ of: Configurations.OfIntegration
    ) -> UserError {
        let label = of.connector.document.label
        if error.reason == .tlsFailed, hasCertificate {
            return UserError(
                message: "\(label) does not accept the client certificate. Please check it.",
                field: "client_cert"
            )
        }
        return UserError(
            message: "\(label) does not answer at the moment. Please check what you entered and try again.",
            field: nil
        )
    }
}
