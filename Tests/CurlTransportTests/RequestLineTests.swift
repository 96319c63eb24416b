import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import TestSupport
import Testing

/// What a request looks like that reaches a vendor: a handle serves many hosts, paths and methods of its identity in turn.
struct RequestLineTests {
    @Test(arguments: [
        "/", "/a/b.json", "/a?", "/a?x=%2F&y=a+b&empty=", "/a/../b/./c", "/%2e%2E/a%2Fb", "/a?next=https://x.test/?a=b",
        "/a;v=1/b,c", "/a?q='(*)'", "//a//b", "/a?%5B%5D=|^`{}\"<>",
    ])
    func `path and query are sent as they are written`(path: String) async throws {
        let vendor = try await VendorServer { _ in .ok() }
        _ = try await vendor.sender().send(.to("https://vendor.test\(path)"))
        // Its host is no plain spelling.
        _ = try await vendor.sender().send(.to("https://VENDOR.test\(path)"))
        #expect(vendor.arrivals.map(\.line) == Array(repeating: "GET \(path) HTTP/1.1", count: 2))
        #expect(vendor.arrivals.map { $0.header("host") } == ["vendor.test", "vendor.test"])
    }

    @Test(arguments: [("", "/"), ("?a=b", "/?a=b"), ("/a#part", "/a"), ("#part", "/")])
    func `what an address leaves out is filled in, and its fragment stays here`(rest: String, target: String)
        async throws
    {
        let vendor = try await VendorServer { _ in .ok() }
        _ = try await vendor.sender().send(.to("https://vendor.test\(rest)"))
        #expect(vendor.arrivals.map(\.target) == [target])
    }

    @Test func `hosts, ports and paths of one identity are not mixed up`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        let addresses = ["vendor.test/a", "api.vendor.test/b?c=d", "vendor.test:8443/a", "vendor.test/e"]
        for address in addresses { _ = try await sender.send(.to("https://\(address)")) }
        #expect(vendor.arrivals.map { ($0.header("host") ?? "") + $0.target } == addresses)
        #expect(vendor.arrivals.map(\.connection) == [1, 2, 3, 1])
    }

    @Test func `what is sent again is the same request to the same host`() async throws {
        let vendor = try await VendorServer { $0.connection == 2 && $0.number == 2 ? .hangUp : .ok() }
        let sender = try vendor.sender()
        _ = try await sender.send(.to("https://vendor.test/a"))
        _ = try await sender.send(.to("https://api.vendor.test/b"))
        _ = try await sender.send(.to("https://api.vendor.test/c?d=e", headers: [.accept: "text/plain"]))
        let again = vendor.arrivals.suffix(2)
        #expect(again.map(\.connection) == [2, 3])
        #expect(again.first?.head == again.last?.head)
        #expect(again.last?.header("host") == "api.vendor.test")
        #expect(again.last?.target == "/c?d=e")
    }

    @Test func `a method and its body are of their request alone`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        let requests: [(HTTPRequest.Method, [UInt8]?)] = [
            (.get, nil), (.post, [65]), (.get, nil), (.delete, nil), (.get, nil), (.patch, [66]), (.put, nil),
            (.get, [67]), (.get, nil),
        ]
        for (method, body) in requests {
            _ = try await sender.send(.to("https://vendor.test/a", method: method, body: body))
        }
        #expect(vendor.arrivals.map(\.line) == requests.map { "\($0.0.rawValue) /a HTTP/1.1" })
        #expect(vendor.arrivals.map(\.body) == requests.map { $0.1 ?? [] })
        #expect(vendor.arrivals.map { $0.header("content-length") } == [nil, "1", nil, nil, nil, "1", "0", "1", nil])
    }

    @Test func `a compressed answer is asked for once, or not at all`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        var request = OutboundRequest.to("https://vendor.test/a")
        _ = try await sender.send(request)
        request.acceptsCompression = false
        _ = try await sender.send(request)
        request.headers = [.acceptEncoding: "br"]
        _ = try await sender.send(request)
        #expect(vendor.arrivals.map { $0.header("accept-encoding") } == ["gzip", "identity", "br"])
        let counts = vendor.arrivals.map { $0.head.lowercased().components(separatedBy: "accept-encoding").count - 1 }
        #expect(counts == [1, 1, 1])
    }

    @Test func `large and small answers follow each other`() async throws {
        let large = String(repeating: "a", count: 300_000)
        let vendor = try await VendorServer { $0.target == "/large" ? .ok(large) : .ok("small") }
        let sender = try vendor.sender()
        for path in ["large", "small", "large", "large", "small", "small"] {
            let response = try await sender.send(.to("https://vendor.test/\(path)"))
            #expect(response.body == Array((path == "large" ? large : "small").utf8))
        }
        #expect(vendor.connectionCount == 1)
    }
}
