import HTTPTypes
import JSONValue
import ServiceKit
import Vocabulary

/// Tenants and environments.
struct TenantRoutes {
    let store: TenantStore

    private struct NewTenant: Decodable {
        let name: String
    }

    private struct NewEnvironment: Decodable {
        let tenantID: TenantID?
        let name: String
        let returnURLs: [String]?
        let allowedOrigins: [String]?

        enum CodingKeys: String, CodingKey {
            case name
            case tenantID = "tenant_id"
            case returnURLs = "return_urls"
            case allowedOrigins = "allowed_origins"
        }
    }

    private struct EnvironmentChange: Decodable {
        let returnURLs: [String]?
        let allowedOrigins: [String]?

        enum CodingKeys: String, CodingKey {
            case returnURLs = "return_urls"
            case allowedOrigins = "allowed_origins"
        }
    }

    private static let tenantSchema: JSONValue = [
        "type": "object", "required": ["id", "name", "created_at"],
        "properties": [
            "id": ["type": "string", "format": "uuid"], "name": ["type": "string"],
            "created_at": ["type": "string", "format": "date-time"],
        ],
    ]
    private static let environmentSchema: JSONValue = [
        "type": "object", "required": ["id", "tenant_id", "name"],
        "properties": [
            "id": ["type": "string", "format": "uuid"], "tenant_id": ["type": "string", "format": "uuid"],
            "name": ["type": "string"], "return_urls": ["type": "array", "items": ["type": "string"]],
            "allowed_origins": ["type": "array", "items": ["type": "string"]],
            "created_at": ["type": "string", "format": "date-time"],
        ],
    ]
    private static let tags = ["Tenants"]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post,
                "/admin/v1/tenants",
                operationID: "createTenant",
                summary: "Make a tenant",
                tags: Self.tags,
                access: .admin([.platform]),
                body: BodySpec(schema: [
                    "type": "object", "required": ["name"],
                    "properties": ["name": ["type": "string", "maxLength": 200]],
                ]),
                responses: [ResponseSpec(201, "The tenant", schema: Self.tenantSchema)]
            ) { request in
                let wish: NewTenant = try request.decode()
                try checkName(wish.name)
                let tenant = try await store.create(name: wish.name, by: AdminCaller(request).actor)
                return .json(tenant.json, status: 201)
            },
            Endpoint(
                .get,
                "/admin/v1/tenants",
                operationID: "listTenants",
                summary: "List tenants",
                tags: Self.tags,
                access: .admin([]),
                query: AdminSpec.page,
                responses: [ResponseSpec(200, "The tenants", schema: AdminSchema.list(Self.tenantSchema))]
            ) { request in
                .json(try await store.tenants(request.page(), scope: AdminCaller(request).scope).json(\.json))
            },
            Endpoint(
                .get,
                "/admin/v1/tenants/{tenant_id}",
                operationID: "getTenant",
                summary: "One tenant",
                tags: Self.tags,
                access: .admin([]),
                responses: [ResponseSpec(200, "The tenant", schema: Self.tenantSchema)]
            ) { request in
                let id: TenantID = try request.identifier("tenant_id")
                guard let tenant = try await store.tenant(id, scope: AdminCaller(request).scope) else {
                    throw Problem(.notFound, "there is no such tenant")
                }
                return .json(tenant.json)
            },
            Endpoint(
                .post,
                "/admin/v1/environments",
                operationID: "createEnvironment",
                summary: "Make an environment",
                tags: Self.tags,
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object", "required": ["name"],
                    "properties": [
                        "tenant_id": ["type": "string", "format": "uuid"],
                        "name": ["type": "string", "maxLength": 200],
                        "return_urls": ["type": "array", "items": ["type": "string"]],
                        "allowed_origins": ["type": "array", "items": ["type": "string"]],
                    ],
                ]),
                responses: [ResponseSpec(201, "The environment", schema: Self.environmentSchema)]
            ) { request in
                let caller = try AdminCaller(request)
                try caller.mustOwnTenant()
                let wish: NewEnvironment = try request.decode()
                try checkName(wish.name)
                let environment = try await store.createEnvironment(
                    tenant: caller.tenant(named: wish.tenantID),
                    name: wish.name,
                    returnURLs: try WebAddresses.returnURLs(wish.returnURLs ?? []),
                    allowedOrigins: try WebAddresses.origins(wish.allowedOrigins ?? []),
                    scope: caller.scope,
                    by: caller.actor
                )
                return .json(environment.json, status: 201)
            },
            Endpoint(
                .get,
                "/admin/v1/environments",
                operationID: "listEnvironments",
                summary: "List environments",
                tags: Self.tags,
                access: .admin([]),
                query: AdminSpec.page,
                responses: [ResponseSpec(200, "The environments", schema: AdminSchema.list(Self.environmentSchema))]
            ) { request in
                let caller = try AdminCaller(request)
                try caller.mustOwnTenant()
                return .json(try await store.environments(request.page(), scope: caller.scope).json(\.json))
            },
            Endpoint(
                .get,
                "/admin/v1/environments/{environment_id}",
                operationID: "getEnvironment",
                summary: "One environment",
                tags: Self.tags,
                access: .admin([]),
                responses: [ResponseSpec(200, "The environment", schema: Self.environmentSchema)]
            ) { request in
                let id: EnvironmentID = try request.identifier("environment_id")
                let caller = try AdminCaller(request)
                try caller.mustSee(id, "environment")
                guard let environment = try await store.environment(id, scope: caller.scope) else {
                    throw Problem(.notFound, "there is no such environment")
                }
                return .json(environment.json)
            },
            Endpoint(
                .patch,
                "/admin/v1/environments/{environment_id}",
                operationID: "updateEnvironment",
                summary: "Change an environment",
                tags: Self.tags,
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object",
                    "properties": [
                        "return_urls": ["type": "array", "items": ["type": "string"]],
                        "allowed_origins": ["type": "array", "items": ["type": "string"]],
                    ],
                ]),
                responses: [ResponseSpec(200, "The environment", schema: Self.environmentSchema)]
            ) { request in
                let id: EnvironmentID = try request.identifier("environment_id")
                let caller = try AdminCaller(request)
                try caller.mustSee(id, "environment")
                let change: EnvironmentChange = try request.decode()
                let changed = try await store.updateEnvironment(
                    id,
                    returnURLs: try change.returnURLs.map { urls throws(Problem) in try WebAddresses.returnURLs(urls) },
                    allowedOrigins: try change.allowedOrigins.map { origins throws(Problem) in
                        try WebAddresses.origins(origins)
                    },
                    scope: caller.scope,
                    by: caller.actor
                )
                guard let changed else { throw Problem(.notFound, "there is no such environment") }
                return .json(changed.json)
            },
        ]
    }
}

