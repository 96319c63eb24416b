import JSONValue
import JSONata

/// Sessions that a request with a user's name and password opens, and that a header field carries from then on.
struct SandboxSession: Sendable {
    let openMethod: String
    let openPath: String
    let endMethod: String?
    let endPath: String?
    let users: [String: String]
    /// Gives `{"user", "password"}`; sees `form`, `body`, `headers`.
    let credentials: JSONataExpression
    /// What opening answers; sees `session`, `user` and `lifetime`.
    let answer: JSONataExpression
    /// The header field, in lower case, and what stands in it ahead of the session.
    let header: String
    let prefix: String
    let lifetime: Int
    /// Whether each call lets the session live on.
    let slides: Bool

    init(_ document: JSONValue, _ prelude: SandboxPrelude) throws {
        func place(_ key: String) throws -> (String, String)? {
            guard let text = document[key]?.string else { return nil }
            let parts = text.split(separator: " ").map(String.init)
            guard parts.count == 2 else {
                throw SandboxCatalog.Failure(description: "session: '\(key)' is written 'POST /path'")
            }
            return (parts[0], parts[1])
        }
        guard let open = try place("open"), let credentials = try prelude.expression(document["credentials"]),
            let answer = try prelude.expression(document["answer"])
        else { throw SandboxCatalog.Failure(description: "session: open, credentials and answer are needed") }
        (openMethod, openPath) = open
        let end = try place("end")
        (endMethod, endPath) = (end?.0, end?.1)
        users = (document["users"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string }
        self.credentials = credentials
        self.answer = answer
        header = document["header"]?.string?.lowercased() ?? "authorization"
        prefix = document["prefix"]?.string ?? ""
        lifetime = document["lifetime"]?.int ?? 1200
        slides = document["sliding"]?.bool ?? false
    }
}
