import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

/// The connect pages in a real browser.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["TRIBUTARY_TEST_ENV"] != nil
            && FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver"),
        "needs the installation that ops/test starts, and chromium-driver"
    ),
    .serialized
)
struct ConnectPageTests {
    let values: [String: String]

    init() throws {
        let path = try #require(ProcessInfo.processInfo.environment["TRIBUTARY_TEST_ENV"])
        var values: [String: String] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { values[String(sides[0])] = String(sides[1]) }
        }
        self.values = values
    }

    private func link(_ connectors: [JSONValue]) async throws -> String {
        let response = try await CurlSender().send(
            OutboundRequest(
                method: .post,
                url: (values["TRIBUTARY_CONNECT_URL"] ?? "") + "/link-tokens",
                headers: [
                    .authorization: "Bearer \(values["TRIBUTARY_API_KEY"] ?? "")", .contentType: "application/json",
                ],
                body: JSONValue.object(["end_user": ["id": "browser"], "connectors": .array(connectors)]).bytes(),
                identity: ConnectionIdentity(partition: "browser"),
                destination: .service
            )
        )
        return try #require(JSONValue(parsing: response.body)["connect_url"]?.string)
    }

    private func withBrowser(_ body: (WebDriver) async throws -> Void) async throws {
        let browser = try await WebDriver()
        do { try await body(browser) } catch {
            await browser.quit()
            throw error
        }
        await browser.quit()
    }

    @Test func `a person allows access on the vendor's consent page and is connected`() async throws {
        let link = try await link(["salesforce"])
        try await withBrowser { browser in
            try await browser.open(link)
            #expect(try await browser.title() == "Connect Salesforce")
            #expect(try await !browser.url().contains("token="))
            try await browser.click("main button")
            #expect(try await browser.title() == "Allow access?")
            try await browser.click("button[value=allow]")
            #expect(try await browser.title() == "Salesforce is connected")
            // The link was good once.
            try await browser.open(link)
            #expect(try await browser.title() == "This link no longer works")
        }
    }

    @Test func `who denies access is told so and may try again`() async throws {
        let link = try await link(["hubspot"])
        try await withBrowser { browser in
            try await browser.open(link)
            // Several ways to connect are offered first.
            if try await browser.title().hasPrefix("How") { try await browser.click("button[value=oauth2]") }
            if try await browser.title().hasPrefix("Connect") { try await browser.click("main button") }
            try await browser.click("button[value=deny]")
            #expect(try await browser.text().contains("You did not allow the connection"))
            #expect(try await browser.title() == "Connect HubSpot")
        }
    }

    @Test func `a wrong key is refused in plain words, with what was typed kept, and a right one connects`()
        async throws
    {
        let link = try await link(["bamboohr"])
        try await withBrowser { browser in
            try await browser.open(link)
            if try await browser.title().hasPrefix("How") { try await browser.click("button[value=api_key]") }
            try await browser.click("main button")
            #expect(try await browser.text().contains("Please fill in"))
            try await browser.type("https://tributary.bamboohr.com/", into: "#field-subdomain")
            try await browser.type("wrong-key", into: "#field-api_key")
            try await browser.click("main button")
            #expect(try await browser.text().contains("does not accept the key"))
            let kept = try await browser.run("return document.querySelector('#field-subdomain').value").string
            #expect(kept == "https://tributary.bamboohr.com/")
            #expect(try await browser.run("return document.querySelector('#field-api_key').value").string == "")
            try await browser.type("sandbox-api-key", into: "#field-api_key")
            try await browser.click("main button")
            #expect(try await browser.title() == "BambooHR is connected")
        }
    }

    @Test func `a wrong passphrase of an uploaded bundle is told beside its field, and the right one connects`()
        async throws
    {
        let link = try await link(["adp"])
        let bundle = URL(fileURLWithPath: try #require(ProcessInfo.processInfo.environment["TRIBUTARY_TEST_ENV"]))
            .deletingLastPathComponent().appendingPathComponent("tls/client.pfx").path
        try await withBrowser { browser in
            try await browser.open(link)
            if try await browser.title().hasPrefix("How") {
                try await browser.click("button[value=client_certificate]")
            }
            func fill(_ passphrase: String) async throws {
                try await browser.type("adp-sandbox-client", into: "#field-client_id")
                try await browser.type("adp-sandbox-secret", into: "#field-client_secret")
                try await browser.type(bundle, into: "#field-client_cert")
                try await browser.type(passphrase, into: "#field-passphrase")
                try await browser.click("main button")
            }
            try await fill("wrong")
            #expect(try await browser.text().contains("The passphrase does not open the bundle."))
            let marked = try await browser.run("return document.querySelector('[aria-invalid=true]').id").string
            #expect(marked == "field-passphrase")
            try await fill("sandbox")
            #expect(try await browser.title() == "ADP Workforce Now is connected")
        }
    }

    @Test func `who chose the wrong thing chooses again`() async throws {
        let link = try await link(["close", "hubspot"])
        try await withBrowser { browser in
            try await browser.open(link)
            #expect(try await browser.title() == "What would you like to connect?")
            try await browser.click("main button")
            #expect(try await browser.title() == "How would you like to connect Close?")
            try await browser.click("main button")
            #expect(try await browser.title() == "Connect Close")
            try await browser.click(".back button")
            #expect(try await browser.title() == "How would you like to connect Close?")
            try await browser.click(".back button")
            #expect(try await browser.title() == "What would you like to connect?")
        }
    }

    @Test func `every input has a label and the error is announced`() async throws {
        let link = try await link(["bamboohr"])
        try await withBrowser { browser in
            try await browser.open(link)
            if try await browser.title().hasPrefix("How") { try await browser.click("button[value=api_key]") }
            try await browser.click("main button")
            let unlabelled = try await browser.run(
                "return [...document.querySelectorAll('input:not([type=hidden]),select')].filter(i => !i.labels.length).length"
            )
            #expect(unlabelled.int == 0)
            #expect(try await browser.run("return document.documentElement.lang").string == "en")
            #expect(try await browser.run("return document.querySelectorAll('[role=alert]').length").int == 1)
        }
    }
}
