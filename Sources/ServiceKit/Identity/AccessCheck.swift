import JSONValue
package import Vocabulary

/// Decides whether a caller may use an endpoint.
package enum AccessCheck {
    /// Compares who calls with who may.
    ///
    /// - Throws: `unauthorized` for a caller without credentials, `forbidden_scope` for one that lacks something.
    static func check(_ caller: CallerIdentity, _ access: Endpoint.Access) throws(Problem) {
        switch (access, caller) {
        case (.public, _), (.apiKeyWithin, .anonymous): return
        case (.service(let names), .service(let name)):
            guard names.contains(name) else {
                throw Problem(.forbiddenScope, "this operation is not for the service \(name.rawValue)")
            }
        case (.service, _): throw Problem(.unauthorized, "this operation is for services of this installation")
        case (.apiKey(let scopes), .apiKey(let key)), (.apiKeyWithin(let scopes), .apiKey(let key)):
            try check(key, has: scopes)
        case (.admin(let scopes), .apiKey(let key)): try check(key, has: [.admin] + scopes)
        case (_, .anonymous): throw Problem(.unauthorized, "send an API key as Authorization: Bearer")
        case (_, .service): throw Problem(.forbiddenScope, "this operation is for API keys")
        }
    }

    /// Compares what a key may do with what is needed.
    ///
    /// - Throws: `forbidden_scope` when it lacks something.
    package static func check(_ key: APIKeyIdentity, has scopes: [Scope]) throws(Problem) {
        guard !key.isPlatformAdmin else { return }
        // A tenant's key never has the platform's scope, whatever its row says.
        let missing = scopes.filter { $0 == .platform || !key.scopes.contains($0) }
        guard !missing.isEmpty else { return }
        throw Problem(
            .forbiddenScope,
            "the API key lacks the scope \(missing.map(\.rawValue).joined(separator: ", "))",
            insight: ["missing_scopes": .array(missing.map { .string($0.rawValue) })]
        )
    }
}
