import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import TestSupport
import Testing

/// No way to make the running executor or the broker call an address that is not the vendor's: nobody knocks at the
/// listeners on every address of this machine.
@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts"), .serialized)
struct AddressZooTests {
    private static let world = Task { try await World() }

    private struct World {
        let ground: ProvingGround
        let account: ProvingGround.Account
        let wild: ProvingGround.Account
        let place: ProvingGround.Place
        /// The ports that https and http addresses mean.
        let counter: ConnectionCounter

        init() async throws {
            ground = try await ProvingGround.shared.value
            counter = await ConnectionCounter(ports: [443, 80])
            place = try await ground.place().place
            try await ground.publish(ProvingGround.connector("proving_zoo", AddressZooTests.paged))
            let hosts: JSONValue = [
                "hosts": [
                    "*.vendor.test", "localhost", "rebind.localhost", "metadata.google.internal", "ip6-localhost",
                ], "circuit": ["threshold": 1000], "retry": ["max": 0],
            ]
            try await ground.publish(ProvingGround.connector("proving_wild", hosts))
            var clients = ProvingGround.connector("proving_clients", hosts).object ?? [:]
            clients["auth"] = [
                "client": [
                    "kind": "oauth2_client_credentials", "token_url": "https://{{host}}/token",
                    "fields": [
                        "client_id": ["label": "Client"], "client_secret": ["type": "secret", "label": "Secret"],
                    ],
                ]
            ]
            try await ground.publish(.object(clients))
            account = try await ground.connect("proving_zoo", in: place)
            wild = try await ground.connect("proving_wild", in: place)
        }
    }

    /// A connector that follows addresses in answers, and redirects within its origin.
    private static let paged: JSONValue = [
        "http": ["redirects": ["max": 3], "timeout_seconds": 5], "circuit": ["threshold": 1000], "retry": ["max": 0],
        "resources": [
            "people": [
                "list": ["pagination": ["kind": "next_url", "cursor_path": "next"]],
                "linked": ["path": "/linked", "records_path": "people", "pagination": ["kind": "link_header"]],
            ]
        ],
        "mappings": [
            "crm": [
                "contacts": [
                    "list": [
                        "resource": nil, "method": nil,
                        "route": [
                            [
                                "when": ["$jsonata": "query.search = 'linked'"], "resource": "people",
                                "method": "linked",
                            ],
                            ["resource": "people", "method": "list"],
                        ], "search": true,
                    ]
                ]
            ]
        ],
    ]

    private let world: World
    private var ground: ProvingGround { world.ground }

    init() async throws {
        world = try await Self.world.value
    }

    /// Every spelling of an address that is nobody's business.
    static let hosts = [
        "127.0.0.1", "127.1", "127.0.1.1", "0.0.0.0", "0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
        "017700000001", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
        "[fd00:ec2::254]",
        "[fe80::1%25lo]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "2852039166",
        "0xa9fea9fe", "metadata.google.internal", "localhost", "LOCALHOST", "localhost.", "rebind.localhost",
        "ip6-localhost", "127.0.0.1.", "127。0。0。1", "①②⑦.0.0.1", "api.vendor.test@127.0.0.1",
        "api.vendor.test:443@127.0.0.1", "127.0.0.1#.vendor.test", "127.0.0.1?.vendor.test", "127.0.0.1/.vendor.test",
        "127.0.0.1\\.vendor.test", "127.0.0.1%2f.vendor.test", "127.0.0.1\t.vendor.test", "api.vendor.test:7403",
        "api.vendor.test:80", "vendor.test.localhost", "",
    ]

