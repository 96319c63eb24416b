import JSONValue
import JSONata

/// One address where a simulated authorization server gives tokens; vendors with several generations have several.
struct SandboxTokenEndpoint: Sendable {
    /// What a token may be asked for with.
    enum Grant: String, Sendable {
        case authorizationCode = "authorization_code"
        case refreshToken = "refresh_token"
        case clientCredentials = "client_credentials"
    }

    let path: String
    let grants: Set<Grant>
    /// Whether the request names its grant; where it does not, it is the only one.
    let namesGrant: Bool
    let answer: JSONataExpression

    /// The endpoint that `oauth` itself describes, and those under `token_endpoints`.
    static func all(of oauth: JSONValue) throws -> [SandboxTokenEndpoint] {
        try [endpoint(oauth, path: oauth["token_path"])]
            + (oauth["token_endpoints"]?.array ?? []).map { try endpoint($0, path: $0["path"]) }
    }

    private static func endpoint(_ words: JSONValue, path: JSONValue?) throws -> SandboxTokenEndpoint {
        guard let path = path?.string, let answer = words["answer"]?.string else {
            throw SandboxCatalog.Failure(description: "a token endpoint has a path and an answer")
        }
        let names = (words["grants"]?.array ?? []).compactMap(\.string)
        let grants = names.compactMap(Grant.init(rawValue:))
        guard grants.count == names.count else {
            throw SandboxCatalog.Failure(description: "'grants' names a grant that the sandbox does not know")
        }
        return SandboxTokenEndpoint(
            path: path,
            grants: names.isEmpty ? [.authorizationCode, .refreshToken] : Set(grants),
            namesGrant: words["grant_type"]?.string != "none",
            answer: try JSONataExpression(compiling: answer)
        )
    }
}
