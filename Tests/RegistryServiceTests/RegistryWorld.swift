import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import Postgres
import RegistryContract
import RegistryService
import ServiceKit
import TestSupport
import Testing
import Vocabulary

/// A registry over a real database, and callers of every kind.
struct RegistryWorld {
    /// A tenant with one environment and an administrator's key.
    struct Tenant {
        let id: String
        let environment: String
        let key: String
    }

    /// An answer, read.
    struct Answer {
        let status: Int
        let headers: HeaderFields
        let body: JSONValue

        var code: String? { body["code"]?.string }
    }

    let pool: PostgresPool
    private let service: RegistryService

    init() async throws {
        pool = PostgresPool(try await TestDatabase.make([.init("registry")], role: "tributary_registry"))
        service = RegistryService(pool: pool, digests: OpenSSLDigests(), verifier: nil)
    }

    /// Asks as the platform's administrator, as a service, or with an API key.
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSONValue? = nil,
        key: String? = nil,
        as caller: CallerIdentity? = nil,
        headers: HeaderFields = [:]
    ) async throws -> Answer {
        var headers = headers
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        if let key { headers[.authorization] = "Bearer \(key)" }
        let authenticator: any CallerAuthenticator =
            key == nil ? Always(caller: caller ?? Self.platform) : service.authenticator
        let sender = try TributaryApplication(
            name: .registry,
            endpoints: service.endpoints,
            authenticator: authenticator,
            config: ApplicationConfig(port: 0),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).inProcessSender()
        let response = try await sender.send(
            OutboundRequest(
                method: method,
                url: path,
                headers: headers,
                body: body?.bytes(),
                identity: ConnectionIdentity(partition: "test")
            )
        )
        return Answer(
            status: response.status,
            headers: response.headers,
            body: response.body.isEmpty ? .null : try JSONValue(parsing: response.body)
        )
    }

    /// A tenant of its own.
    func tenant(_ name: String) async throws -> Tenant {
        let id = try #require(try await ask(.post, "/admin/v1/tenants", ["name": .string(name)]).body["id"]?.string)
        let environment = try await ask(
            .post,
            "/admin/v1/environments",
            ["tenant_id": .string(id), "name": "production"]
        )
        let key = try await ask(
            .post,
            "/admin/v1/api-keys",
            ["tenant_id": .string(id), "name": "admin", "scopes": ["admin"]]
        )
        return Tenant(
            id: id,
            environment: try #require(environment.body["id"]?.string),
            key: try #require(key.body["key"]?.string)
        )
    }

    /// Publishes an invented connector.
    func publishAcme() async throws {
        let added = try await ask(.post, "/admin/v1/connectors/acme/versions", ["document": Self.acme])
        #expect(added.status == 201, "\(added.body.text())")
        let published = try await ask(.post, "/admin/v1/connectors/acme/publish", ["version": 1])
        #expect(published.status == 204)
    }

    /// A connected account of the invented connector.
    func account(of tenant: Tenant) async throws -> String {
        let integration = try await ask(
            .post,
            "/admin/v1/integrations",
            ["environment_id": .string(tenant.environment), "connector": "acme"],
            key: tenant.key
        )
        let account = try await ask(
            .post,
            "/internal/v1/accounts",
            [
                "tenant_id": .string(tenant.id), "environment_id": .string(tenant.environment),
                "integration_id": integration.body["id"] ?? .null, "end_user_id": "user-1", "label": "Harbour Ltd",
                "variables": [:], "status": "active",
            ],
            as: .service(.broker)
        )
        return try #require(account.body["id"]?.string, "\(account.body.text())")
    }

    static let platform = CallerIdentity.apiKey(
        APIKeyIdentity(keyID: .random(), tenantID: nil, environmentID: nil, scopes: [.platform])
    )

    static let acme: JSONValue = [
        "name": "acme", "label": "Acme", "categories": ["crm"], "hosts": ["api.acme.test"],
        "auth": [
            "key": [
                "kind": "api_key", "fields": ["token": ["type": "secret", "label": "Key"]], "in": "header",
                "name": "X-Key",
            ]
        ],
        "http": ["base_url": "https://api.acme.test"],
        "resources": ["people": ["list": ["path": "/people", "records_path": "people"]]],
        "mappings": [
            "crm": [
                "contacts": [
                    "list": [
                        "resource": "people", "method": "list",
                        "response_mapping": "response.{\"id\": id, \"first_name\": first}",
                    ]
                ]
            ]
        ],
    ]

    private struct Always: CallerAuthenticator {
        let caller: CallerIdentity

        func identify(_ headers: HeaderFields) async throws -> CallerIdentity { caller }
    }
}
