import BrokerContract
import ConnectorConfig
import Cryptography
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Testing
import VaultContract
import Vocabulary

/// Connect forms of clients, certificates and header fields, from what the user gives to usable access.
struct ConnectTests {
    private static let client: JSONValue = [
        "kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/token",
        "fields": [
            "client_id": ["label": "Client ID", "help": "From the portal."],
            "client_secret": ["type": "secret", "label": "Client secret"],
        ],
        "verify": ["path": "/me", "message": "Acme does not know you."],
    ]
    private static let secured = client.overlaid(by: ["with": ["mutual_tls"]])
    private let typed = [("client_id", "c1"), ("client_secret", "s3cret")]

    /// Gives tokens that end after an hour, and `verification` for everything else.
    private static func vendor(verification: Int = 200) -> ScriptedVendor {
        ScriptedVendor { (request, index) in
            request.url.hasSuffix("/token")
                ? .json(["access_token": .string("token-\(index)"), "expires_in": 3600])
                : .json([:], status: verification)
        }
    }

    private func page(_ response: InboundResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test func `a typed client becomes an active account whose secret never leaves the broker`() async throws {
        let world = try await BrokerWorld(auth: Self.client, vendor: Self.vendor())
        let last = try await world.connect(texts: typed)
        #expect(page(last).contains("Acme is connected"))
        #expect(world.registry.account?.status == .active)
        #expect(
            world.vendor.requests.map(\.url) == ["https://login.acme.example/token", "https://api.acme.example/v1/me"]
        )
        #expect(world.vendor.requests[1].headers[.authorization] == "Bearer token-0")
        let access = try await world.access()
        #expect(access.values["access_token"]?.reveal() == "token-0")
        #expect(access.values["client_secret"] == nil)
        #expect(access.clientCertificate == nil)
    }

    @Test func `a client that the vendor does not know is told so, and no account is made`() async throws {
        let vendor = ScriptedVendor { (_, _) in .json(["error": "invalid_client"], status: 401) }
        let world = try await BrokerWorld(auth: Self.client, vendor: vendor)
        let last = try await world.connect(texts: typed)
        #expect(last.status == 422)
        #expect(page(last).contains("Acme does not accept these credentials"))
        #expect(!page(last).contains("s3cret"))
        #expect(world.registry.account == nil)
    }

    @Test func `credentials that work nowhere else than at the token endpoint make no account`() async throws {
        let world = try await BrokerWorld(auth: Self.client, vendor: Self.vendor(verification: 403))
        let last = try await world.connect(texts: typed)
        #expect(page(last).contains("Acme does not know you."))
        #expect(world.registry.account == nil)
    }

    @Test func `the integration's own client is used where the user types none`() async throws {
        let auth: JSONValue = ["kind": "oauth2_client_credentials", "token_url": "https://login.acme.example/token"]
        let world = try await BrokerWorld(auth: auth, vendor: Self.vendor())
        #expect(page(try await world.connect()).contains("not set up yet"))
        #expect(try await world.deposit(["client_id": "app", "client_secret": "word"]).status == 204)
        #expect(page(try await world.connect()).contains("Acme is connected"))
        let sent = String(decoding: world.vendor.tokenRequests.last?.body ?? [], as: UTF8.self)
        #expect(sent.contains("client_id=app&client_secret=word"))
        #expect(try await world.access().values.keys.sorted() == ["access_token"])
    }

    // MARK: Forms and lives

    private static let lively: JSONValue = [
        "variables": [
            "plan": ["type": "select", "options": ["free", "pro"], "label": "Plan", "order": 1],
            "seats": ["type": "number", "label": "Seats", "visible_when": "plan = \"pro\"", "order": 2],
            "beta": ["type": "boolean", "label": "Beta"],
            "site": ["prefix": "https://", "suffix": ".acme.example", "doc_anchor": "site", "order": 3],
            "organization": ["source": "token_response", "label": "Organisation", "immutable_on_reconnect": true],
        ],
        "docs": "https://docs.acme.example/start", "resources": ["me": ["get": ["path": "/seats/{{seats}}"]]],
        "post_install": [
            "steps": [["id": "me", "request": ["resource": "me", "method": "get"]]],
            "variables": ["quota": ["$jsonata": "steps.me.quota"]],
        ],
    ]
    private static let keyed: JSONValue = [
        "kind": "api_key", "fields": ["token": ["type": "secret", "order": 9]],
        "verify": ["path": "/me", "keep": ["organization": "org"]],
    ]

