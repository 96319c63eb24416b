import Vocabulary

/// A token that says itself what it grants, under a seal.
struct SandboxToken: Sendable {
    enum Kind: String, Sendable {
        case access, refresh
    }

    let kind: Kind
    /// Names the user's grant; all its tokens end with it.
    let grant: String
    let scope: String
    /// Seconds since 1970; nothing for refresh tokens.
    let expires: Double
    let nonce: String

    init(kind: Kind, grant: String, scope: String, expires: Double, nonce: String) {
        self.kind = kind
        self.grant = grant
        self.scope = scope
        self.expires = expires
        self.nonce = nonce
    }

    /// Reads a token; nil when it is of another kind or its seal is not ours.
    init?(_ text: String, _ kind: Kind, _ seal: (String) -> String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == kind.rawValue, let expires = Double(parts[3]),
            parts[5] == seal(parts[..<5].joined(separator: "-"))
        else { return nil }
        let scope = stride(from: 0, to: parts[2].utf8.count - 1, by: 2).map { start -> UInt8 in
            let digits = parts[2].utf8.dropFirst(start).prefix(2)
            return UInt8(String(decoding: Array(digits), as: UTF8.self), radix: 16) ?? 0
        }
        self.init(
            kind: kind,
            grant: parts[1],
            scope: String(decoding: scope, as: UTF8.self),
            expires: expires,
            nonce: parts[4]
        )
    }

    /// The token's text.
    func text(_ seal: (String) -> String) -> String {
        let body = [
            kind.rawValue, grant, Hexadecimal.text(scope.utf8), String(Int(expires)), nonce,
        ].joined(separator: "-")
        return body + "-" + seal(body)
    }
}
