/// Where a UsernameToken of WS-Security (OASIS Web Services Security UsernameToken Profile 1.1) has its values from.
package struct UsernameTokenConfig: Sendable {
    static let keys = ["username", "password"]

    /// The user's name; sees `credentials` and `context`.
    package let username: Expression
    /// The password; sees `credentials` and `context`.
    package let password: Expression

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        username = try reader.required("username").expression()
        password = try reader.required("password").expression()
    }
}
