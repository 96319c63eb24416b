import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// Groups of accounts, as administrators and the executor see them.
struct AccountGroupRoutes {
    let groups: AccountGroupStore
    let tenants: TenantStore

    private struct NewGroup: Decodable {
        let environmentID: EnvironmentID
        let name: String
        let accountIDs: [AccountID]

        enum CodingKeys: String, CodingKey {
            case name
            case environmentID = "environment_id"
            case accountIDs = "account_ids"
        }
    }

    private struct Change: Decodable {
        let name: String?
        let accountIDs: [AccountID]?

        enum CodingKeys: String, CodingKey {
            case name
            case accountIDs = "account_ids"
        }
    }

    private static let accounts: JSONValue = [
        "type": "array", "items": ["type": "string", "format": "uuid"],
        "maxItems": .number(JSONNumber(AccountGroupRecord.accountsMax)), "uniqueItems": true,
    ]
    private static let schema: JSONValue = [
        "type": "object", "required": ["id", "environment_id", "name", "account_ids"],
        "properties": [
            "id": ["type": "string", "format": "uuid"], "tenant_id": ["type": "string", "format": "uuid"],
            "environment_id": ["type": "string", "format": "uuid"], "name": ["type": "string"],
            "account_ids": accounts,
        ],
    ]
    private static let tags = ["Account groups"]

    var endpoints: [Endpoint] { making + reading }

    private var making: [Endpoint] {
        [
            Endpoint(
                .post,
                "/admin/v1/account-groups",
                operationID: "createAccountGroup",
                summary: "Make a group of accounts",
                description: "Lists over a group give the records of its accounts in this order.",
                tags: Self.tags,
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object", "required": ["environment_id", "name", "account_ids"],
                    "properties": [
                        "environment_id": ["type": "string", "format": "uuid"], "name": ["type": "string"],
                        "account_ids": Self.accounts,
                    ],
                ]),
                responses: [ResponseSpec(201, "The group", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                let wish: NewGroup = try request.decode()
                try Self.check(wish.name, wish.accountIDs)
                try caller.mustSee(wish.environmentID, "environment")
                guard let environment = try await tenants.environment(wish.environmentID, scope: caller.scope) else {
                    throw Problem(.notFound, "there is no such environment")
                }
                let group = try await groups.create(
                    environment: environment,
                    name: wish.name,
                    accounts: wish.accountIDs,
                    scope: caller.scope,
                    by: caller.actor
                )
                return .json(try JSONValueEncoder().encode(group), status: 201)
            },
            Endpoint(
                .patch,
                "/admin/v1/account-groups/{account_group_id}",
                operationID: "updateAccountGroup",
                summary: "Change a group of accounts",
                tags: Self.tags,
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object",
                    "properties": ["name": ["type": "string"], "account_ids": Self.accounts],
                ]),
                responses: [ResponseSpec(200, "The group", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                let change: Change = try request.decode()
                try Self.check(change.name, change.accountIDs)
                let group = try await groups.update(
                    try await visible(request, caller),
                    name: change.name,
                    accounts: change.accountIDs,
                    scope: caller.scope,
                    by: caller.actor
                )
                return .json(try JSONValueEncoder().encode(group))
            },
            Endpoint(
                .delete,
                "/admin/v1/account-groups/{account_group_id}",
                operationID: "deleteAccountGroup",
                summary: "Delete a group of accounts",
                description: "The accounts themselves stay.",
                tags: Self.tags,
                access: .admin([]),
                responses: [ResponseSpec(204, "It is deleted")]
            ) { request in
                let caller = try AdminCaller(request)
                try await groups.delete(try await visible(request, caller), scope: caller.scope, by: caller.actor)
                return .empty()
            },
        ]
    }

    private var reading: [Endpoint] {
        [
            Endpoint(
                .get,
                "/admin/v1/account-groups",
                operationID: "listAccountGroups",
                summary: "List groups of accounts",
                tags: Self.tags,
                access: .admin([]),
                query: AdminSpec.page,
                responses: [ResponseSpec(200, "The groups", schema: AdminSchema.list(Self.schema))]
            ) { request in
                let caller = try AdminCaller(request)
                let page = try await groups.groups(
                    request.page(),
                    environment: caller.environment,
                    scope: caller.scope
                )
                return .json(try page.json { try JSONValueEncoder().encode($0) })
            },
            Endpoint(
                .get,
                "/admin/v1/account-groups/{account_group_id}",
                operationID: "getAccountGroup",
                summary: "One group of accounts",
                tags: Self.tags,
                access: .admin([]),
                responses: [ResponseSpec(200, "The group", schema: Self.schema)]
            ) { request in
                .json(try JSONValueEncoder().encode(try await visible(request, AdminCaller(request))))
            },
            Endpoint(
                .get,
                "/internal/v1/account-groups/{account_group_id}",
                operationID: "readAccountGroup",
                summary: "One group of accounts",
                tags: ["Internal"],
                access: .service([.executor]),
                responses: [ResponseSpec(200, "The group", schema: Self.schema)]
            ) { request in
                let id: AccountGroupID = try request.identifier("account_group_id")
                guard let group = try await groups.group(id, scope: .service) else {
                    throw Problem(.notFound, "there is no such account group")
                }
                return .json(try JSONValueEncoder().encode(group))
            },
        ]
    }

    private func visible(_ request: EndpointRequest, _ caller: AdminCaller) async throws -> AccountGroupRecord {
        let id: AccountGroupID = try request.identifier("account_group_id")
        guard let group = try await groups.group(id, scope: caller.scope) else {
            throw Problem(.notFound, "there is no such account group")
        }
        try caller.mustSee(group.environmentID, "account group")
        return group
    }

    private static func check(_ name: String?, _ accounts: [AccountID]?) throws(Problem) {
        var failures: [Problem.Failure] = []
        if let name, !(1...200).contains(name.count) {
            failures.append(.init(code: "invalid", message: "1 to 200 characters", pointer: "/name"))
        }
        if let accounts, accounts.count > AccountGroupRecord.accountsMax || Set(accounts).count != accounts.count {
            let most = AccountGroupRecord.accountsMax
            failures.append(
                .init(code: "invalid", message: "at most \(most) accounts, each once", pointer: "/account_ids")
            )
        }
        guard failures.isEmpty else {
            throw Problem(.invalidRequest, "the group cannot be like this", failures: failures)
        }
    }
}
