import RegistryContract
import ServiceKit
import Vocabulary

/// An administrator's API key behind a request: what it may see, and its name in the audit log.
struct AdminCaller {
    let scope: TenantScope
    let environment: EnvironmentID?
    let actor: Actor

    init(_ request: EndpointRequest) throws(Problem) {
        let key = try request.apiKey()
        if key.isPlatformAdmin {
            scope = .service
        } else if let tenant = key.tenantID {
            scope = .tenant(tenant)
        } else {
            throw Problem(.forbiddenScope, "the API key belongs to no tenant")
        }
        environment = key.environmentID
        actor = Actor(name: "api_key:\(key.keyID)", requestID: request.requestID)
    }

    /// The tenant that something is made for: the caller's own, or the one a platform administrator names.
    func tenant(named wanted: TenantID?) throws(Problem) -> TenantID {
        if let own = scope.tenantID {
            guard wanted == nil || wanted == own else { throw Problem(.notFound, "there is no such tenant") }
            return own
        }
        guard let wanted else {
            throw Problem(
                .missingRequiredField,
                "a platform administrator names the tenant",
                failures: [.init(code: "required", message: "tenant_id is needed", pointer: "/tenant_id")]
            )
        }
        return wanted
    }

    /// Hides what lies in other environments from a key that is limited to one.
    func mustSee(_ environment: EnvironmentID, _ what: String) throws(Problem) {
        guard self.environment == nil || self.environment == environment else {
            throw Problem(.notFound, "there is no such \(what)")
        }
    }

    /// Refuses keys that are limited to one environment.
    func mustOwnTenant() throws(Problem) {
        guard environment == nil else {
            throw Problem(.forbiddenScope, "the API key is limited to one environment and this is the tenant's")
        }
    }
}

extension EndpointRequest {
    /// The page that `limit` and `next_cursor` ask for.
    func page() throws(Problem) -> PageRequest {
        PageRequest(
            limit: query.integer("limit") ?? 50,
            after: try query["next_cursor"].map { text throws(Problem) in try PagePlace(cursor: text) }
        )
    }
}

/// What several endpoints share.
enum AdminSpec {
    static let page: [QueryParameter] = [
        QueryParameter("limit", .integer(1...200), "Records at most; 50 unless given."),
        QueryParameter("next_cursor", .string, "The cursor of the page before."),
    ]
}
