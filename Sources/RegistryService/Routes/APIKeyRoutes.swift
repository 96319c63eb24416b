import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// API keys.
struct APIKeyRoutes {
    let keys: APIKeyStore
    let tenants: TenantStore
    let tokens: TokenText

    private struct NewKey: Decodable {
        let tenantID: TenantID?
        let environmentID: EnvironmentID?
        let name: String
        let scopes: [String]

        enum CodingKeys: String, CodingKey {
            case name, scopes
            case tenantID = "tenant_id"
            case environmentID = "environment_id"
        }
    }

    /// What a tenant's key may have; `platform` is for keys without a tenant.
    private static let tenantScopes = ["admin", "unified:read", "unified:write", "proxy", "connect", "debug"]
    private static let schema: JSONValue = [
        "type": "object", "required": ["id", "name", "scopes"],
        "properties": [
            "id": ["type": "string", "format": "uuid"], "tenant_id": ["type": ["string", "null"]],
            "environment_id": ["type": ["string", "null"]], "name": ["type": "string"],
            "scopes": ["type": "array", "items": ["type": "string"]],
            "key": ["type": "string", "description": "The key itself; only in the answer to its creation."],
            "created_at": ["type": "string", "format": "date-time"], "revoked_at": ["type": ["string", "null"]],
        ],
    ]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post,
                "/admin/v1/api-keys",
                operationID: "createAPIKey",
                summary: "Make an API key",
                description: "The answer holds the key; it is shown this once and kept as a digest only.",
                tags: ["API keys"],
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object", "required": ["name", "scopes"],
                    "properties": [
                        "tenant_id": ["type": "string", "format": "uuid"],
                        "environment_id": ["type": "string", "format": "uuid"], "name": ["type": "string"],
                        "scopes": [
                            "type": "array",
                            "items": ["enum": .array((["platform"] + Self.tenantScopes).map(JSONValue.string))],
                        ],
                    ],
                ]),
                responses: [ResponseSpec(201, "The key", schema: Self.schema)],
                handler: create
            ),
            Endpoint(
                .get,
                "/admin/v1/api-keys",
                operationID: "listAPIKeys",
                summary: "List API keys",
                tags: ["API keys"],
                access: .admin([]),
                query: AdminSpec.page,
                responses: [ResponseSpec(200, "The keys", schema: AdminSchema.list(Self.schema))]
            ) { request in
                let caller = try AdminCaller(request)
                try caller.mustOwnTenant()
                return .json(try await keys.keys(request.page(), scope: caller.scope).json(\.json))
            },
            Endpoint(
                .delete,
                "/admin/v1/api-keys/{api_key_id}",
                operationID: "revokeAPIKey",
                summary: "Revoke an API key",
                tags: ["API keys"],
                access: .admin([]),
                responses: [ResponseSpec(204, "It is revoked")]
            ) { request in
                let caller = try AdminCaller(request)
                try caller.mustOwnTenant()
                let id: APIKeyID = try request.identifier("api_key_id")
                guard try await keys.revoke(id, scope: caller.scope, by: caller.actor) else {
                    throw Problem(.notFound, "there is no such API key")
                }
                return .empty()
            },
        ]
    }

    private func create(_ request: EndpointRequest) async throws -> EndpointResponse {
        let caller = try AdminCaller(request)
        try caller.mustOwnTenant()
        let wish: NewKey = try request.decode()
        try checkName(wish.name)
        let isPlatform = wish.scopes.contains(Scope.platform.rawValue)
        let known = Self.tenantScopes + (caller.scope == .service ? [Scope.platform.rawValue] : [])
        for (index, scope) in wish.scopes.enumerated() where !known.contains(scope) {
            throw Problem(
                .invalidRequest,
                "there is no scope of that name; known are \(known.joined(separator: ", "))",
                failures: [.init(code: "unknown", message: "not a scope", pointer: "/scopes/\(index)")]
            )
        }
        guard !isPlatform || wish.tenantID == nil else {
            throw Problem(.invalidRequest, "a platform key belongs to no tenant; leave tenant_id out")
        }
        let tenant = isPlatform ? nil : try caller.tenant(named: wish.tenantID)
        if let environment = wish.environmentID {
            guard try await tenants.environment(environment, scope: caller.scope)?.tenantID == tenant else {
                throw Problem(.notFound, "there is no such environment")
            }
        }
        let key = try tokens.make(prefix: BearerAuthenticator.keyPrefix)
        let row = try await keys.create(
            tenant: tenant,
            environment: wish.environmentID,
            name: wish.name,
            scopes: wish.scopes,
            sha256: key.sha256,
            scope: caller.scope,
            by: caller.actor
        )
        guard case .object(var body) = row.json else { return .json(row.json, status: 201) }
        body["key"] = .string(key.text.reveal())
        return .json(.object(body), status: 201, headers: [.cacheControl: "no-store"])
    }
}
