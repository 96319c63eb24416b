/// What an API key may do.
///
/// Unknown names are kept as they are and allow nothing.
package struct Scope: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as the registry stores it.
    package let rawValue: String

    /// Names a scope.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package init(stringLiteral value: String) {
        rawValue = value
    }

    package var description: String { rawValue }

    /// Everything, in every tenant.
    package static let platform: Scope = "platform"
    /// The admin API of the key's own tenant or environment.
    package static let admin: Scope = "admin"
    /// Reading through the unified API.
    package static let unifiedRead: Scope = "unified:read"
    /// Writing through the unified API.
    package static let unifiedWrite: Scope = "unified:write"
    /// Calling a vendor's own API through the proxy.
    package static let proxy: Scope = "proxy"
    /// Creating link tokens.
    package static let connect: Scope = "connect"
    /// Asking for explanations and traces.
    package static let debug: Scope = "debug"
}