    @Test func `a form asks for what is needed, keeps each value as what it is, and the account is set up`()
        async throws
    {
        let vendor = ScriptedVendor { (request, _) in
            request.url.hasSuffix("/me") ? .json(["org": "o1"]) : .json(["quota": 7])
        }
        let world = try await BrokerWorld(auth: Self.keyed, vendor: vendor, more: Self.lively)
        let first = try await world.connect(texts: [("plan", "pro"), ("site", "birch"), ("token", "t")])
        #expect(page(first).contains("Please fill in “Seats”."))
        #expect(page(first).contains("https://docs.acme.example/start#site"))
        let shown = page(first).matches(of: /<label for="field-([a-z]+)"/).map { String($0.output.1) }
        #expect(shown == ["beta", "plan", "seats", "site", "token"])
        let last = try await world.connect(texts: [
            ("plan", "pro"), ("seats", "5"), ("beta", "true"), ("site", "birch"), ("token", "t"),
        ])
        #expect(page(last).contains("Acme is connected"))
        let variables = try #require(world.registry.account?.variables)
        #expect(variables["seats"] == 5 && variables["beta"] == true && variables["plan"] == "pro")
        #expect(variables["site"] == "https://birch.acme.example" && variables["organization"] == "o1")
        #expect(variables["quota"] == 7)
        #expect(vendor.requests.last?.url == "https://api.acme.example/v1/seats/5")
    }

    @Test func `an account is never connected again as another one`() async throws {
        let vendor = ScriptedVendor { (request, index) in
            request.url.hasSuffix("/me") ? .json(["org": index < 2 ? "o1" : "o2"]) : .json([:])
        }
        let world = try await BrokerWorld(auth: Self.keyed, vendor: vendor, more: Self.lively)
        let answers = [("plan", "pro"), ("seats", "5"), ("site", "birch"), ("token", "t")]
        #expect(page(try await world.connect(texts: answers)).contains("Acme is connected</h1>"))
        let again = try await world.connect(texts: answers)
        #expect(again.status == 422)
        #expect(page(again).contains("This is another account of Acme than before: “Organisation” differs."))
        #expect(world.registry.account?.variables["organization"] == "o1")
    }

    @Test func `a connected account is asked about with the vendor's own choices, one hanging on another`() async throws
    {
        let vendor = ScriptedVendor { (request, _) in
            switch true {
            case request.url.hasSuffix("/me"): .json(["org": "o1"])
            case request.url.contains("/stages"):
                .json([["id": .string(request.url.hasSuffix("=2") ? "s2" : "s1"), "name": "First stage"]])
            default: .json([["id": 1, "name": "Sales"], ["id": 2, "name": "Renewals"]])
            }
        }
        let more: JSONValue = [
            "resources": [
                "pipelines": ["list": ["path": "/pipelines"]],
                "stages": ["list": ["path": "/stages", "query": ["of": "{{pipeline}}"]]],
            ],
            "post_connect_form": [
                "title": "Which pipeline?",
                "fields": [
                    "pipeline": [
                        "type": "select", "label": "Pipeline",
                        "data_source": ["proxy": ["resource": "pipelines", "method": "list"]],
                    ],
                    "stage": [
                        "type": "select", "label": "Stage", "depends_on": ["pipeline"],
                        "data_source": ["proxy": ["resource": "stages", "method": "list"]],
                    ],
                    "days": [
                        "type": "number", "label": "Days", "required": false, "validate": "value < 31",
                        "validation_message": "A month at most, please.",
                    ],
                ],
            ],
        ]
        let key: JSONValue = ["kind": "api_key", "fields": ["token": ["type": "secret"]], "verify": ["path": "/me"]]
        let world = try await BrokerWorld(auth: key, vendor: vendor, more: more)
        #expect(try await world.connect(texts: [("token", "t")]).status == 303)
        #expect(world.registry.account?.status == .active)
        let first = try await world.page()
        #expect(first.contains("Which pipeline?") && first.contains("Renewals") && !first.contains("Stage"))
        let second = try await world.answer([("pipeline", "2")])
        #expect(page(second).contains("Please fill in “Stage”.") && page(second).contains("First stage"))
        #expect(page(try await world.answer([("pipeline", "9"), ("stage", "s2")])).contains("does not look right"))
        let late = try await world.answer([("pipeline", "2"), ("stage", "s2"), ("days", "40")])
        #expect(page(late).contains("A month at most, please."))
        #expect(world.registry.account?.variables["pipeline"] == nil)
        let last = try await world.answer([("pipeline", "2"), ("stage", "s2"), ("days", "7")])
        #expect(page(last).contains("Acme is connected"))
        #expect(world.registry.account?.variables == ["pipeline": "2", "stage": "s2", "days": 7])
        #expect(vendor.requests.last?.headers[.authorization] != nil)
    }

