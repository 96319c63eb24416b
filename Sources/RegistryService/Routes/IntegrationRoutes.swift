import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// Connectors enabled in environments.
struct IntegrationRoutes {
    let integrations: IntegrationStore
    let tenants: TenantStore
    let layers: ConfigLayerStore

    private struct NewIntegration: Decodable {
        let environmentID: EnvironmentID
        let connector: String
        let label: String?

        enum CodingKeys: String, CodingKey {
            case connector, label
            case environmentID = "environment_id"
        }
    }

    private static let schema: JSONValue = [
        "type": "object", "required": ["id", "environment_id", "connector"],
        "properties": [
            "id": ["type": "string", "format": "uuid"], "tenant_id": ["type": "string", "format": "uuid"],
            "environment_id": ["type": "string", "format": "uuid"], "connector": ["type": "string"],
            "label": ["type": ["string", "null"]], "return_urls": ["type": "array", "items": ["type": "string"]],
            "allowed_origins": ["type": "array", "items": ["type": "string"]],
        ],
    ]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post,
                "/admin/v1/integrations",
                operationID: "createIntegration",
                summary: "Enable a connector in an environment",
                tags: ["Integrations"],
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object", "required": ["environment_id", "connector"],
                    "properties": [
                        "environment_id": ["type": "string", "format": "uuid"], "connector": ["type": "string"],
                        "label": ["type": "string"],
                    ],
                ]),
                responses: [ResponseSpec(201, "The integration", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                let wish: NewIntegration = try request.decode()
                try caller.mustSee(wish.environmentID, "environment")
                guard let environment = try await tenants.environment(wish.environmentID, scope: caller.scope) else {
                    throw Problem(.notFound, "there is no such environment")
                }
                guard
                    try await layers.publishedPlatform(scope: .service).contains(where: {
                        $0.connector == wish.connector
                    })
                else {
                    throw Problem(
                        .notFound,
                        "there is no published connector of that name; see /admin/v1/connectors",
                        failures: [.init(code: "unknown", message: "no such connector", pointer: "/connector")]
                    )
                }
                let integration = try await integrations.create(
                    environment: environment,
                    connector: wish.connector,
                    label: wish.label,
                    scope: caller.scope,
                    by: caller.actor
                )
                return .json(try JSONValueEncoder().encode(integration), status: 201)
            },
            Endpoint(
                .get,
                "/admin/v1/integrations",
                operationID: "listIntegrations",
                summary: "List integrations",
                tags: ["Integrations"],
                access: .admin([]),
                query: AdminSpec.page,
                responses: [ResponseSpec(200, "The integrations", schema: AdminSchema.list(Self.schema))]
            ) { request in
                let caller = try AdminCaller(request)
                let page = try await integrations.integrations(request.page(), scope: caller.scope)
                let visible = try page.json { try JSONValueEncoder().encode($0) }
                guard let environment = caller.environment, case .object(var body) = visible else {
                    return .json(visible)
                }
                body["result"] = .array(
                    (body["result"]?.array ?? []).filter { $0["environment_id"]?.string == environment.description }
                )
                return .json(.object(body))
            },
            Endpoint(
                .get,
                "/admin/v1/integrations/{integration_id}",
                operationID: "getIntegration",
                summary: "One integration",
                tags: ["Integrations"],
                access: .admin([]),
                responses: [ResponseSpec(200, "The integration", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                return .json(try JSONValueEncoder().encode(try await visible(request, caller)))
            },
            Endpoint(
                .delete,
                "/admin/v1/integrations/{integration_id}",
                operationID: "deleteIntegration",
                summary: "Disable a connector in an environment",
                tags: ["Integrations"],
                access: .admin([]),
                responses: [ResponseSpec(204, "It is disabled")]
            ) { request in
                let caller = try AdminCaller(request)
                let integration = try await visible(request, caller)
                _ = try await integrations.delete(integration.id, scope: caller.scope, by: caller.actor)
                return .empty()
            },
        ]
    }

    private func visible(_ request: EndpointRequest, _ caller: AdminCaller) async throws -> IntegrationRecord {
        let id: IntegrationID = try request.identifier("integration_id")
        guard let integration = try await integrations.integration(id, scope: caller.scope) else {
            throw Problem(.notFound, "there is no such integration")
        }
        try caller.mustSee(integration.environmentID, "integration")
        return integration
    }
}
