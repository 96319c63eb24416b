import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import TestSupport
import Testing

/// A vendor of the tests' own behind the running installation: what it answers is scripted, what reaches it is seen.
///
/// `ops/run --debug` lets the executor find `*.vendor.test` at its port.
final class ProvingGround: Sendable {
    /// A customer of the product: an environment with its key.
    struct Place: Sendable {
        let environment: String
        let key: String
    }

    /// A connected account, and the token by which the vendor knows it.
    struct Account: Sendable {
        let id: String
        let place: Place
        let token: String
    }

    static let shared = Task { try await ProvingGround() }

    let installation: Installation
    let vendor: VendorServer
    private let scripts: Mutex<[String: VendorServer.Script]>

    private init() async throws {
        installation = try Installation.shared.get()
        let holder = Holder()
        vendor = try await VendorServer(
            authority: DevelopmentAuthority(directory: Installation.root.appendingPathComponent(".tributary/tls")),
            port: 7599
        ) { arrival in holder.ground.withLock { $0 }?.answer(arrival) ?? .hangUp }
        scripts = Mutex([:])
        holder.ground.withLock { $0 = self }
    }

    private final class Holder: Sendable {
        let ground = Mutex<ProvingGround?>(nil)
    }

    /// The vendor answers an account as a script says.
    func script(_ account: Account, _ script: @escaping VendorServer.Script) {
        scripts.withLock { $0[account.token] = script }
    }

    /// What reached the vendor in the name of an account, in order.
    func arrivals(of account: Account) -> [VendorServer.Arrival] {
        vendor.arrivals.filter { $0.header("authorization") == "Bearer \(account.token)" }
    }

    private func answer(_ arrival: VendorServer.Arrival) -> VendorServer.Answer {
        let token = arrival.header("authorization")?.dropFirst("Bearer ".count) ?? ""
        return scripts.withLock { $0[String(token)] }?(arrival) ?? .status("401 Unauthorized")
    }

    // MARK: Setting up

    /// An administrator's call; the body of a good answer.
    @discardableResult
    func admin(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSONValue? = nil,
        headers: HeaderFields = [:]
    ) async throws -> Installation.Answer {
        let answer = try await installation.call(
            method,
            installation["TRIBUTARY_ADMIN_URL"] + "/admin/v1" + path,
            key: installation["TRIBUTARY_ADMIN_KEY"],
            headers: headers,
            body: body
        )
        try #require((200...299).contains(answer.status), "\(path): \(answer.body.text())")
        return answer
    }

    /// Puts a version of a connector in force; its number.
    @discardableResult
    func publish(_ document: JSONValue) async throws -> JSONValue {
        let name = try #require(document["name"]?.string)
        let made = try await admin(.post, "/connectors/\(name)/versions", ["document": document])
        let version = try #require(made.body["version"])
        try await admin(.post, "/connectors/\(name)/publish", ["version": version])
        return version
    }

