import ConnectorConfig
import FoundationEssentials
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// The environments' and accounts' layers of a connector's configuration.
struct ConfigLayerRoutes {
    let layers: ConfigLayerStore
    let tenants: TenantStore
    let accounts: AccountStore

    private struct VersionWish: Decodable {
        let version: Int
    }

    private static let schema: JSONValue = [
        "type": "object", "required": ["level", "scope_id", "connector", "version", "document"],
        "properties": [
            "level": ["enum": ["environment", "account"]], "scope_id": ["type": "string", "format": "uuid"],
            "connector": ["type": "string"], "version": ["type": "integer"], "published": ["type": "boolean"],
            "document": ["type": "object"],
        ],
    ]
    private static let path = "/admin/v1/config/{level}/{scope_id}/{connector}"
    private static let draft = QueryParameter("draft", .boolean, "Keeps the new version unpublished.")
    private static let note = QueryParameter("note", .string, "Why, for the history.")
    private static let document = BodySpec(
        schema: ["type": "object"],
        contentTypes: ["application/json", "application/merge-patch+json"]
    )

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                Self.path,
                operationID: "getConfigLayer",
                summary: "The newest version of a layer",
                tags: ["Configuration"],
                access: .admin([]),
                responses: [ResponseSpec(200, "The layer; its ETag is for If-Match", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                let address = try await address(request, caller)
                guard let layer = try await layers.layer(address, scope: caller.scope) else {
                    throw Problem(.notFound, "this level has no layer of the connector yet")
                }
                return try answer(layer, address)
            },
            Endpoint(
                .put,
                Self.path,
                operationID: "putConfigLayer",
                summary: "Write a layer anew",
                description: "Needs `If-Match` with the layer's ETag, or `If-None-Match: *` for the first version.",
                tags: ["Configuration"],
                access: .admin([]),
                query: [Self.draft, Self.note],
                body: Self.document,
                responses: [ResponseSpec(200, "The new version", schema: Self.schema)]
            ) { request in
                try await write(request) { _, sent in sent }
            },
            Endpoint(
                .patch,
                Self.path,
                operationID: "patchConfigLayer",
                summary: "Change a layer by a JSON Merge Patch",
                description: "Needs `If-Match` with the layer's ETag, or `If-None-Match: *` for the first version.",
                tags: ["Configuration"],
                access: .admin([]),
                query: [Self.draft, Self.note],
                body: Self.document,
                responses: [ResponseSpec(200, "The new version", schema: Self.schema)]
            ) { request in
                // A null inside a layer means "remove what is below", so members are merged one level of meaning deep:
                // the patch's own nulls stay in the layer.
                try await write(request) { newest, sent in newest.keepingNulls(mergedWith: sent) }
            },
            Endpoint(
                .get,
                Self.path + "/revisions",
                operationID: "listConfigRevisions",
                summary: "The versions of a layer",
                tags: ["Configuration"],
                access: .admin([]),
                responses: [ResponseSpec(200, "Newest first", schema: AdminSchema.list(["type": "object"]))]
            ) { request in
                let caller = try AdminCaller(request)
                let address = try await address(request, caller)
                let revisions = try await layers.revisions(address, scope: caller.scope)
                return .json(["result": .array(revisions.map(\.summary)), "next_cursor": nil])
            },
            Endpoint(
                .post,
                Self.path + "/publish",
                operationID: "publishConfigLayer",
                summary: "Put a version in force",
                tags: ["Configuration"],
                access: .admin([]),
                body: BodySpec(schema: Self.versionSchema),
                responses: [ResponseSpec(204, "It is in force")]
            ) { request in
                let caller = try AdminCaller(request)
                let address = try await address(request, caller)
                let wish: VersionWish = try request.decode()
                guard let layer = try await layers.layer(address, version: wish.version, scope: caller.scope) else {
                    throw Problem(.notFound, "there is no such version of the layer")
                }
                try await check(
                    try JSONValue(parsing: Array(layer.document.utf8), policy: .vendor),
                    at: address,
                    caller
                )
                _ = try await layers.publish(wish.version, of: address, scope: caller.scope, by: caller.actor)
                return .empty()
            },
            Endpoint(
                .post,
                Self.path + "/rollback",
                operationID: "rollbackConfigLayer",
                summary: "Publish an old version again, as a new one",
                tags: ["Configuration"],
                access: .admin([]),
                body: BodySpec(schema: Self.versionSchema),
                responses: [ResponseSpec(200, "The new version", schema: Self.schema)]
            ) { request in
                let caller = try AdminCaller(request)
                let address = try await address(request, caller)
                let wish: VersionWish = try request.decode()
                guard let old = try await layers.layer(address, version: wish.version, scope: caller.scope),
                    let newest = try await layers.layer(address, scope: caller.scope)
                else { throw Problem(.notFound, "there is no such version of the layer") }
                try await check(try JSONValue(parsing: Array(old.document.utf8), policy: .vendor), at: address, caller)
                let added = try await layers.append(
                    old.document,
                    to: address,
                    after: newest.version,
                    note: "rollback to \(wish.version)",
                    publish: true,
                    scope: caller.scope,
                    by: caller.actor
                )
                guard let added else { throw Problem(.conflict, "someone else has just changed the layer; look again") }
                return try answer(added, address)
            },
        ]
    }

    private static let versionSchema: JSONValue = [
        "type": "object", "required": ["version"], "properties": ["version": ["type": "integer"]],
    ]

    private func write(
        _ request: EndpointRequest,
        _ change: (_ newest: JSONValue, _ sent: JSONValue) -> JSONValue
    ) async throws -> EndpointResponse {
        let caller = try AdminCaller(request)
        let address = try await address(request, caller)
        let sent = try request.json()
        guard case .object = sent else { throw Problem(.invalidRequest, "a layer is a JSON object") }
        let newest = try await layers.layer(address, scope: caller.scope)
        try checkPrecondition(request, newest)
        let below = try newest.map { try JSONValue(parsing: Array($0.document.utf8), policy: .vendor) } ?? [:]
        let document = change(below, sent)
        try await check(document, at: address, caller)
        let added = try await layers.append(
            document.text(),
            to: address,
            after: newest?.version,
            note: request.query["note"],
            publish: request.query.boolean("draft") != true,
            scope: caller.scope,
            by: caller.actor
        )
        guard let added else {
            throw Problem(.preconditionFailed, "someone else has just changed the layer; read it again")
        }
        return try answer(added, address)
    }

    private func checkPrecondition(_ request: EndpointRequest, _ newest: LayerRow?) throws(Problem) {
        if let newest {
            let match = request.headers[.ifMatch]
            guard match == "*" || match == Self.tag(newest) else {
                throw Problem(
                    .preconditionFailed,
                    match == nil
                        ? "send If-Match with the layer's ETag, so that no one's change is lost"
                        : "the layer has changed since; read it again and send If-Match with its new ETag"
                )
            }
        } else {
            guard request.headers[.ifNoneMatch] == "*" || request.headers[.ifMatch] == "*" else {
                throw Problem(
                    .preconditionFailed,
                    "there is no layer yet; send If-None-Match: * to write the first version"
                )
            }
        }
    }

    /// Refuses a layer with which the connector would no longer compile.
    private func check(_ document: JSONValue, at address: LayerAddress, _ caller: AdminCaller) async throws {
        var below: [ConfigLayerRecord] = []
        switch address.level {
        case .platform: return
        case .environment:
            below = try await layers.published(
                connector: address.connector,
                environment: EnvironmentID(address.scopeID),
                account: nil
            )
        case .account:
            guard let account = try await accounts.account(AccountID(address.scopeID), scope: caller.scope) else {
                throw Problem(.notFound, "there is no such integrated account")
            }
            below = try await layers.published(
                connector: address.connector,
                environment: account.environmentID,
                account: nil
            )
        }
        guard let platform = below.first(where: { $0.level == .platform }) else {
            throw Problem(.notFound, "there is no published connector of that name")
        }
        let others = below.filter { $0.level != .platform && $0.level != address.level }
        do {
            _ = try CompiledConnector(
                base: ConfigLayer(level: .platform, version: platform.version, document: platform.document),
                layers: others.map { ConfigLayer(level: $0.level, version: $0.version, document: $0.document) }
                    + [ConfigLayer(level: address.level, version: 1, document: document)]
            )
        } catch {
            throw LayerCheck.refused(error)
        }
    }

    private func address(_ request: EndpointRequest, _ caller: AdminCaller) async throws -> LayerAddress {
        let connector = try request.pathParameter("connector")
        switch try request.pathParameter("level") {
        case "environment":
            let id: EnvironmentID = try request.identifier("scope_id")
            try caller.mustSee(id, "environment")
            guard let environment = try await tenants.environment(id, scope: caller.scope) else {
                throw Problem(.notFound, "there is no such environment")
            }
            return LayerAddress(
                level: .environment,
                scopeID: id.uuid,
                connector: connector,
                tenantID: environment.tenantID
            )
        case "account":
            let id: AccountID = try request.identifier("scope_id")
            guard let account = try await accounts.account(id, scope: caller.scope), account.connector == connector
            else {
                throw Problem(.notFound, "there is no such integrated account of this connector")
            }
            try caller.mustSee(account.environmentID, "integrated account")
            return LayerAddress(level: .account, scopeID: id.uuid, connector: connector, tenantID: account.tenantID)
        case "platform":
            throw Problem(.notFound, "the platform's layer is the connector itself: see /admin/v1/connectors")
        default: throw Problem(.notFound, "a level is 'environment' or 'account'")
        }
    }

    private func answer(_ layer: LayerRow, _ address: LayerAddress) throws -> EndpointResponse {
        .json(
            [
                "level": .string(address.level.rawValue), "scope_id": .string(address.scopeID.uuidString.lowercased()),
                "connector": .string(address.connector), "version": .number(JSONNumber(layer.version)),
                "published": .bool(layer.isPublished),
                "document": try JSONValue(parsing: Array(layer.document.utf8), policy: .vendor),
            ],
            headers: [.eTag: Self.tag(layer)]
        )
    }

    private static func tag(_ layer: LayerRow) -> String { "\"\(layer.version)\"" }
}

extension JSONValue {
    /// A layer with a patch merged in whose nulls are kept, because in a layer they say "remove".
    fileprivate func keepingNulls(mergedWith patch: JSONValue) -> JSONValue {
        guard case .object(var result) = self, case .object(let members) = patch else { return patch }
        for member in members {
            result[member.key] = result[member.key]?.keepingNulls(mergedWith: member.value) ?? member.value
        }
        return .object(result)
    }
}
