import CurlTransport
import HTTPExchange
import HTTPTypes
import TestSupport
import Testing

/// Bodies that pass while they arrive, both ways.
@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    private func upload(_ pipe: BytePipe, length: Int?) -> OutboundRequest {
        var request = OutboundRequest.to("https://vendor.test/up", method: .put)
        request.upload = ByteStream(pipe, length: length)
        return request
    }

    @Test func `a body is sent while it arrives, with its length when that is known`() async throws {
        let vendor = try await VendorServer { _ in .ok("done") }
        let sender = try vendor.sender()
        let pipe = BytePipe()
        let request = upload(pipe, length: 300_000)
        async let answer = sender.stream(request)
        for index in 0..<30 {
            pipe.write([UInt8](repeating: UInt8(index), count: 10_000))
            await Task.yield()
        }
        pipe.finish()
        let body = try await answer.collected(upTo: 100)
        #expect(body == Array("done".utf8))
        let arrival = try #require(vendor.arrivals.first)
        #expect(arrival.line == "PUT /up HTTP/1.1")
        #expect(arrival.body == (0..<30).flatMap { [UInt8](repeating: UInt8($0), count: 10_000) })
        #expect(arrival.header("expect") == nil)
    }

    @Test func `a body of unknown length goes in chunks`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let pipe = BytePipe()
        pipe.write([1, 2, 3])
        pipe.finish()
        _ = try await vendor.sender().stream(upload(pipe, length: nil))
        #expect(vendor.arrivals.first?.header("transfer-encoding") == "chunked")
    }

    @Test func `a body that breaks off ends the exchange and is never a whole request`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender()
        let pipe = BytePipe()
        pipe.write([1, 2, 3])
        let request = upload(pipe, length: 10)
        async let outcome = failure(sender, request)
        pipe.finish(throwing: ExchangeError(.cancelled, "the client left", requestMayHaveBeenSent: true))
        #expect(await outcome?.reason == .cancelled)
        #expect(vendor.arrivals.isEmpty)
    }

    @Test func `a vendor that dies within its body is no end of the body`() async throws {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        let vendor = try await VendorServer { _ in .last(Array(half.utf8)) }
        let sender = try vendor.sender()
        do {
            let answer = try await sender.stream(.to("https://vendor.test/a"))
            _ = try await answer.collected(upTo: 1000)
            Issue.record("half a body was taken for a whole one")
        } catch let error as ExchangeError {
            #expect(error.reason == .connectionLost)
        }
    }

    @Test func `an answer that nobody reads to its end ends its exchange`() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
        let vendor = try await VendorServer { _ in .endless(head: head, piece: [UInt8](repeating: 65, count: 1 << 16)) }
        let sender = try vendor.sender()
        do {
            let answer = try await sender.stream(.to("https://vendor.test/a", bytesMax: 1_000_000_000))
            var pieces = answer.body.makeAsyncIterator()
            #expect(try await pieces.next()?.isEmpty == false)
        }
        // The connection is closed, so the next call has one of its own and the old answer stands still.
        var last = -1
        while last != vendor.bytesTaken {
            last = vendor.bytesTaken
            _ = try await sender.stream(.to("https://vendor.test/b", bytesMax: 1_000_000_000))
        }
        #expect(vendor.connectionCount >= 2)
    }

    @Test func `plain HTTP is for the operator to allow`() throws {
        #expect(throws: CurlConfig.HostMapFailure.self) { try CurlConfig.hostMap("a.test=http://127.0.0.1:1") }
        let entries = try CurlConfig.hostMap("a.test=http://127.0.0.1:1,b.test=127.0.0.1:2", allowsPlain: true)
        #expect(entries.map(\.isPlain) == [true, false])
        #expect(entries.map(\.endpoint.port) == [1, 2])
    }
}
