import BrokerContract
import BrokerService
import ConnectorConfig
import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import Postgres
import RegistryContract
import ServiceKit
import Synchronization
import TestSupport
import UnifiedModel
import VaultContract
import Vocabulary

/// A Broker over a real database, with a registry and a vault in memory and a vendor by script.
struct BrokerWorld {
    static let start = Date(timeIntervalSince1970: 1_795_600_000)

    let registry: MemoryRegistry
    let vault = MemoryVault()
    let vendor: ScriptedVendor
    let clock = Clock()
    private let lastCookie = CookieJar()
    private let sender: any HTTPSender
    private let client: HTTPBrokerClient
    private let broker: BrokerService

    /// A clock that tests move.
    final class Clock: Sendable {
        private let offset = Mutex(0.0)
        func move(by seconds: Double) { offset.withLock { $0 += seconds } }
        var now: Date { BrokerWorld.start.addingTimeInterval(offset.withLock { $0 }) }
    }

    /// `more`: further words of the connector.
    init(auth: JSONValue, vendor: ScriptedVendor, more: JSONValue = [:]) async throws {
        self.vendor = vendor
        let document: JSONValue = [
            "name": "acme", "label": "Acme", "hosts": ["*.acme.example", "acme.example"],
            "http": ["base_url": "https://api.acme.example/v1"], "auth": ["way": auth],
        ]
        registry = MemoryRegistry(document: document.overlaid(by: more))
        let clock = clock
        let key = try PrivateKey.generate(.ed25519)
        let broker = try BrokerService(
            config: BrokerConfig(
                publicURL: "http://localhost:7402",
                browserHosts: [],
                sessionKey: Secret([UInt8](repeating: 7, count: 32))
            ),
            pool: PostgresPool(try await TestDatabase.make([TestDatabase.Schema("broker")], role: "tributary_broker")),
            registry: registry,
            vault: vault,
            sender: vendor,
            digests: OpenSSLDigests(),
            model: try Self.model(),
            certificateReader: OpenSSLCertificateReader(),
            verifier: ServiceTokenVerifier(audience: .broker, keys: [.executor: try key.publicKey()]),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: { clock.now }
        )
        self.broker = broker
        sender = try TributaryApplication(
            name: .broker,
            endpoints: broker.endpoints,
            authenticator: broker.authenticator,
            config: ApplicationConfig(host: "127.0.0.1", port: 0),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ).inProcessSender()
        client = HTTPBrokerClient(
            ServiceClient(
                sender: sender,
                baseURL: "",
                signer: ServiceTokenSigner(service: .executor, key: key),
                audience: .broker
            )
        )
    }