    /// A new environment, of a new tenant unless one is given.
    func place(tenant: String? = nil) async throws -> (place: Place, tenant: String) {
        let name = "proving-\(UUID().uuidString.prefix(8).lowercased())"
        var owner = tenant
        if owner == nil { owner = try await admin(.post, "/tenants", ["name": .string(name)]).body["id"]?.string }
        let id = try #require(owner)
        let environment = try await admin(
            .post,
            "/environments",
            ["tenant_id": .string(id), "name": .string(name), "return_urls": [.string(Self.returnURL)]]
        ).body["id"]
        let key = try await admin(
            .post,
            "/api-keys",
            [
                "tenant_id": .string(id), "environment_id": environment ?? .null, "name": .string(name),
                "scopes": ["unified:read", "unified:write", "proxy", "connect", "debug"],
            ]
        ).body["key"]
        return (Place(environment: try #require(environment?.string), key: try #require(key?.string)), id)
    }

    private static let returnURL = "http://localhost:7499/proved"

    /// Connects an account through the connect pages, as a user who types a token.
    func connect(_ connector: String, in place: Place, typing fields: [String: String] = [:]) async throws -> Account {
        let token = UUID().uuidString.lowercased()
        let page = try await walk(connector, in: place, typing: fields.merging(["token": token]) { $1 })
        let end = try #require(page.headers[.location], "\(String(decoding: page.bytes, as: UTF8.self))")
        let query = URLComponents(string: end)?.queryItems
        let id = try #require(query?.first { $0.name == "integrated_account_id" }?.value, "\(end)")
        return Account(id: id, place: place, token: token)
    }

    /// The page at the end of the connect flow.
    func walk(_ connector: String, in place: Place, typing fields: [String: String]) async throws -> Installation.Answer
    {
        let known = try await admin(.get, "/integrations?limit=200").body["result"]?.array ?? []
        let isEnabled = known.contains {
            $0["environment_id"]?.string == place.environment && $0["connector"]?.string == connector
        }
        if !isEnabled {
            let wish: JSONValue = ["environment_id": .string(place.environment), "connector": .string(connector)]
            try await admin(.post, "/integrations", wish)
        }
        let broker = installation["TRIBUTARY_CONNECT_URL"]
        let link = try await installation.call(
            .post,
            broker + "/link-tokens",
            key: place.key,
            body: [
                "end_user": ["id": "prover"], "connectors": [.string(connector)],
                "return_url": .string(Self.returnURL),
            ]
        )
        let address = try #require(link.body["connect_url"]?.string, "\(link.body.text())")
        let first = try await installation.call(.get, address)
        let cookie = try #require(first.headers[.setCookie]).prefix { $0 != ";" }
        let headers: HeaderFields = [.cookie: String(cookie)]
        let form = try await installation.call(.get, broker + "/connect/session", headers: headers)
        let html = String(decoding: form.bytes, as: UTF8.self)
        let stamp = try #require(html.firstMatch(of: /name="form_token" value="([0-9a-f]+)"/)?.1, "\(html)")
        let texts = ["form_token": String(stamp)].merging(fields) { $1 }
        let body = texts.map { "\($0.key)=\(Self.encoded($0.value))" }.joined(separator: "&")
        return try await installation.call(
            .post,
            broker + "/connect/session/submit",
            headers: [.cookie: String(cookie), .contentType: "application/x-www-form-urlencoded"],
            raw: Array(body.utf8)
        )
    }

    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    // MARK: Calling

    /// A call of the unified API for an account; `path` is below `/unified/crm`.
    func call(_ account: Account, _ path: String, writing body: JSONValue? = nil) async throws -> Installation.Answer {
        let mark = path.contains("?") ? "&" : "?"
        return try await installation.call(
            body == nil ? .get : .post,
            "\(installation["TRIBUTARY_API_URL"])/unified/crm/\(path)\(mark)integrated_account_id=\(account.id)",
            key: account.place.key,
            body: body
        )
    }

    /// A call through the proxy; `path` is the vendor's.
    func proxy(_ account: Account, _ path: String, headers: HeaderFields = [:]) async throws -> Installation.Answer {
        try await installation.call(
            .get,
            "\(installation["TRIBUTARY_API_URL"])/proxy/@\(account.id)\(path)",
            key: account.place.key,
            headers: headers
        )
    }
}

extension ProvingGround {
    /// A connector whose vendor lists, gives and takes people.
    ///
    /// `patch` is laid over it.
    static func connector(_ name: String, _ patch: JSONValue = [:]) -> JSONValue {
        let document: JSONValue = [
            "name": .string(name), "label": "Proving ground", "categories": ["crm"], "hosts": ["*.vendor.test"],
            "variables": ["host": ["label": "Host", "default": "api.vendor.test"]],
            "auth": [
                "key": [
                    "kind": "api_key", "fields": ["token": ["type": "secret", "label": "Token"]], "in": "header",
                    "name": "Authorization", "prefix": "Bearer ",
                ]
            ],
            "http": ["base_url": "https://{{host}}/v1"],
            "error_body": ["code": ["$jsonata": "response.why"]],
            "resources": [
                "people": [
                    "list": ["path": "/people", "records_path": "people"], "get": ["path": "/people/{{id}}"],
                    "create": ["method": "POST", "path": "/people"],
                ]
            ],
            "mappings": [
                "crm": [
                    "contacts": [
                        "*": ["response_mapping": ["id": "{{response.id}}", "first_name": "{{response.name}}"]],
                        "list": ["resource": "people", "method": "list"],
                        "get": ["resource": "people", "method": "get"],
                        "create": [
                            "resource": "people", "method": "create",
                            "request_body_mapping": ["name": "{{body.first_name}}"],
                        ],
                    ]
                ]
            ],
        ]
        return overlaid(document, by: patch)
    }

    /// `base` with the members of `patch`, objects merged.
    static func overlaid(_ base: JSONValue, by patch: JSONValue) -> JSONValue {
        guard case .object(var members) = base, case .object(let changes) = patch else { return patch }
        for change in changes { members[change.key] = overlaid(members[change.key] ?? .null, by: change.value) }
        return .object(members)
    }
}
