package import HTTPExchange
import HTTPTypes
package import Vocabulary

/// Who sends a request, as far as its credentials prove it.
package enum CallerIdentity: Sendable, Equatable {
    /// No credentials were given.
    case anonymous
    /// A product's backend with an API key.
    case apiKey(APIKeyIdentity)
    /// Another service of this installation.
    case service(ServiceName)
}

/// What is known of a verified API key.
package struct APIKeyIdentity: Sendable, Equatable {
    /// The key's id, never its text.
    package let keyID: APIKeyID
    /// The tenant it belongs to; nil for a key of the platform.
    package let tenantID: TenantID?
    /// The one environment it is restricted to; nil when it covers its whole tenant.
    package let environmentID: EnvironmentID?
    /// What it may do.
    package let scopes: Set<Scope>

    /// Describes a verified key.
    package init(keyID: APIKeyID, tenantID: TenantID?, environmentID: EnvironmentID?, scopes: Set<Scope>) {
        self.keyID = keyID
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.scopes = scopes
    }

    /// Whether the key may do everything in every tenant.
    package var isPlatformAdmin: Bool {
        tenantID == nil && scopes.contains(.platform)
    }
}

extension CallerIdentity {
    /// The API key behind the request, when there is one.
    package var apiKey: APIKeyIdentity? {
        guard case .apiKey(let identity) = self else { return nil }
        return identity
    }

    /// The service behind the request, when it is one of ours.
    package var service: ServiceName? {
        guard case .service(let name) = self else { return nil }
        return name
    }
}

/// Reads a caller's credentials.
///
/// Each service gives one to its ``TributaryApplication``.
package protocol CallerAuthenticator: Sendable {
    /// Who sends a request with these header fields.
    ///
    /// - Returns: ``CallerIdentity/anonymous`` when there are no credentials at all; whether that is enough is decided
    ///   by the endpoint.
    /// - Throws: a `Problem` `unauthorized` when there are credentials and they are wrong, or `service_unavailable` when
    ///   they cannot be checked now.
    func identify(_ headers: HeaderFields) async throws -> CallerIdentity
}
