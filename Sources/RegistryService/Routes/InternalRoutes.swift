import HTTPExchange
import HTTPTypes
import JSONValue
import Postgres
import RegistryContract
import ServiceKit
import Vocabulary

/// What the other services ask; see `RegistryContract`.
struct InternalRoutes {
    let keys: APIKeyStore
    let layers: ConfigLayerStore
    let integrations: IntegrationStore
    let accounts: AccountStore
    let linkTokens: LinkTokenStore
    let tenants: TenantStore
    let tokens: TokenText
    let feed: ChangeFeed

    private struct KeyDigest: Decodable {
        let keySHA256: String
        enum CodingKeys: String, CodingKey { case keySHA256 = "key_sha256" }
    }

    private struct TokenDigest: Decodable {
        let tokenSHA256: String
        enum CodingKeys: String, CodingKey { case tokenSHA256 = "token_sha256" }
    }

    private struct Acknowledgement: Decodable {
        let accountIDs: [AccountID]
        enum CodingKeys: String, CodingKey { case accountIDs = "account_ids" }
    }

    private static let body = BodySpec(schema: ["type": "object"])
    private static let answer = [ResponseSpec(200, "The answer", schema: ["type": "object"])]
    private static let readers: Endpoint.Access = .service([.executor, .broker, .sync])
    private static let broker: Endpoint.Access = .service([.broker])

    var endpoints: [Endpoint] { reading + linking + writing }

    private var reading: [Endpoint] {
        [
            Endpoint(
                .post,
                "/internal/v1/api-keys/verify",
                operationID: "verifyAPIKey",
                summary: "Look an API key up",
                tags: ["Internal"],
                access: Self.readers,
                body: Self.body,
                responses: Self.answer
            ) { request in
                let message: KeyDigest = try request.decode()
                guard let key = try await keys.key(sha256: TokenText.digest(hexadecimal: message.keySHA256)) else {
                    throw Problem(.notFound, "there is no such API key")
                }
                return .json(try JSONValueEncoder().encode(key))
            },
            Endpoint(
                .get,
                "/internal/v1/accounts/{account_id}",
                operationID: "readAccount",
                summary: "One account",
                tags: ["Internal"],
                access: Self.readers,
                responses: Self.answer
            ) { request in
                .json(try JSONValueEncoder().encode(try await account(request)))
            },
            Endpoint(
                .get,
                "/internal/v1/accounts/{account_id}/configuration",
                operationID: "readAccountConfiguration",
                summary: "An account with the layers of its connector",
                tags: ["Internal"],
                access: Self.readers,
                responses: Self.answer + [ResponseSpec(304, "It is what the caller has")]
            ) { request in
                let account = try await account(request)
                let layers = try await layers.published(
                    connector: account.connector,
                    environment: account.environmentID,
                    account: account.id
                )
                return try answer(
                    ConfigurationRecord(
                        account: account,
                        integration: nil,
                        layers: layers,
                        revision: Self.revision(layers) + "-\(account.revision)"
                    ),
                    request
                )
            },
            Endpoint(
                .get,
                "/internal/v1/integrations/{integration_id}/configuration",
                operationID: "readIntegrationConfiguration",
                summary: "An integration with the layers of its connector",
                tags: ["Internal"],
                access: Self.readers,
                responses: Self.answer
            ) { request in
                let id: IntegrationID = try request.identifier("integration_id")
                guard let integration = try await integrations.integration(id, scope: .service) else {
                    throw Problem(.notFound, "there is no such integration")
                }
                let layers = try await layers.published(
                    connector: integration.connector,
                    environment: integration.environmentID,
                    account: nil
                )
                return try answer(
                    ConfigurationRecord(
                        account: nil,
                        integration: integration,
                        layers: layers,
                        revision: Self.revision(layers)
                    ),
                    request
                )
            },
            Endpoint(
                .get,
                "/internal/v1/integrations",
                operationID: "readIntegrations",
                summary: "The integrations of an environment",
                tags: ["Internal"],
                access: Self.readers,
                query: [QueryParameter("environment_id", .string, "The environment.", isRequired: true)],
                responses: Self.answer
            ) { request in
                guard let environment = request.query["environment_id"].flatMap({ EnvironmentID($0) }) else {
                    throw Problem(.notFound, "there is no such environment")
                }
                let records = try await integrations.integrations(of: environment)
                return .json(["result": .array(try records.map { try JSONValueEncoder().encode($0) })])
            },
            Endpoint(
                .get,
                "/internal/v1/changes",
                operationID: "followChanges",
                summary: "What caches must drop, as soon as it changes",
                tags: ["Internal"],
                access: Self.readers,
                query: [
                    QueryParameter("after", .integer(0...Int.max), "The newest sequence that the caller knows."),
                    QueryParameter("wait", .integer(0...50), "Seconds to wait for a change."),
                ],
                responses: Self.answer
            ) { request in
                .json(
                    try JSONValueEncoder().encode(
                        try await feed.changes(
                            after: request.query.integer("after"),
                            wait: .seconds(request.query.integer("wait") ?? 0)
                        )
                    )
                )
            },
        ]
    }