    private static func model() throws -> UnifiedModel {
        let folder = TestDatabase.packageRoot.appendingPathComponent("openapi/models")
        var documents: [String: JSONValue] = [:]
        for name in FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String }) ?? []
        where name.hasSuffix(".schema.json") {
            documents[name] = try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(name))))
        }
        return try UnifiedModel(documents: documents)
    }

    /// What the executor is given.
    func access(rejected version: Int? = nil) async throws -> UsableAccess {
        try await client.usableAccess(of: registry.accountID, rejected: version)
    }

    /// What the broker does by itself, once.
    func background() async throws {
        try await broker.work()
    }

    /// Sets the integration's credentials as an administrator.
    func deposit(_ body: JSONValue, connector: String? = nil) async throws -> InboundResponse {
        let path =
            connector.map { "/admin/v1/connectors/\($0)/credentials" }
            ?? "/admin/v1/integrations/\(registry.integrationID)/credentials"
        return try await sender.send(
            OutboundRequest(
                method: .put,
                url: path,
                headers: [.contentType: "application/json", .authorization: "Bearer trib_admin"],
                body: body.bytes(),
                identity: ConnectionIdentity(partition: "test")
            )
        )
    }

    /// Walks the connect form with what a user gives; the last page.
    func connect(texts: [(String, String)] = [], files: [(String, [UInt8])] = []) async throws -> InboundResponse {
        let first = try await visit(.get, "/connect?token=trib_link_test")
        let cookie = String(try Self.required(first.headers[.setCookie]).prefix { $0 != ";" })
        let page = try await visit(.get, "/connect/session", cookie: cookie)
        let html = String(decoding: page.body, as: UTF8.self)
        let token = String(try Self.required(html.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.1))
        let boundary = "----form-7410"
        var body: [UInt8] = []
        for (name, value) in [("form_token", token)] + texts {
            body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        for (name, bytes) in files {
            body += Array(
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"f\"\r\n\r\n".utf8
            )
            body += bytes + Array("\r\n".utf8)
        }
        body += Array("--\(boundary)--\r\n".utf8)
        let isUpload = html.contains("enctype=\"multipart/form-data\"")
        lastCookie.cookie = cookie
        let form = ([("form_token", token)] + texts).map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        return try await visit(
            .post,
            "/connect/session/submit",
            cookie: cookie,
            type: isUpload ? "multipart/form-data; boundary=\(boundary)" : "application/x-www-form-urlencoded",
            body: isUpload ? body : Array(form.utf8)
        )
    }

    /// A browser that has opened a connect page.
    struct Browser {
        fileprivate let world: BrokerWorld
        fileprivate let cookie: String
        fileprivate var formToken: String

        /// Sends the form as it is.
        mutating func submit() async throws -> InboundResponse {
            try await world.visit(
                .post,
                "/connect/session/submit",
                cookie: cookie,
                type: "application/x-www-form-urlencoded",
                body: Array("form_token=\(formToken)".utf8)
            )
        }

        /// Looks at the page.
        mutating func look() async throws -> InboundResponse {
            try await world.visit(.get, "/connect/session", cookie: cookie)
        }
    }

    /// Opens the connect page.
    func browser() async throws -> Browser {
        let first = try await visit(.get, "/connect?token=trib_link_test")
        let cookie = String(try Self.required(first.headers[.setCookie]).prefix { $0 != ";" })
        let html = String(decoding: try await visit(.get, "/connect/session", cookie: cookie).body, as: UTF8.self)
        let token = String(try Self.required(html.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.1))
        return Browser(world: self, cookie: cookie, formToken: token)
    }

    /// Walks through a consent: the vendor sends the browser back with a code.
    func consent(
        code: String,
        parameter: String = "code",
        state name: String = "state",
        more: String = ""
    ) async throws -> InboundResponse {
        let first = try await visit(.get, "/connect?token=trib_link_test")
        let cookie = String(try Self.required(first.headers[.setCookie]).prefix { $0 != ";" })
        let page = try await visit(.get, "/connect/session", cookie: cookie)
        let html = String(decoding: page.body, as: UTF8.self)
        let token = String(try Self.required(html.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.1))
        let away = try await visit(
            .post,
            "/connect/session/submit",
            cookie: cookie,
            type: "application/x-www-form-urlencoded",
            body: Array("form_token=\(token)".utf8)
        )
        let address = try Self.required(away.headers[.location])
        let query = address.drop { $0 != "?" }.dropFirst().split(separator: "&")
        let state = try Self.required(query.first { $0.hasPrefix("\(name)=") }?.dropFirst(name.count + 1))
        return try await visit(
            .get,
            "/connect/callback/\(registry.integrationID)?\(name)=\(state)&\(parameter)=\(code)\(more)",
            cookie: cookie
        )
    }

    /// Sends the form that the last session shows now; the page after it, with redirects followed.
    func answer(_ texts: [(String, String)]) async throws -> InboundResponse {
        let cookie = lastCookie.cookie
        let html = String(decoding: try await visit(.get, "/connect/session", cookie: cookie).body, as: UTF8.self)
        let token = String(try Self.required(html.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.1))
        let form = ([("form_token", token)] + texts).map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        return try await visit(
            .post,
            "/connect/session/submit",
            cookie: cookie,
            type: "application/x-www-form-urlencoded",
            body: Array(form.utf8)
        )
    }

    /// What the last session's page is given when it looks for choices by itself.
    func choices(_ texts: [(String, String)]) async throws -> JSONValue {
        let token = try Self.required(try await page().firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.1)
        let form = ([("form_token", String(token))] + texts).map { "\($0.0)=\(Self.encoded($0.1))" }
        let answer = try await visit(
            .post,
            "/connect/session/choices",
            cookie: lastCookie.cookie,
            type: "application/x-www-form-urlencoded",
            body: Array(form.joined(separator: "&").utf8)
        )
        return try JSONValue(parsing: answer.body)
    }

    /// The page that the last session shows now.
    func page() async throws -> String {
        let cookie = lastCookie.cookie
        return String(decoding: try await visit(.get, "/connect/session", cookie: cookie).body, as: UTF8.self)
    }

    fileprivate func visit(
        _ method: HTTPRequest.Method,
        _ path: String,
        cookie: String? = nil,
        type: String? = nil,
        body: [UInt8]? = nil
    ) async throws -> InboundResponse {
        var headers = HeaderFields()
        headers[.cookie] = cookie
        headers[.contentType] = type
        return try await sender.send(
            OutboundRequest(
                method: method,
                url: path,
                headers: headers,
                body: body,
                identity: ConnectionIdentity(partition: "test")
            )
        )
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    struct Missing: Error {}

    private static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }
}

/// The cookie of the last session.
final class CookieJar: Sendable {
    private let text = Mutex("")
    var cookie: String {
        get { text.withLock { $0 } }
        set { text.withLock { $0 = newValue } }
    }
}