/// Refuses empty and overlong names.
func checkName(_ name: String, pointer: String = "/name") throws(Problem) {
    guard (1...200).contains(name.count), !name.utf8.contains(0) else {
        throw Problem(
            .invalidRequest,
            "a name has 1 to 200 characters",
            failures: [.init(code: "invalid", message: "must have 1 to 200 characters", pointer: pointer)]
        )
    }
}

/// Schemas that several endpoints share.
enum AdminSchema {
    static func list(_ element: JSONValue) -> JSONValue {
        [
            "type": "object", "required": ["result", "next_cursor"],
            "properties": [
                "result": ["type": "array", "items": element], "next_cursor": ["type": ["string", "null"]],
            ],
        ]
    }
}

/// Addresses of the product that a connect flow may return to or be embedded in; they are compared byte by byte later.
enum WebAddresses {
    static func returnURLs(_ urls: [String]) throws(Problem) -> [String] {
        for (index, url) in urls.enumerated() where !isWeb(url) || url.contains("#") {
            throw refused("return_urls", index, "an absolute https address, or http on localhost, without a fragment")
        }
        return urls
    }

    static func origins(_ origins: [String]) throws(Problem) -> [String] {
        for (index, origin) in origins.enumerated()
        where !isWeb(origin) || origin.split(separator: "/").count != 2 || origin.hasSuffix("/") {
            throw refused("allowed_origins", index, "scheme, host and port alone, such as https://app.example.com")
        }
        return origins
    }

    private static func isWeb(_ text: String) -> Bool {
        guard text.utf8.count <= 2000,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x5c && $0 != UInt8(ascii: "@") })
        else { return false }
        if text.hasPrefix("https://"), text.count > 8 { return true }
        return ["http://localhost", "http://127.0.0.1"].contains { start in
            text == start || [":", "/"].contains { text.hasPrefix(start + $0) }
        }
    }

    private static func refused(_ field: String, _ index: Int, _ wanted: String) -> Problem {
        Problem(
            .invalidRequest,
            "\(field) must hold \(wanted)",
            failures: [.init(code: "invalid", message: "must be \(wanted)", pointer: "/\(field)/\(index)")]
        )
    }
}
