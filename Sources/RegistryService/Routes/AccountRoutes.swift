import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// Integrated accounts, as administrators see them.
struct AccountRoutes {
    let accounts: AccountStore

    private struct Change: Decodable {
        let label: String?
        let variables: JSONObject?
        let disabled: Bool?
    }

    private static let schema: JSONValue = [
        "type": "object", "required": ["id", "environment_id", "integration_id", "connector", "status"],
        "properties": [
            "id": ["type": "string", "format": "uuid"], "tenant_id": ["type": "string", "format": "uuid"],
            "environment_id": ["type": "string", "format": "uuid"],
            "integration_id": ["type": "string", "format": "uuid"], "connector": ["type": "string"],
            "status": ["enum": .array(AccountStatus.allCases.map { .string($0.rawValue) })],
            "variables": ["type": "object"], "label": ["type": ["string", "null"]],
            "end_user_id": ["type": "string"], "revision": ["type": "integer"],
            "client_certificate": [
                "description": "What is known of the client certificate that the account presents; plan its renewal.",
                "type": ["object", "null"],
                "properties": [
                    "subject": ["type": "string"], "issuer": ["type": "string"],
                    "expires_at": ["type": "string", "format": "date-time"], "sha256": ["type": "string"],
                ],
            ],
        ],
    ]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/admin/v1/integrated-accounts",
                operationID: "listIntegratedAccounts",
                summary: "List integrated accounts",
                tags: ["Integrated accounts"],
                access: .admin([]),
                query: AdminSpec.page + [
                    QueryParameter("environment_id", .string, "Only those of this environment."),
                    QueryParameter("connector", .string, "Only those of this connector."),
                    QueryParameter(
                        "status",
                        .oneOf(AccountStatus.allCases.map(\.rawValue)),
                        "Only those with this status."
                    ),
                    QueryParameter("end_user_id", .string, "Only those of this end user."),
                ],
                responses: [ResponseSpec(200, "The accounts", schema: AdminSchema.list(Self.schema))]
            ) { request in
                let caller = try AdminCaller(request)
                var filter = AccountFilter()
                if let text = request.query["environment_id"] {
                    guard let id = EnvironmentID(text) else { throw Problem(.notFound, "there is no such environment") }
                    try caller.mustSee(id, "environment")
                    filter.environment = id
                }
                filter.environment = filter.environment ?? caller.environment
                filter.connector = request.query["connector"]
                filter.status = request.query["status"].flatMap(AccountStatus.init(rawValue:))
                filter.endUserID = request.query["end_user_id"]
                let page = try await accounts.accounts(request.page(), filter, scope: caller.scope)
                return .json(try page.json { try JSONValueEncoder().encode($0) })
            },
            Endpoint(
                .get,
                "/admin/v1/integrated-accounts/{integrated_account_id}",
                operationID: "getIntegratedAccount",
                summary: "One integrated account",
                tags: ["Integrated accounts"],
                access: .admin([]),
                responses: [ResponseSpec(200, "The account", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                return .json(try JSONValueEncoder().encode(try await visible(request, caller)))
            },
            Endpoint(
                .patch,
                "/admin/v1/integrated-accounts/{integrated_account_id}",
                operationID: "updateIntegratedAccount",
                summary: "Change an integrated account",
                tags: ["Integrated accounts"],
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object",
                    "properties": [
                        "label": ["type": "string"], "variables": ["type": "object"], "disabled": ["type": "boolean"],
                    ],
                ]),
                responses: [ResponseSpec(200, "The account", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                let account = try await visible(request, caller)
                let change: Change = try request.decode()
                var wish = AccountChange(variables: change.variables, label: change.label)
                if let disabled = change.disabled {
                    wish.status = disabled ? .disabled : .active
                    wish.statusReason = disabled ? "disabled_by_admin" : nil
                }
                guard let changed = try await accounts.update(account.id, wish, scope: caller.scope, by: caller.actor)
                else { throw Problem(.notFound, "there is no such integrated account") }
                return .json(try JSONValueEncoder().encode(changed))
            },
            Endpoint(
                .delete,
                "/admin/v1/integrated-accounts/{integrated_account_id}",
                operationID: "deleteIntegratedAccount",
                summary: "Delete an integrated account",
                description: "Its credentials are shredded soon after and cannot be had back.",
                tags: ["Integrated accounts"],
                access: .admin([]),
                responses: [ResponseSpec(204, "It is deleted")]
            ) { request in
                let caller = try AdminCaller(request)
                let account = try await visible(request, caller)
                _ = try await accounts.delete(account.id, scope: caller.scope, by: caller.actor)
                return .empty()
            },
        ]
    }

    private func visible(_ request: EndpointRequest, _ caller: AdminCaller) async throws -> AccountRecord {
        let id: AccountID = try request.identifier("integrated_account_id")
        guard let account = try await accounts.account(id, scope: caller.scope) else {
            throw Problem(.notFound, "there is no such integrated account")
        }
        try caller.mustSee(account.environmentID, "integrated account")
        return account
    }
}
