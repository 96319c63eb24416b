import Vocabulary

/// Whose rows a statement may see and change; row level security enforces it.
enum TenantScope: Sendable, Equatable {
    /// One tenant's.
    case tenant(TenantID)
    /// Every tenant's: for platform administrators, and for looking up what decides the tenant, such as an API key.
    case service

    /// The transaction's settings that the policies read.
    var context: [String: String] {
        switch self {
        case .tenant(let id): ["app.tenant_id": id.description]
        case .service: ["app.scope": "service"]
        }
    }

    /// The tenant, when it is one.
    var tenantID: TenantID? {
        guard case .tenant(let id) = self else { return nil }
        return id
    }
}

/// Who changes something, for the audit log.
struct Actor: Sendable {
    /// Such as `api_key:<id>` or `service:broker`.
    let name: String
    /// The request that did it.
    let requestID: String

    /// Names an actor.
    init(name: String, requestID: String) {
        self.name = name
        self.requestID = requestID
    }
}

/// One page of a list, oldest first.
struct PageRequest: Sendable {
    /// Rows at most, 1...200.
    let limit: Int
    /// Where the page before ended.
    let after: PagePlace?

    /// Describes a page.
    init(limit: Int, after: PagePlace?) {
        self.limit = limit
        self.after = after
    }
}
