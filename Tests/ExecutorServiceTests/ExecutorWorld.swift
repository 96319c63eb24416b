import BrokerContract
import ConnectorEngine
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import RegistryContract
import ServiceKit
import Synchronization
import UnifiedModel
import Vocabulary

@testable import ExecutorService

/// An executor with two tenants, each with one account, in front of a vendor that does not exist.
struct ExecutorWorld {
    struct Tenant {
        let id = TenantID.random()
        let environment = EnvironmentID.random()
        let account = AccountID.random()
        let keyID = APIKeyID.random()
        let key: String
    }

    let registry: FakeRegistry
    let writes = FakeWrites()
    let broker = FakeBroker()
    let clock = HandClock()
    let vendor: FakeVendor
    let own: Tenant
    let foreign = Tenant(key: "trib_foreign")
    let executor: ExecutorService
    let leasing: RateLeasing
    private let sender: any HTTPSender

    init(
        _ script: @escaping FakeVendor.Script = { (_) throws(ExchangeError) in
            InboundResponse(status: 200, body: Array(#"{"people":[{"id":1,"name":"A"},{"id":2,"name":"B"}]}"#.utf8))
        },
        registry: FakeRegistry = FakeRegistry(),
        own: Tenant = Tenant(key: "trib_own"),
        requestLog: FakeRequestLog? = nil,
        isShared: Bool = false
    ) throws {
        self.registry = registry
        self.own = own
        vendor = FakeVendor(script)
        let clock = clock
        let traffic = TrafficControl(isShared: isShared, now: { clock.now }, sleep: { _ in })
        leasing = RateLeasing(
            traffic: traffic,
            registry: registry,
            sleep: { _ in },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        executor = ExecutorService(
            registry: registry,
            writes: writes,
            requestLog: requestLog,
            broker: broker,
            sender: vendor,
            model: try Self.model(),
            digests: PlainDigests(),
            cursorKey: Secret(Array(repeating: 9, count: 32)),
            traffic: traffic,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { clock.now }
        )
        sender = try TributaryApplication(
            name: .executor,
            endpoints: executor.endpoints,
            authenticator: executor.authenticator,
            config: ApplicationConfig(host: "127.0.0.1", port: 0),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).inProcessSender()
        for tenant in [own, foreign] {
            try addKey(tenant.key, tenant, ["unified:read", "unified:write", "proxy"], id: tenant.keyID)
            registry.state.withLock { $0.configurations[tenant.account] = record(tenant) }
        }
    }

    func addKey(_ text: String, _ tenant: Tenant, _ scopes: [String], id: APIKeyID = .random()) throws {
        let digest = try PlainDigests().digest(.sha256, of: Array(text.utf8))
        let sha256 = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        registry.state.withLock {
            $0.keys[sha256] = APIKeyRecord(
                keyID: id,
                tenantID: tenant.id,
                environmentID: tenant.environment,
                scopes: scopes,
                revoked: false
            )
        }
    }

    func record(
        _ tenant: Tenant,
        status: AccountStatus = .active,
        layer: JSONValue? = nil,
        revision: String = "r1"
    ) -> ConfigurationRecord {
        var layers = [ConfigLayerRecord(level: .platform, version: 1, document: Self.connector)]
        if let layer { layers.append(ConfigLayerRecord(level: .account, version: 1, document: layer)) }
        return ConfigurationRecord(
            account: AccountRecord(
                id: tenant.account,
                tenantID: tenant.id,
                environmentID: tenant.environment,
                integrationID: .random(),
                connector: "acme",
                status: status,
                variables: [:],
                label: nil,
                endUserID: "u",
                revision: 1
            ),
            integration: nil,
            layers: layers,
            revision: revision
        )
    }

    func call(
        _ method: HTTPRequest.Method = .get,
        _ path: String,
        key: String? = "trib_own",
        headers: HeaderFields = [:],
        body: [UInt8]? = nil
    ) async throws -> (status: Int, headers: HeaderFields, json: JSONValue, text: String) {
        var headers = headers
        if let key { headers[.authorization] = "Bearer \(key)" }
        let response = try await sender.send(
            OutboundRequest(
                method: method,
                url: path,
                headers: headers,
                body: body,
                identity: ConnectionIdentity(partition: "test"),
                destination: .service
            )
        )
        return (
            response.status, response.headers, (try? JSONValue(parsing: response.body)) ?? .null,
            String(decoding: response.body, as: UTF8.self)
        )
    }

    /// A unified call with a JSON body.
    func write(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSONValue? = nil,
        key: String = "trib_own",
        headers: HeaderFields = [:]
    ) async throws -> (status: Int, headers: HeaderFields, json: JSONValue, text: String) {
        var headers = headers
        if body != nil { headers[.contentType] = "application/json" }
        let account = "integrated_account_id=\(own.account)"
        return try await call(method, "/unified/\(path)?\(account)", key: key, headers: headers, body: body?.bytes())
    }

    func list(_ more: String = "", key: String? = "trib_own") async throws -> (
        status: Int, headers: HeaderFields, json: JSONValue, text: String
    ) {
        try await call(.get, "/unified/crm/contacts?integrated_account_id=\(own.account)\(more)", key: key)
    }

    private static func model() throws -> UnifiedModel {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("openapi/models")
        var documents: [String: JSONValue] = [:]
        for name in ["common", "crm/contacts", "crm/accounts"] {
            let file = folder.appendingPathComponent("\(name).schema.json")
            documents["\(name).schema.json"] = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        }
        return try UnifiedModel(documents: documents)
    }

    static let connector: JSONValue = [
        "name": "acme", "hosts": ["api.acme.example"],
        "auth": [
            "key": [
                "kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Bearer ",
                "on_401": "refresh_once",
            ]
        ],
        "http": ["base_url": "https://api.acme.example/v1"],
        "rate_limit": ["remaining": ["$jsonata": "headers.`x-left`"]],
        "resources": [
            "people": [
                "list": ["path": "/people", "records_path": "people"], "get": ["path": "/people/{{id}}"],
                "create": ["method": "POST", "path": "/people"], "touch": ["method": "POST", "path": "/touch/{{id}}"],
                "update": ["method": "PATCH", "path": "/people/{{id}}"],
                "delete": ["method": "DELETE", "path": "/people/{{id}}"],
            ]
        ],
        "mappings": [
            "crm": [
                "contacts": [
                    "*": ["response_mapping": "response.{\"id\": id, \"name\": name}"],
                    "list": ["resource": "people", "method": "list"],
                    "get": ["resource": "people", "method": "get"],
                    "create": [
                        "resource": "people", "method": "create", "required_fields": ["name"],
                        "request_body_mapping": "{\"name\": body.name}",
                    ],
                    "update": [
                        "resource": "people", "method": "update", "request_body_mapping": "{\"name\": body.name}",
                    ], "delete": ["resource": "people", "method": "delete"],
                    "touch": ["resource": "people", "method": "touch"],
                ]
            ]
        ],
    ]
}