    private var linking: [Endpoint] {
        [
            Endpoint(
                .post,
                "/internal/v1/link-tokens",
                operationID: "createLinkToken",
                summary: "Make a link token",
                tags: ["Internal"],
                access: Self.broker,
                body: Self.body,
                responses: Self.answer
            ) { request in
                let wish: NewLinkToken = try request.decode()
                guard (60...1800).contains(wish.expiresInSeconds) else {
                    throw Problem(.invalidRequest, "a link token lives 60 to 1800 seconds")
                }
                let scope = TenantScope.tenant(wish.tenantID)
                guard let environment = try await tenants.environment(wish.environmentID, scope: scope) else {
                    throw Problem(.notFound, "there is no such environment")
                }
                if let url = wish.returnURL,
                    !environment.returnURLs.contains(where: { $0.utf8.elementsEqual(url.utf8) })
                {
                    throw Problem(
                        .invalidRequest,
                        "return_url is not one of the environment's return_urls",
                        failures: [
                            .init(code: "unknown", message: "register it with the environment", pointer: "/return_url")
                        ]
                    )
                }
                if let id = wish.accountID {
                    guard try await accounts.account(id, scope: scope)?.environmentID == wish.environmentID else {
                        throw Problem(.notFound, "there is no such integrated account")
                    }
                }
                let token = try tokens.make(prefix: "trib_link_")
                let (id, expiresAt) = try await linkTokens.create(wish, sha256: token.sha256)
                return .json(
                    try JSONValueEncoder().encode(
                        CreatedLinkToken(id: id, token: token.text.reveal(), expiresAt: expiresAt.description)
                    )
                )
            },
            Endpoint(
                .post,
                "/internal/v1/link-tokens/redeem",
                operationID: "redeemLinkToken",
                summary: "Use a link token up",
                tags: ["Internal"],
                access: Self.broker,
                body: Self.body,
                responses: Self.answer
            ) { request in
                let message: TokenDigest = try request.decode()
                switch try await linkTokens.redeem(sha256: TokenText.digest(hexadecimal: message.tokenSHA256)) {
                case .redeemed(let token): return .json(try JSONValueEncoder().encode(token))
                case .used: throw Problem(.linkTokenUsed, "this link has been used; ask for a new one")
                case .expired: throw Problem(.linkTokenExpired, "this link has expired; ask for a new one")
                }
            },
        ]
    }

    private var writing: [Endpoint] {
        [
            Endpoint(
                .post,
                "/internal/v1/accounts",
                operationID: "createAccount",
                summary: "Make an account",
                tags: ["Internal"],
                access: Self.broker,
                body: Self.body,
                responses: Self.answer
            ) { request in
                let wish: NewAccount = try request.decode()
                let integration = try await integrations.integration(wish.integrationID, scope: .tenant(wish.tenantID))
                guard let integration, integration.environmentID == wish.environmentID else {
                    throw Problem(.notFound, "there is no such integration")
                }
                let account = try await accounts.create(wish, connector: integration.connector, by: actor(request))
                return .json(try JSONValueEncoder().encode(account))
            },
            Endpoint(
                .patch,
                "/internal/v1/accounts/{account_id}",
                operationID: "updateAccount",
                summary: "Change an account",
                tags: ["Internal"],
                access: Self.broker,
                body: Self.body,
                responses: Self.answer
            ) { request in
                let id: AccountID = try request.identifier("account_id")
                let change: AccountChange = try request.decode()
                guard let account = try await accounts.update(id, change, scope: .service, by: actor(request)) else {
                    throw Problem(.notFound, "there is no such integrated account")
                }
                return .json(try JSONValueEncoder().encode(account))
            },
            Endpoint(
                .get,
                "/internal/v1/account-deletions",
                operationID: "readAccountDeletions",
                summary: "Accounts whose credentials must be shredded",
                tags: ["Internal"],
                access: Self.broker,
                responses: Self.answer
            ) { _ in
                let deletions = try await accounts.deletions(limit: 100)
                return .json(["result": .array(try deletions.map { try JSONValueEncoder().encode($0) })])
            },
            Endpoint(
                .post,
                "/internal/v1/account-deletions/acknowledge",
                operationID: "acknowledgeAccountDeletions",
                summary: "The credentials of these accounts are shredded",
                tags: ["Internal"],
                access: Self.broker,
                body: Self.body,
                responses: [ResponseSpec(204, "Noted")]
            ) { request in
                let message: Acknowledgement = try request.decode()
                try await accounts.acknowledge(message.accountIDs)
                return .empty()
            },
        ]
    }

    private func account(_ request: EndpointRequest) async throws -> AccountRecord {
        let id: AccountID = try request.identifier("account_id")
        guard let account = try await accounts.account(id, scope: .service) else {
            throw Problem(.notFound, "there is no such integrated account")
        }
        return account
    }

    private func answer(_ record: ConfigurationRecord, _ request: EndpointRequest) throws -> EndpointResponse {
        guard record.layers.first?.level == .platform else {
            throw Problem(.configInvalid, "the connector has no published version")
        }
        let tag = "\"\(record.revision)\""
        if request.headers[.ifNoneMatch] == tag { return .empty(304, headers: [.eTag: tag]) }
        return .json(try JSONValueEncoder().encode(record), headers: [.eTag: tag])
    }

    private func actor(_ request: EndpointRequest) -> Actor {
        Actor(name: "service:\(request.caller.service?.rawValue ?? "unknown")", requestID: request.requestID)
    }

    private static func revision(_ layers: [ConfigLayerRecord]) -> String {
        OverrideLevel.allCases.map { level in String(layers.first { $0.level == level }?.version ?? 0) }
            .joined(separator: ".")
    }
}