    @Test func `an account that cannot be set up says so and is not called active`() async throws {
        let vendor = ScriptedVendor { (request, _) in
            request.url.hasSuffix("/me") ? .json(["org": "o1"]) : .json([:], status: 403)
        }
        let world = try await BrokerWorld(auth: Self.keyed, vendor: vendor, more: Self.lively)
        let last = try await world.connect(texts: [
            ("plan", "pro"), ("seats", "5"), ("site", "birch"), ("token", "t"),
        ])
        #expect(page(last).contains("could not be set up"))
        #expect(world.registry.account?.status == .postInstallError)
    }

    // MARK: Certificates

    @Test func `an uploaded certificate goes with token call, verification and usable access, and its end is shown`()
        async throws
    {
        let identity = try DevelopmentAuthority().issue(commonName: "Acme Mutual SSL", isClient: true)
        let world = try await BrokerWorld(auth: Self.secured, vendor: Self.vendor())
        // The world's clock stands still in the year of the test; the certificate begins when it was made.
        world.clock.move(by: Date().timeIntervalSince(BrokerWorld.start))
        let last = try await world.connect(
            texts: typed,
            files: [("client_cert", identity.chainPEM), ("client_key", identity.privateKeyPEM)]
        )
        #expect(page(last).contains("Acme is connected"))
        for request in world.vendor.requests {
            #expect(request.identity.clientCertificate?.chainPEM == identity.chainPEM)
            #expect(request.identity.clientCertificate?.privateKeyPEM == identity.privateKeyPEM)
        }
        let access = try await world.access()
        #expect(access.clientCertificate?.privateKeyPEM == identity.privateKeyPEM)
        #expect(access.values.keys.sorted() == ["access_token", "client_id"])
        let note = try #require(world.registry.account?.clientCertificate)
        #expect(note.subject == "CN=Acme Mutual SSL")
        #expect(note.expiresAt.hasSuffix("Z"))
        let text = String(describing: world.registry.account)
        #expect(!text.contains("PRIVATE KEY"))
    }

    @Test func `a bundle is opened with its passphrase, and a wrong one is told beside the field`() async throws {
        let identity = try DevelopmentAuthority().issue(commonName: "Acme Mutual SSL", isClient: true)
        let bundle = try identity.bundle(passphrase: Secret("open sesame"))
        let world = try await BrokerWorld(auth: Self.secured, vendor: Self.vendor())
        world.clock.move(by: Date().timeIntervalSince(BrokerWorld.start))
        let wrong = try await world.connect(
            texts: typed + [("passphrase", "open barley")],
            files: [("client_cert", bundle)]
        )
        #expect(page(wrong).contains("The passphrase does not open the bundle."))
        #expect(page(wrong).contains(/id="field-passphrase"[^>]*aria-invalid="true"/))
        #expect(!page(wrong).contains("open barley"))
        #expect(world.vendor.requests.isEmpty)
        let right = try await world.connect(
            texts: typed + [("passphrase", "open sesame")],
            files: [("client_cert", bundle)]
        )
        #expect(page(right).contains("Acme is connected"))
        #expect(try await world.access().values["passphrase"] == nil)
    }

