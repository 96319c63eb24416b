import CurlTransport
import HTTPExchange
import HTTPTypes
import TestSupport
import Testing

/// Vendors that lie, flood, stall or break off.
struct HostileVendorTests {
    private func reason(
        bytesMax: Int = 1024 * 1024,
        within: Duration = .seconds(120),
        _ answer: VendorServer.Answer
    ) async throws -> ExchangeError? {
        let vendor = try await VendorServer { _ in answer }
        return await failure(
            try vendor.sender(),
            .to("https://vendor.test/a", within: within, bytesMax: bytesMax)
        )
    }

    @Test func `a small body that unpacks into a large one is stopped by what it unpacks to`() async throws {
        let bomb = Deflate.zeros(count: 64 * 1024 * 1024)
        #expect(bomb.count < 500_000)
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: \(bomb.count)\r\n\r\n"
        let error = try await reason(.bytes(Array(head.utf8) + bomb))
        #expect(error?.reason == .responseTooLarge)
        #expect(error?.requestMayHaveBeenSent == true)
    }

    @Test func `a packed body within the limit arrives unpacked`() async throws {
        let packed = Deflate.zeros(count: 258 * 1000)
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: \(packed.count)\r\n\r\n"
        let vendor = try await VendorServer { _ in .bytes(Array(head.utf8) + packed) }
        let response = try await vendor.sender().send(.to("https://vendor.test/a"))
        #expect(response.body.count == 258 * 1000)
        #expect(response.headers[.contentEncoding] == nil)
    }

    @Test func `a body without end is stopped at the limit`() async throws {
        let chunk = "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n"
        let error = try await reason(
            .endless(head: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", piece: Array(chunk.utf8))
        )
        #expect(error?.reason == .responseTooLarge)
    }

    @Test func `a flood of header fields is stopped`() async throws {
        let line = "X-Filler: " + String(repeating: "y", count: 1000) + "\r\n"
        let error = try await reason(.endless(head: "HTTP/1.1 200 OK\r\n", piece: Array(line.utf8)))
        #expect([.responseTooLarge, .badResponse, .connectionLost].contains(try #require(error).reason))
    }

    @Test(arguments: [
        "no HTTP at all\r\n\r\n", "\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "{\"a\": 1}",
    ])
    func `what is not HTTP is no answer`(text: String) async throws {
        let error = try await reason(.last(Array(text.utf8)))
        #expect([.badResponse, .connectionLost].contains(try #require(error).reason))
    }

    @Test func `two lengths that differ are no answer`() async throws {
        let error = try await reason(
            .last(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".utf8))
        )
        #expect(error?.reason == .badResponse)
    }

    @Test func `a body shorter than announced is no answer`() async throws {
        let error = try await reason(.last(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}".utf8)))
        #expect(error?.reason == .connectionLost)
    }

    @Test func `a vendor that says nothing is given up`() async throws {
        let error = try await reason(within: .seconds(2), .silence)
        #expect(error?.reason == .timeout)
        #expect(error?.requestMayHaveBeenSent == true)
    }

    @Test func `a host that takes no connections says that nothing was sent`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let error = await failure(try vendor.sender(reaching: 1), .to("https://vendor.test/a"))
        #expect(error?.reason == .connectFailed)
        #expect(error?.requestMayHaveBeenSent == false)
    }

    @Test func `an error names the host and nothing of the request`() async throws {
        let vendor = try await VendorServer { _ in .hangUp }
        let error = await failure(
            try vendor.sender(),
            .to(
                "https://vendor.test/secret-path?key=canary",
                headers: [.authorization: "Bearer canary"],
                body: Array("canary".utf8)
            )
        )
        let text = try #require(error).description
        #expect(text.contains("vendor.test"))
        #expect(!text.contains("canary") && !text.contains("secret-path"))
    }

    @Test func `a header value cannot add a line`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        for byte in UInt8(0)...31 where byte != 9 {
            let value = "good" + String(UnicodeScalar(byte)) + "X-Injected: 1"
            var headers = HeaderFields()
            headers.append(HeaderField(name: .userAgent, value: value))
            _ = await failure(sender, .to("https://vendor.test/a", headers: headers))
        }
        var headers = HeaderFields()
        headers.append(HeaderField(name: .userAgent, value: "good\r\nX-Injected: 1"))
        _ = await failure(sender, .to("https://vendor.test/a", headers: headers))
        #expect(!vendor.arrivals.contains { $0.header("x-injected") != nil })
    }

    @Test(arguments: ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"])
    func `framing is not for callers to set`(name: String) async throws {
        let vendor = try await VendorServer { _ in .ok() }
        var headers = HeaderFields()
        headers[try #require(HTTPField.Name(name))] = "1"
        let error = await failure(try vendor.sender(), .to("https://vendor.test/a", headers: headers))
        #expect(error?.reason == .invalidRequest)
        #expect(vendor.arrivals.isEmpty)
    }

    @Test func `a slow reader holds the vendor back`() async throws {
        let piece = [UInt8](repeating: 66, count: 64 * 1024)
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
        let vendor = try await VendorServer { _ in .endless(head: head, piece: piece) }
        let sender = try vendor.sender()
        let response = try await sender.stream(.to("https://vendor.test/a", bytesMax: 1_000_000_000))
        var taken = 0
        var pieces = response.body.makeAsyncIterator()
        while taken < 4 * 1024 * 1024, let bytes = try await pieces.next() { taken += bytes.count }
        // What is in flight is bounded by the transport's pile and by the sockets' buffers.
        #expect(vendor.bytesTaken - taken < 24 * 1024 * 1024)
    }

    @Test func `a call that is given up ends its exchange`() async throws {
        let vendor = try await VendorServer { _ in .silence }
        let sender = try vendor.sender()
        let task = Task { await failure(sender, .to("https://vendor.test/a")) }
        while vendor.arrivals.isEmpty { await Task.yield() }
        task.cancel()
        #expect(await task.value?.reason == .cancelled)
    }

    @Test func `a transport that was shut down refuses`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        sender.shutdown()
        #expect(await failure(sender, .to("https://vendor.test/a"))?.reason == .cancelled)
    }
}
