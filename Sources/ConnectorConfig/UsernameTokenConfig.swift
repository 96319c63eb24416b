import JSONValue

/// Where a UsernameToken of WS-Security (OASIS Web Services Security UsernameToken Profile 1.0) has its values from, and
/// how it is written.
package struct UsernameTokenConfig: Sendable {
    static let keys = ["username", "password", "password_type", "nonce", "timestamp_seconds", "must_understand"]

    /// How the password is shown.
    package enum PasswordType: String, Sendable, CaseIterable {
        case text, digest
    }

    /// The user's name; sees `credentials` and `context`.
    package let username: Expression
    /// The password; sees `credentials` and `context`.
    package let password: Expression
    /// How the password is shown.
    package let passwordType: PasswordType
    /// Whether the token has a nonce and the time it was made, as it always has with a digest.
    package let hasNonce: Bool
    /// How long a message is good, told in a timestamp; no timestamp, if nil.
    package let timestampSeconds: Int?
    /// Whether a receiver that does not know the block must refuse.
    package let mustUnderstand: Bool

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        username = try reader.required("username").expression()
        password = try reader.required("password").expression()
        passwordType = try reader.child("password_type")?.choice(PasswordType.self) ?? .text
        hasNonce = try reader.child("nonce")?.bool() ?? false
        timestampSeconds = try reader.child("timestamp_seconds")?.int(1...86_400)
        mustUnderstand = try reader.child("must_understand")?.bool() ?? true
    }
}