    @Test func `a missing file, a foreign key and a certificate out of its time are told in plain words`() async throws
    {
        let authority = try DevelopmentAuthority()
        let identity = try authority.issue(commonName: "A", isClient: true)
        let other = try authority.issue(commonName: "B", isClient: true)
        let world = try await BrokerWorld(auth: Self.secured, vendor: Self.vendor())
        world.clock.move(by: Date().timeIntervalSince(BrokerWorld.start))
        #expect(page(try await world.connect(texts: typed)).contains("Please choose the file of your certificate."))
        let foreign = try await world.connect(
            texts: typed,
            files: [("client_cert", identity.chainPEM), ("client_key", other.privateKeyPEM)]
        )
        #expect(page(foreign).contains("The private key does not belong to this certificate."))
        world.clock.move(by: 86_400 * 400)
        let late = try await world.connect(
            texts: typed,
            files: [("client_cert", identity.chainPEM), ("client_key", identity.privateKeyPEM)]
        )
        #expect(page(late).contains(/The certificate expired on \d{4}-\d\d-\d\d/))
        let large = try await world.connect(
            texts: typed,
            files: [("client_cert", [UInt8](repeating: 65, count: 70_000))]
        )
        #expect(page(large).contains("too large for a certificate"))
        #expect(world.vendor.requests.isEmpty)
    }

    @Test func `a handshake that the vendor breaks off is told as a certificate it does not take`() async throws {
        let identity = try DevelopmentAuthority().issue(commonName: "A", isClient: true)
        let vendor = ScriptedVendor { (_, _) throws(ExchangeError) in
            throw ExchangeError(.tlsFailed, "login.acme.example", requestMayHaveBeenSent: false)
        }
        let world = try await BrokerWorld(auth: Self.secured, vendor: vendor)
        world.clock.move(by: Date().timeIntervalSince(BrokerWorld.start))
        let last = try await world.connect(
            texts: typed,
            files: [("client_cert", identity.chainPEM), ("client_key", identity.privateKeyPEM)]
        )
        #expect(page(last).contains("Acme does not accept the client certificate"))
    }

    @Test(arguments: ["environment", "platform"])
    func `a certificate of a higher level is deposited once and used by each account`(level: String) async throws {
        let identity = try DevelopmentAuthority().issue(commonName: "Ours", isClient: true)
        let auth = Self.secured.overlaid(by: ["mutual_tls": ["level": .string(level)]])
        let world = try await BrokerWorld(auth: auth, vendor: Self.vendor())
        world.clock.move(by: Date().timeIntervalSince(BrokerWorld.start))
        let early = try await world.connect(texts: typed)
        #expect(page(early).contains("not set up yet"))
        let bundle = try identity.bundle(passphrase: Secret("p"))
        let certificate: JSONValue = [
            "client_certificate": [
                "pfx_base64": .string(Data(bundle).base64EncodedString()), "passphrase": "p",
            ]
        ]
        let stored = try await world.deposit(certificate, connector: level == "platform" ? "acme" : nil)
        #expect(stored.status == 200)
        #expect(try JSONValue(parsing: stored.body)["client_certificate"]?["subject"] == "CN=Ours")
        #expect(!page(stored).contains("PRIVATE KEY"))
        #expect(page(try await world.connect(texts: typed)).contains("Acme is connected"))
        #expect(try await world.access().clientCertificate?.privateKeyPEM == identity.privateKeyPEM)
        #expect(world.registry.account?.clientCertificate == nil)
        let wrong = try await world.deposit(["client_certificate": ["pem": "nothing"]])
        #expect(wrong.status == 400)
        #expect(try JSONValue(parsing: wrong.body)["details"]?["failures"]?[0]?["code"] == "unreadable")
    }

    // MARK: Other kinds

    @Test func `typed header fields and users of WS-Security reach the executor as they were typed`() async throws {
        let kinds: [JSONValue] = [
            [
                "kind": "custom_headers", "fields": ["token": ["type": "secret"], "company": [:]],
                "headers": ["X-Token": "{{credentials.token}}"], "verify": ["path": "/me"],
            ],
            [
                "kind": "ws_security_username_token", "fields": ["company": [:], "token": ["type": "secret"]],
                "username": "{{credentials.company}}", "password": "{{credentials.token}}",
            ],
        ]
        for auth in kinds {
            let world = try await BrokerWorld(auth: auth, vendor: Self.vendor())
            let last = try await world.connect(texts: [("token", "t"), ("company", "c")])
            #expect(page(last).contains("Acme is connected"))
            let access = try await world.access()
            #expect(access.values.mapValues { $0.reveal() } == ["token": "t", "company": "c"])
            #expect(world.vendor.requests.allSatisfy { $0.headers[HTTPField.Name("X-Token") ?? .accept] == "t" })
        }
    }
}
