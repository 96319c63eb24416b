import BrokerContract
import HTTPExchange
import JSONValue
import RegistryContract
import Synchronization
import Testing
import Vocabulary

/// A consent that the user gives on another page.
struct DeviceTests {
    private static let auth: JSONValue = [
        "kind": "oauth2_device", "device_url": "https://login.acme.example/device",
        "token_url": "https://login.acme.example/token", "scopes": ["a"], "verify": ["path": "/me"],
    ]

    /// What the vendor says of the code, one after the other.
    private static func vendor(_ answers: [InboundResponse], page: String = "https://acme.example/link")
        -> ScriptedVendor
    {
        let rest = Mutex(answers)
        return ScriptedVendor { (request, _) in
            if request.url.hasSuffix("/device") {
                return .json([
                    "device_code": "d3vice", "user_code": "WDJB-MJHT", "verification_uri": .string(page),
                    "expires_in": 600, "interval": 5,
                ])
            }
            if request.url.hasSuffix("/me") { return .json([:]) }
            return rest.withLock {
                $0.isEmpty ? .json(["error": "authorization_pending"], status: 400) : $0.removeFirst()
            }
        }
    }

    private static let pending = InboundResponse.json(["error": "authorization_pending"], status: 400)
    private static let granted = InboundResponse.json([
        "access_token": "t", "refresh_token": "r", "expires_in": 3600,
    ])

    private func text(_ response: InboundResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test func `the code is shown until the user has allowed the connection`() async throws {
        let world = try await BrokerWorld(auth: Self.auth, vendor: Self.vendor([Self.pending, Self.granted]))
        _ = try await world.deposit(["client_id": "app", "client_secret": "word"])
        var browser = try await world.browser()
        let away = try await browser.submit()
        #expect(away.status == 303)
        let first = text(try await browser.look())
        #expect(first.contains("WDJB-MJHT") && first.contains("href=\"https://acme.example/link\""))
        #expect(first.contains("http-equiv=\"refresh\" content=\"5\""))
        #expect(!first.contains("d3vice"))
        #expect(world.vendor.tokenRequests.isEmpty, "not before its time")
        world.clock.move(by: 6)
        #expect(text(try await browser.look()).contains("WDJB-MJHT"))
        world.clock.move(by: 6)
        #expect(text(try await browser.look()).contains("Acme is connected"))
        let asked = String(decoding: world.vendor.tokenRequests.last?.body ?? [], as: UTF8.self)
        #expect(asked.contains("device_code=d3vice&client_id=app&client_secret=word"))
        #expect(world.registry.account?.status == .active)
        #expect(world.vault.shredded == 1)
        world.clock.move(by: 3500)
        #expect(try await world.access().values.keys.sorted() == ["access_token"])
        let renewal = String(decoding: world.vendor.tokenRequests.last?.body ?? [], as: UTF8.self)
        #expect(renewal.contains("refresh_token=r"))
    }

    @Test(
        arguments: [
            (["error": "access_denied"], 6.0, "You did not allow the connection"),
            (["error": "expired_token"], 6, "did not confirm the connection"),
            (["error": "authorization_pending"], 700, "The code is no longer good"),
        ] as [(JSONValue, Double, String)]
    )
    func `a refusal and a code out of its time begin anew`(answer: JSONValue, after: Double, words: String) async throws
    {
        let world = try await BrokerWorld(auth: Self.auth, vendor: Self.vendor([.json(answer, status: 400)]))
        _ = try await world.deposit(["client_id": "app", "client_secret": "word"])
        var browser = try await world.browser()
        _ = try await browser.submit()
        world.clock.move(by: after)
        let page = text(try await browser.look())
        #expect(page.contains(words) && page.contains("form_token"))
        #expect(world.registry.account == nil)
        #expect(try await browser.submit().status == 303)
        #expect(text(try await browser.look()).contains("WDJB-MJHT"))
    }

    @Test func `who is asked to slow down asks less often`() async throws {
        let slow = InboundResponse.json(["error": "slow_down"], status: 400)
        let world = try await BrokerWorld(auth: Self.auth, vendor: Self.vendor([slow]))
        _ = try await world.deposit(["client_id": "app", "client_secret": "word"])
        var browser = try await world.browser()
        _ = try await browser.submit()
        world.clock.move(by: 6)
        #expect(text(try await browser.look()).contains("content=\"10\""))
        world.clock.move(by: 6)
        _ = try await browser.look()
        #expect(world.vendor.tokenRequests.count == 1)
    }

    @Test(arguments: ["https://evil.example/link", "http://acme.example/link", "javascript:alert(1)"])
    func `a page that is not the vendor's is not shown`(page: String) async throws {
        let world = try await BrokerWorld(auth: Self.auth, vendor: Self.vendor([], page: page))
        _ = try await world.deposit(["client_id": "app", "client_secret": "word"])
        var browser = try await world.browser()
        #expect(!text(try await browser.submit()).contains(page))
        #expect(!text(try await browser.look()).contains(page))
    }

    @Test func `an application is registered once where none was deposited`() async throws {
        let auth: JSONValue = [
            "kind": "oauth2_authorization_code", "authorize_url": "https://login.acme.example/a", "pkce": "off",
            "token_url": "https://login.acme.example/token", "scopes": ["a"], "callback_code_param": "ticket",
            "dynamic_client_registration": [
                "url": "https://login.acme.example/register", "metadata": ["client_name": "Product"],
            ],
        ]
        let vendor = ScriptedVendor { (request, _) in
            request.url.hasSuffix("/register")
                ? .json(["client_id": "made", "client_secret": "word"], status: 201) : Self.granted
        }
        let world = try await BrokerWorld(auth: auth, vendor: vendor)
        for _ in 0..<2 { _ = try await world.consent(code: "c0de", parameter: "ticket") }
        #expect(world.registry.account?.status == .active)
        let asked = vendor.requests.filter { $0.url.hasSuffix("/register") }
        #expect(asked.count == 1)
        let told = try JSONValue(parsing: asked.first?.body ?? [])
        #expect(told["client_name"] == "Product" && told["scope"] == "a")
        #expect(told["token_endpoint_auth_method"] == "client_secret_post")
        #expect(told["redirect_uris"]?[0]?.string?.contains("/connect/callback/") == true)
        let form = String(decoding: vendor.tokenRequests.first?.body ?? [], as: UTF8.self)
        #expect(form.contains("code=c0de") && form.contains("client_id=made&client_secret=word"))
    }
}