    private func check(_ answer: Installation.Answer, _ what: String) {
        #expect(
            ["blocked_address", "remote_unavailable", "remote_bad_response"].contains(answer.code ?? ""),
            "\(what): \(answer.status) \(answer.body.text())"
        )
        #expect(world.counter.count == 0, "\(what)")
        let strangers = ground.vendor.arrivals.compactMap { $0.header("host") }.filter { !$0.hasSuffix(".vendor.test") }
        #expect(strangers.isEmpty, "\(what): \(strangers)")
    }

    @Test func `the listeners stand where the addresses lead`() async throws {
        // Without the right to take port 443 the codes alone are evidence.
        #expect(world.counter.listenerCount > 0 || getuid() != 0)
    }

    @Test(arguments: hosts)
    func `an account's variable leads nowhere else`(host: String) async throws {
        for account in [world.account, world.wild] {
            ground.script(account) { _ in .ok(#"{"id":1,"name":"Al"}"#) }
            try await set(host: .string(host), of: account)
            var last: Installation.Answer?
            // The executor hears of the variable a moment later.
            _ = try await ground.installation.wait(.seconds(10)) {
                last = try await ground.call(account, "contacts/1")
                return last?.status != 200
            }
            check(try #require(last), host)
            check(try await ground.proxy(account, "/secret"), host)
            try await set(host: "api.vendor.test", of: account)
            _ = try await ground.installation.wait(.seconds(10)) {
                try await ground.call(account, "contacts/1").status == 200
            }
        }
    }

    private func set(host: JSONValue, of account: ProvingGround.Account) async throws {
        try await ground.admin(.patch, "/integrated-accounts/\(account.id)", ["variables": ["host": host]])
    }

    /// References as a vendor writes them into answers.
    static let references =
        hosts.filter { $0 != "" }.map { "https://\($0)/x" }
        + [
            "http://api.vendor.test/x", "http://127.0.0.1/x", "//127.0.0.1/x", "///127.0.0.1/x", "\\\\127.0.0.1\\x",
            "/\\127.0.0.1/x", "https:127.0.0.1/x", "https:/127.0.0.1/x", "https:\\\\127.0.0.1/x", "file:///etc/passwd",
            "gopher://127.0.0.1:443/", "ftp://127.0.0.1/", "data:application/json,{}", "javascript:1",
            "https://other.test/x", "https://api.vendor.test.other.test/x", "https://api.vendor.test:7403/x",
        ]

    @Test(arguments: references)
    func `the address of a next page, a link and a redirect leads nowhere else`(reference: String) async throws {
        let text = JSONValue.string(reference).text()
        let field = reference.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } ? reference : ""
        ground.script(world.account) { arrival in
            // What leads to another path of the vendor itself is the vendor's to answer.
            guard arrival.target.hasPrefix("/v1/") else { return .status("503 Elsewhere") }
            let people = #""people":[{"id":1,"name":"Al"}]"#
            if arrival.target.hasPrefix("/v1/linked") {
                return .ok("{\(people)}", fields: "Link: <\(field)>; rel=\"next\"\r\n")
            }
            if arrival.target.contains("/people/") { return .status("302 Found", fields: "Location: \(field)\r\n") }
            return .ok("{\(people),\"next\":\(text)}")
        }
        let account = world.account
        for search in field.isEmpty ? [""] : ["", "&search=linked"] {
            let first = try await ground.call(account, "contacts?limit=1" + search)
            if let cursor = first.body["next_cursor"]?.string {
                let next = try await ground.call(account, "contacts?limit=1\(search)&next_cursor=\(cursor)")
                check(next, "\(reference)\(search)")
            } else {
                check(first, "\(reference)\(search)")
            }
        }
        guard !field.isEmpty else { return }
        check(try await ground.call(account, "contacts/1"), "redirect to \(reference)")
        // Through the proxy a redirect is the caller's to judge.
        let proxied = try await ground.proxy(account, "/v1/people/1")
        #expect(proxied.status == 302 && proxied.headers[.location] == nil || proxied.headers[.location] == field)
        #expect(world.counter.count == 0)
    }

    @Test(arguments: [
        "//127.0.0.1/x", "/\\127.0.0.1/x", "/@127.0.0.1/x", "/https://127.0.0.1/x", "/..//127.0.0.1/", "/%2e%2e/x",
        "/x?url=https://127.0.0.1/", "/%2f%2f127.0.0.1/x", "/;@127.0.0.1/", "/.%00/x", "/%5c%5c127.0.0.1/x",
    ])
    func `a raw path leads nowhere else`(path: String) async throws {
        ground.script(world.account) { _ in .ok() }
        let before = ground.arrivals(of: world.account).count
        let headers: HeaderFields = try [
            #require(HTTPField.Name("X-Forwarded-Host")): "127.0.0.1",
            #require(HTTPField.Name("X-Original-URL")): "https://127.0.0.1/",
        ]
        let answer = try await ground.proxy(world.account, path, headers: headers)
        #expect([200, 400, 404].contains(answer.status), "\(answer.status) \(answer.body.text())")
        for arrival in ground.arrivals(of: world.account).dropFirst(before) {
            #expect(arrival.header("host") == "api.vendor.test")
            #expect(arrival.target.hasPrefix("/"))
            #expect(arrival.header("x-original-url") == nil && arrival.header("x-forwarded-host") == nil)
        }
        #expect(world.counter.count == 0)
    }

    @Test(arguments: ["localhost", "rebind.localhost", "127.0.0.1", "[::1]", "metadata.google.internal"])
    func `the broker asks for tokens nowhere else`(host: String) async throws {
        let page = try await ground.walk(
            "proving_clients",
            in: world.place,
            typing: ["host": host, "client_id": "c", "client_secret": "s"]
        )
        #expect(page.status != 302, "\(host)")
        #expect(world.counter.count == 0)
    }
}
