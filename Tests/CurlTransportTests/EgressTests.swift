import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import TestSupport
import Testing

/// Where a vendor's address may lead.
struct EgressTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170",
        "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::2", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:0:1234::1",
        "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:1::1",
        "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
        "ff0e::1",
    ])
    func `an address that is not for everyone is refused`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!EgressPolicy().allows(address, port: 443))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255",
        "198.17.255.255",
        "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "64:ff9b::808:808",
        "2002:808:808::1",
    ])
    func `a public address is allowed`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(EgressPolicy().allows(address, port: 443))
    }

    @Test func `an exception is one address and one port`() throws {
        let policy = EgressPolicy(exceptions: [try #require(EgressPolicy.Endpoint("127.0.0.1:7501"))])
        let loopback = try #require(IPAddress("127.0.0.1"))
        #expect(policy.allows(loopback, port: 7501))
        #expect(!policy.allows(loopback, port: 7502))
        #expect(!policy.allows(try #require(IPAddress("127.0.0.2")), port: 7501))
    }

    @Test(arguments: [
        "localhost", "127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "0", "0.0.0.0", "[::1]",
        "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "LOCALHOST", "localhost.",
    ])
    func `no spelling of this machine is called`(host: String) async throws {
        let vendor = try await VendorServer(names: ["localhost"]) { _ in .ok() }
        let error = await failure(try vendor.confinedSender(), .to("https://\(host):\(vendor.port)/a"))
        #expect([.blockedAddress, .unresolvable, .invalidRequest].contains(try #require(error).reason))
        #expect(error?.requestMayHaveBeenSent == false)
        #expect(vendor.connectionCount == 0)
    }

    @Test(arguments: [
        "https://user@vendor.test/a", "https://user:password@vendor.test/a", "https://api.vendor.test:443@vendor.test/",
        "https://vendor.test/a b", "https://vendor.test/a\r\nX-Injected: 1", "https://vendor.test\\@evil.test/",
        "https://vendor.test/\u{0}", "https:///a", "vendor.test/a", "file:///etc/passwd", "gopher://vendor.test/",
        "ftp://vendor.test/", "http://vendor.test/a", "https://vendor.test:0x50/", "https://vendor.test:99999/", "",
        "https://", "//vendor.test/", "https://ünïcode.test/",
    ])
    func `an address in disguise is refused before anything is sent`(url: String) async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let error = await failure(try vendor.sender(), .to(url))
        #expect([.invalidRequest, .unresolvable, .blockedAddress].contains(try #require(error).reason), "\(url)")
        #expect(error?.requestMayHaveBeenSent == false)
        #expect(vendor.arrivals.isEmpty)
    }

    @Test func `a kept-alive connection is judged again before each request`() async throws {
        // The rule is asked through two callbacks: for a new socket, and before each request on any connection.
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        _ = try await sender.send(.to("https://api.vendor.test/a"))
        let response = try await sender.send(.to("https://api.vendor.test/a"))
        #expect(response.reusedConnection)
        #expect(vendor.connectionCount == 1)
    }

    @Test func `proxies of the surroundings are not used`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        setenv("https_proxy", "http://127.0.0.1:9", 1)
        setenv("ALL_PROXY", "http://127.0.0.1:9", 1)
        defer {
            unsetenv("https_proxy")
            unsetenv("ALL_PROXY")
        }
        #expect(try await vendor.sender().send(.to("https://vendor.test/a")).status == 200)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is an answer unless it is asked for`(status: Int) async throws {
        let vendor = try await VendorServer { _ in .status("\(status) Moved", fields: "Location: /b\r\n") }
        let response = try await vendor.sender().send(.to("https://vendor.test/a"))
        #expect(response.status == status)
        #expect(vendor.arrivals.count == 1)
    }

    @Test func `a redirect is followed within its origin, and no further than allowed`() async throws {
        let vendor = try await VendorServer { arrival in
            switch arrival.line {
            case "GET /a HTTP/1.1": .status("302 Found", fields: "Location: /b\r\n")
            case "GET /b HTTP/1.1": .ok("\"b\"")
            case "GET /away HTTP/1.1": .status("302 Found", fields: "Location: https://evil.vendor.test/\r\n")
            case "GET /port HTTP/1.1": .status("302 Found", fields: "Location: https://vendor.test:1/\r\n")
            case "GET /file HTTP/1.1": .status("302 Found", fields: "Location: file:///etc/passwd\r\n")
            case "GET /gopher HTTP/1.1": .status("302 Found", fields: "Location: gopher://vendor.test:1/\r\n")
            case "GET /plain HTTP/1.1": .status("302 Found", fields: "Location: http://vendor.test/b\r\n")
            default: .status("302 Found", fields: "Location: /round\r\n")
            }
        }
        let sender = try vendor.sender()
        let headers: HeaderFields = [.authorization: "Bearer canary"]
        func asked(_ path: String) -> OutboundRequest {
            .to("https://vendor.test\(path)", headers: headers, redirects: .within([], limit: 3))
        }
        #expect(try await sender.send(asked("/a")).body == Array("\"b\"".utf8))
        for path in ["/away", "/port", "/plain", "/file", "/gopher", "/round"] {
            #expect(await failure(sender, asked(path))?.reason == .redirectRefused, "\(path)")
        }
        #expect(!vendor.arrivals.contains { $0.header("host") == "evil.vendor.test" })
        #expect(vendor.arrivals.filter { $0.line.contains("/round") }.count == 4)
    }

    @Test func `a redirect to an allowed host is followed without credentials, even back again`() async throws {
        let vendor = try await VendorServer { arrival in
            let host = arrival.header("host") ?? ""
            return switch (host, arrival.line) {
            case ("vendor.test", "GET /file HTTP/1.1"), ("vendor.test", "POST /file HTTP/1.1"):
                .status("303 See Other", fields: "Location: https://api.vendor.test/file\r\n")
            case ("api.vendor.test", "GET /file HTTP/1.1"):
                .status("302 Found", fields: "Location: https://vendor.test/home\r\n")
            case ("vendor.test", "POST /kept HTTP/1.1"):
                .status("307 Temporary Redirect", fields: "Location: https://api.vendor.test/kept\r\n")
            case ("vendor.test", "GET /far HTTP/1.1"):
                .status("302 Found", fields: "Location: https://api.vendor.test/far\r\n")
            case ("api.vendor.test", "GET /far HTTP/1.1"):
                .status("302 Found", fields: "Location: https://evil.vendor.test/far\r\n")
            default: .ok("\"home\"")
            }
        }
        let sender = try vendor.sender()
        let headers: HeaderFields = [
            .authorization: "Bearer canary", .cookie: "canary", HTTPField.Name("X-Api-Key") ?? .cookie: "canary",
            .accept: "text/csv",
        ]
        func asked(_ path: String, method: HTTPRequest.Method = .get, body: [UInt8]? = nil) -> OutboundRequest {
            .to(
                "https://vendor.test\(path)",
                method: method,
                headers: headers,
                body: body,
                redirects: .within(["vendor.test", "api.vendor.test"], limit: 3)
            )
        }
        #expect(try await sender.send(asked("/file")).body == Array("\"home\"".utf8))
        #expect(try await sender.send(asked("/file", method: .post, body: [0x7B, 0x7D])).status == 200)
        let told = vendor.arrivals.map { arrival in
            ["authorization", "cookie", "x-api-key"].filter { arrival.header($0) != nil }.count
        }
        #expect(told == [3, 0, 0, 3, 0, 0])
        #expect(vendor.arrivals.allSatisfy { $0.header("accept") == "text/csv" })
        #expect(await failure(sender, asked("/kept", method: .post, body: [0x7B, 0x7D]))?.reason == .redirectRefused)
        let far = await failure(sender, asked("/far"))
        #expect(far?.message == "api.vendor.test redirects to evil.vendor.test, a host that is not allowed")
        let kept = vendor.arrivals.filter { $0.line.contains("/kept") }
        #expect(kept.map { $0.header("host") } == ["vendor.test"])
        #expect(!vendor.arrivals.contains { $0.header("host") == "evil.vendor.test" })
    }

    @Test(arguments: ["401 Unauthorized", "403 Forbidden"])
    func `a host that wants credentials after a redirect refuses the redirect, not the credentials`(
        status: String
    ) async throws {
        let vendor = try await VendorServer { arrival in
            arrival.header("host") == "vendor.test"
                ? .status("307 Temporary Redirect", fields: "Location: https://api.vendor.test/kept\r\n")
                : .status(status)
        }
        let request = OutboundRequest.to(
            "https://vendor.test/a",
            redirects: .within(["api.vendor.test"], limit: 3)
        )
        let error = await failure(try vendor.sender(), request)
        #expect(error?.reason == .redirectRefused)
        #expect(error?.message.contains("api.vendor.test, which wants credentials") == true)
    }

    @Test func `each hop of a redirect is judged by the address behind its host`() async throws {
        let vendor = try await VendorServer { _ in
            .status("302 Found", fields: "Location: https://169.254.169.254/latest\r\n")
        }
        let anywhere = OutboundRequest.Redirects(limit: 3) { _ in true }
        let request = OutboundRequest.to("https://vendor.test/a", redirects: anywhere)
        #expect(await failure(try vendor.sender(), request)?.reason == .blockedAddress)
        #expect(vendor.arrivals.count == 1)
    }
}

extension OutboundRequest.Redirects {
    /// Up to `limit` redirects, to these hosts beside the one asked.
    fileprivate static func within(_ hosts: Set<String>, limit: Int) -> Self {
        Self(limit: limit) { hosts.contains($0) }
    }
}
