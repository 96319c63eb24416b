import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import RegistryContract
import VaultContract
import Vocabulary

/// A consent by RFC 5849.
///
/// The secret of the temporary token lies in the vault, under the session's id, until the session is over; the token
/// itself ties the callback to the session, as a state does.
extension ConnectFlow {
    /// The address to send the browser to.
    func authorizeOAuth1(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        method: AuthMethod,
        typed: [String: String]
    ) async throws -> String {
        let (flow, material) = try await oauth1(session, of, method, typed)
        let request = try flow.requestToken(
            callback: config.redirectURI(of: of.integration.id),
            identity: material.identity,
            tools: material.tools
        )
        guard let token = flow.temporary(in: try await send(request, of)) else {
            throw UserError(
                message: "\(of.connector.document.label) does not accept this application."
                    + " Please tell your contact at the product.",
                field: nil
            )
        }
        try await keep(
            ["request_token": token.text, "request_secret": token.secret.reveal(), "typed": Self.text(typed)],
            session
        )
        try await sessions.remember(session, stateSHA256: try secrets.sha256(token.text))
        return config.browserAddress(try flow.authorizeURL(token))
    }

    /// Turns the verifier of a callback into an account.
    func exchange(
        verifier: String,
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        method: AuthMethod
    ) async throws -> Outcome {
        guard let kept = try await vault.credential(of: Self.owner(session), kind: .access)?.values,
            let text = kept["request_token"], let secret = kept["request_secret"]
        else { throw Problem(.conflict, "the session has no request token") }
        try await vault.shred(Self.owner(session))
        let typed = Self.values(kept["typed"] ?? "")
        let (flow, material) = try await oauth1(session, of, method, typed)
        let request = try flow.accessToken(
            OAuth1Token(text: text, secret: Secret(secret)),
            verifier: Secret(verifier),
            identity: material.identity,
            tools: material.tools
        )
        guard let grant = flow.grant(in: try await send(request, of)) else {
            throw UserError(
                message: "\(of.connector.document.label) did not confirm the connection. Please try again.",
                field: nil
            )
        }
        return try await connect(session, of, method: method, grant: grant, values: typed)
    }

    private func oauth1(
        _ session: ConnectSession,
        _ of: Configurations.OfIntegration,
        _ method: AuthMethod,
        _ typed: [String: String]
    ) async throws -> (OAuth1Flow, TokenMaterial) {
        if method.signsAsIntegration { _ = try await client(of, method, session) }
        let material = try await material(session, of, method, values: typed, client: nil)
        let flow = try OAuth1Flow(
            connector: of.connector.document,
            method: method.name,
            variables: session.variables,
            credentials: try await usable(typed, of, method: method).values
        )
        return (flow, material)
    }
}
