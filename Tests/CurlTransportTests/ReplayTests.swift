import CurlTransport
import HTTPExchange
import HTTPTypes
import TestSupport
import Testing

/// libcurl sends a request again by itself when a kept-alive connection dies before the answer: harmless for a read,
/// the loss of a grant for a token call.
struct ReplayTests {
    @Test func `a connection is kept alive`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        for _ in 1...5 { #expect(try await sender.send(.to("https://vendor.test/a")).status == 200) }
        #expect(vendor.connectionCount == 1)
        #expect(vendor.arrivals.map(\.number) == [1, 2, 3, 4, 5])
    }

    @Test func `a call that may not be repeated reaches the vendor once, however its connection ends`() async throws {
        let vendor = try await VendorServer { $0.line.hasPrefix("POST") ? .hangUp : .ok() }
        let sender = try vendor.sender()
        _ = try await sender.send(.to("https://vendor.test/warm"))
        for _ in 1...3 {
            let error = await failure(
                sender,
                .to("https://vendor.test/token", method: .post, body: Array("grant".utf8), replay: .never)
            )
            #expect(error?.reason == .connectionLost)
            #expect(error?.requestMayHaveBeenSent == true)
        }
        #expect(vendor.arrivals.filter { $0.line.hasPrefix("POST") }.count == 3)
    }

    @Test func `a call that may not be repeated has a connection of its own`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        _ = try await sender.send(.to("https://vendor.test/warm"))
        _ = try await sender.send(.to("https://vendor.test/token", method: .post, body: [1], replay: .never))
        _ = try await sender.send(.to("https://vendor.test/token", method: .post, body: [1], replay: .never))
        _ = try await sender.send(.to("https://vendor.test/warm"))
        #expect(vendor.arrivals.map(\.connection) == [1, 2, 3, 1])
    }

    @Test func `a read on a connection that died meanwhile is sent again`() async throws {
        let vendor = try await VendorServer { $0.connection == 1 && $0.number == 2 ? .hangUp : .ok() }
        let sender = try vendor.sender()
        _ = try await sender.send(.to("https://vendor.test/a"))
        #expect(try await sender.send(.to("https://vendor.test/a")).status == 200)
        #expect(vendor.arrivals.map(\.connection) == [1, 1, 2])
    }

    @Test func `a large body is sent at once, without waiting for a 100`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let body = [UInt8](repeating: 65, count: 300_000)
        _ = try await vendor.sender().send(.to("https://vendor.test/a", method: .post, body: body))
        let arrival = try #require(vendor.arrivals.first)
        #expect(arrival.header("expect") == nil)
        #expect(arrival.header("transfer-encoding") == nil)
        #expect(arrival.body == body)
    }
}
