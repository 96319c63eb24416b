import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue

/// A headless browser, driven by the W3C WebDriver protocol.
final class WebDriver {
    /// The browser did not do what it was asked.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process: Process
    private let sender: CurlSender
    private let base: String

    /// Starts chromedriver and a fresh profile.
    init() async throws {
        let port = Int.random(in: 20_000...40_000)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/chromedriver")
        process.arguments = ["--port=\(port)", "--log-level=SEVERE"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        sender = try CurlSender()
        let url = "http://127.0.0.1:\(port)"
        let end = ContinuousClock.now + .seconds(20)
        while true {
            do {
                _ = try await Self.send(sender, .get, url + "/status", nil)
                break
            } catch {
                guard ContinuousClock.now < end else { throw Failure(description: "chromedriver does not start") }
                await Task.yield()
            }
        }
        let session = try await Self.send(
            sender,
            .post,
            url + "/session",
            [
                "capabilities": [
                    "alwaysMatch": [
                        "browserName": "chrome",
                        "goog:chromeOptions": [
                            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
                        ],
                    ]
                ]
            ]
        )
        guard let id = session["sessionId"]?.string else { throw Failure(description: "no session: \(session.text())") }
        base = url + "/session/\(id)"
    }

    /// Ends the browser.
    func quit() async {
        _ = try? await Self.send(sender, .delete, base, nil)
        // It takes no notice of SIGTERM when it inherits this process's signal mask.
        kill(process.processIdentifier, SIGKILL)
    }

    func open(_ url: String) async throws {
        _ = try await Self.send(sender, .post, base + "/url", ["url": .string(url)])
    }

    func url() async throws -> String {
        try await Self.send(sender, .get, base + "/url", nil).string ?? ""
    }

    func title() async throws -> String {
        try await Self.send(sender, .get, base + "/title", nil).string ?? ""
    }

    func text() async throws -> String {
        try await run("return document.body.innerText").string ?? ""
    }

    /// Runs a script in the page.
    func run(_ script: String) async throws -> JSONValue {
        try await Self.send(sender, .post, base + "/execute/sync", ["script": .string(script), "args": []])
    }

    func type(_ text: String, into selector: String) async throws {
        let element = try await element(selector)
        _ = try await Self.send(sender, .post, base + "/element/\(element)/clear", [:])
        _ = try await Self.send(sender, .post, base + "/element/\(element)/value", ["text": .string(text)])
    }

    /// Clicks what leads to another page, and waits for that page.
    func click(_ selector: String) async throws {
        let element = try await element(selector)
        _ = try await run("window.leaving = true")
        _ = try await Self.send(sender, .post, base + "/element/\(element)/click", [:])
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            let isThere = try? await run("return !window.leaving && document.readyState == 'complete'")
            if isThere?.bool == true { return }
        }
        throw Failure(description: "a click on \(selector) leads nowhere")
    }

    private func element(_ selector: String) async throws -> String {
        let found = try await Self.send(
            sender,
            .post,
            base + "/element",
            ["using": "css selector", "value": .string(selector)]
        )
        guard let id = found.object?.first?.value.string else {
            throw Failure(description: "the page has no \(selector)")
        }
        return id
    }

    private static func send(
        _ sender: CurlSender,
        _ method: HTTPRequest.Method,
        _ url: String,
        _ body: JSONValue?
    ) async throws -> JSONValue {
        let response = try await sender.send(
            OutboundRequest(
                method: method,
                url: url,
                headers: body == nil ? [:] : [.contentType: "application/json"],
                body: body?.bytes(),
                identity: ConnectionIdentity(partition: "browser"),
                destination: .service,
                totalTimeout: .seconds(60)
            )
        )
        let value = try JSONValue(parsing: response.body, policy: .vendor)["value"] ?? .null
        guard response.status == 200 else {
            throw Failure(description: "\(value["error"]?.string ?? "error"): \(value["message"]?.string ?? "")")
        }
        return value
    }
}
