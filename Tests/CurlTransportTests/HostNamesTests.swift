import CurlTransport
import HTTPExchange
import TestSupport
import Testing

/// libcurl never forgets a host name, so its multi handle is replaced after a number of them.
struct HostNamesTests {
    /// Names that stand for this machine without a name server (RFC 6761).
    private static let names = (["a", "b", "c", "d", "e", "f"] + (0..<30).map { "n\($0)" }).map { "\($0).localhost" }

    @Test func `a name seen long ago is dialled anew, and a recent one is not`() async throws {
        let vendor = try await VendorServer(names: Self.names) { _ in .ok() }
        let sender = try vendor.resolvingSender(hostNamesMax: 3)
        func visit(_ names: [String]) async throws {
            for name in names {
                let answer = try await sender.send(.to("https://\(name).localhost:\(vendor.port)/"))
                #expect(answer.status == 200)
            }
        }
        try await visit(["a", "b", "a", "b", "c"])
        #expect(vendor.connectionCount == 3)
        try await visit(["d", "a", "d", "a"])
        #expect(vendor.connectionCount == 5, "the fourth name began a new multi handle, which knows no connection to a")
        for round in 0..<30 { try await visit(["n\(round)"]) }
        #expect(vendor.connectionCount == 35)
    }

    @Test func `requests under way end where they began`() async throws {
        let size = 8 * 1024 * 1024
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"
        let vendor = try await VendorServer(names: Self.names) { arrival in
            arrival.line.contains("/long ")
                ? .endless(head: head, piece: [UInt8](repeating: 66, count: 64 * 1024)) : .ok()
        }
        let sender = try vendor.resolvingSender(hostNamesMax: 2)
        let long = try await sender.stream(.to("https://a.localhost:\(vendor.port)/long", bytesMax: size))
        var pieces = long.body.makeAsyncIterator()
        var taken = try #require(try await pieces.next()).count
        for name in ["b", "c", "d", "e", "f"] {
            _ = try await sender.send(.to("https://\(name).localhost:\(vendor.port)/"))
            taken += try #require(try await pieces.next()).count
        }
        while let piece = try await pieces.next() { taken += piece.count }
        #expect(taken == size)
    }

    @Test func `a shutdown ends requests of replaced multi handles too`() async throws {
        let vendor = try await VendorServer(names: Self.names) { $0.line.contains("/never ") ? .silence : .ok() }
        let sender = try vendor.resolvingSender(hostNamesMax: 2)
        let task = Task { await failure(sender, .to("https://a.localhost:\(vendor.port)/never")) }
        while vendor.arrivals.isEmpty { await Task.yield() }
        for name in ["b", "c", "d"] { _ = try await sender.send(.to("https://\(name).localhost:\(vendor.port)/")) }
        sender.shutdown()
        #expect(await task.value?.reason == .cancelled)
    }
}
