import ConnectorConfig
import ServiceKit

/// What a vendor sends the browser back with, by RFC 6749 section 4.1.2 or RFC 5849 section 2.2.
struct ConsentReply {
    /// Ties it to the browser that was sent.
    let state: String
    /// Whether the user said no, or the vendor something else; nil when the user said yes.
    let isDenied: Bool?
    private let query: QueryItems

    /// nil where nothing ties the reply to a browser.
    init?(_ query: QueryItems, _ connector: ConnectorDocument) {
        // Which way it is can be told by the session alone, which is found by the state.
        let names = connector.auth.flatMap { method in
            method.oauth1 == nil
                ? [method.authorizationCode?.state.param].compactMap { $0 } : ["oauth_token", "denied"]
        }
        guard let state = names.lazy.compactMap({ query[$0] }).first(where: { !$0.isEmpty }) else { return nil }
        self.state = state
        self.query = query
        let error = query["error"] ?? query["oauth_problem"]
        isDenied = query["denied"] == state ? true : error.map { Self.refusals.contains($0) }
    }

    /// How vendors say that the user did not allow it.
    private static let refusals: Set = ["access_denied", "user_refused", "permission_denied"]

    /// What becomes a token.
    func code(of method: AuthMethod) -> String? {
        let name = method.oauth1 == nil ? method.authorizationCode?.callbackCodeParam ?? "code" : "oauth_verifier"
        guard let code = query[name], !code.isEmpty else { return nil }
        return code
    }

    /// The parameters that are kept as variables.
    func kept(by method: AuthMethod) -> [(name: String, value: String)] {
        let names = method.authorizationCode?.callbackKeep ?? method.oauth1?.consent?.callbackKeep ?? []
        return names.compactMap { name in query[name].map { (name, $0) } }
    }
}
