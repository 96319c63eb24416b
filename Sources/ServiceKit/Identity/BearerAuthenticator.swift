package import HTTPExchange
import HTTPTypes
package import Vocabulary

/// Reads `Authorization: Bearer`: a service token, or an API key that a closure looks up.
package struct BearerAuthenticator: CallerAuthenticator {
    /// Looks up an API key by its text; nil when it is unknown or revoked.
    package typealias KeyLookup = @Sendable (Secret<String>) async throws -> APIKeyIdentity?

    /// How the text of every API key starts.
    package static let keyPrefix = "trib_"

    private let tokens: ServiceTokenVerifier?
    private let keys: KeyLookup?

    /// Takes service tokens, API keys, or both.
    package init(tokens: ServiceTokenVerifier?, keys: KeyLookup? = nil) {
        self.tokens = tokens
        self.keys = keys
    }

    /// What follows `Bearer ` in an `Authorization` field; nil for anything but that one word and one more.
    ///
    /// Nearly every request has a field like this, so it is looked for before the field is taken apart.
    package static func token(in field: String) -> String? {
        let bytes = field.utf8Span.span
        let start = "Bearer ".utf8.count
        guard bytes.count > start, field.hasPrefix("Bearer ") else { return nil }
        for index in start..<bytes.count where bytes[index] == UInt8(ascii: " ") { return nil }
        return String(Substring(field.utf8.dropFirst(start)))
    }

    package func identify(_ headers: HeaderFields) async throws -> CallerIdentity {
        let fields = headers[values: .authorization]
        guard let field = fields.first else { return .anonymous }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard fields.count == 1, parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem(.unauthorized, "send exactly one credential, as Authorization: Bearer")
        }
        let credential = String(parts[1])
        if credential.hasPrefix(Self.keyPrefix), let keys {
            guard let identity = try await keys(Secret(credential)) else {
                throw Problem(.unauthorized, "the API key is not valid")
            }
            return .apiKey(identity)
        }
        guard let tokens else { throw Problem(.unauthorized, "the API key is not valid") }
        return .service(try tokens.verify(credential))
    }
}
