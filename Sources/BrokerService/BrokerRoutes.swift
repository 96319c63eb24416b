import BrokerContract
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// The Broker's JSON operations: link tokens and usable access.
struct BrokerRoutes: Sendable {
    let registry: any RegistryClient
    let access: AccessBroker
    let publicURL: String

    private struct EndUser: Decodable {
        let id: String
        let name: String?
        let email: String?
    }

    private struct LinkWish: Decodable {
        let endUser: EndUser
        let connectors: [String]?
        let accountID: AccountID?
        let variables: JSONObject?
        let returnURL: String?
        let expiresInSeconds: Int?

        enum CodingKeys: String, CodingKey {
            case connectors, variables
            case endUser = "end_user"
            case accountID = "integrated_account_id"
            case returnURL = "return_url"
            case expiresInSeconds = "expires_in_seconds"
        }
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post,
                "/link-tokens",
                operationID: "createLinkToken",
                summary: "Start a connect flow for one end user",
                description: "Give `connect_url` to the end user's browser. It works once and for a short time.",
                tags: ["Connect"],
                access: .apiKey([.connect]),
                body: BodySpec(schema: Self.linkSchema),
                responses: [
                    ResponseSpec(
                        201,
                        "The token",
                        schema: [
                            "type": "object", "required": ["link_token", "connect_url", "expires_at"],
                            "properties": [
                                "link_token": ["type": "string"], "connect_url": ["type": "string"],
                                "expires_at": ["type": "string", "format": "date-time"],
                            ],
                        ]
                    )
                ],
                handler: createLinkToken
            ),
            Endpoint(
                .post,
                "/internal/v1/usable-access",
                operationID: "usableAccess",
                summary: "What an account's requests are signed with",
                tags: ["Internal"],
                access: .service([.executor, .sync]),
                body: BodySpec(schema: ["type": "object"]),
                responses: [ResponseSpec(200, "The access", schema: ["type": "object"])]
            ) { request in
                let wish: UsableAccessRequest = try request.decode()
                let message = try await access.access(wish, logger: request.logger)
                return .json(try JSONValueEncoder().encode(message), headers: [.cacheControl: "no-store"])
            },
        ]
    }

    private static let linkSchema: JSONValue = [
        "type": "object", "required": ["end_user"],
        "properties": [
            "end_user": [
                "type": "object", "required": ["id"],
                "properties": ["id": ["type": "string"], "name": ["type": "string"], "email": ["type": "string"]],
            ],
            "connectors": ["type": "array", "items": ["type": "string"]],
            "integrated_account_id": ["type": "string", "format": "uuid"], "variables": ["type": "object"],
            "return_url": ["type": "string"],
            "expires_in_seconds": ["type": "integer", "minimum": 60, "maximum": 1800],
        ],
    ]

    private func createLinkToken(_ request: EndpointRequest) async throws -> EndpointResponse {
        let key = try request.apiKey()
        guard let tenant = key.tenantID, let environment = key.environmentID else {
            throw Problem(.forbiddenScope, "link tokens are made with the API key of an environment")
        }
        let wish: LinkWish = try request.decode()
        guard (1...200).contains(wish.endUser.id.count) else {
            throw Problem(
                .invalidRequest,
                "the end user's id has 1 to 200 characters",
                failures: [.init(code: "invalid", message: "must have 1 to 200 characters", pointer: "/end_user/id")]
            )
        }
        let created = try await registry.createLinkToken(
            NewLinkToken(
                tenantID: tenant,
                environmentID: environment,
                endUserID: wish.endUser.id,
                endUserName: wish.endUser.name,
                connectors: wish.connectors ?? [],
                accountID: wish.accountID,
                variables: wish.variables ?? [:],
                returnURL: wish.returnURL,
                expiresInSeconds: wish.expiresInSeconds ?? 1800
            )
        )
        return .json(
            [
                "link_token": .string(created.token),
                "connect_url": .string("\(publicURL)/connect?token=\(created.token)"),
                "expires_at": .string(created.expiresAt),
            ],
            status: 201,
            headers: [.cacheControl: "no-store"]
        )
    }
}
