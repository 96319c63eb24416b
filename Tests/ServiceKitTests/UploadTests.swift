import HTTPExchange
import HTTPTypes
import JSONValue
import NIOCore
import ServiceKit
import Synchronization
import Testing
import Vocabulary

/// Bodies that pass through the server while they arrive.
@Suite(.timeLimit(.minutes(1)))
struct UploadTests {
    struct Broken: Error {}

    /// Counts a body, and tells when its first piece is there.
    private func counting(bytesMax: Int = 1 << 24, _ first: AsyncStream<Void>.Continuation? = nil) -> Endpoint {
        Endpoint.test(.post, body: .raw(bytesMax: bytesMax)) { request in
            guard let upload = request.upload else { return .json(.string("whole \(request.body.count)")) }
            var count = 0
            for try await piece in upload {
                count += piece.count
                first?.yield()
            }
            return .json(.string("streamed \(count)"))
        }
    }

    @Test func `a large body reaches the handler while it arrives, a small one at once`() async throws {
        let (firsts, first) = AsyncStream<Void>.makeStream()
        try await RunningApplication.run([counting(first)]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            let half = String(repeating: "x", count: 100_000)
            try await client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n\(half)")
            for await _ in firsts { break }
            try await client.send(half)
            #expect(try await client.answer().body == "\"streamed 200000\"")
            try await client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try await client.answer().body == "\"whole 3\"")
        }
    }

    @Test func `a large body in chunks is streamed too, up to the limit`() async throws {
        try await RunningApplication.run([counting(bytesMax: 300_000)]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            let chunk = "186a0\r\n" + String(repeating: "x", count: 100_000) + "\r\n"
            let head = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            try await client.send(head + chunk + chunk + "0\r\n\r\n")
            #expect(try await client.answer().body == "\"streamed 200000\"")
            try await client.send(head + chunk + chunk + chunk + chunk)
            #expect(try await client.answer().status == 413)
        }
    }

    @Test func `a client that leaves within its body ends the handler's reading`() async throws {
        let (ends, end) = AsyncStream<Bool>.makeStream()
        let endpoint = Endpoint.test(.post, body: .raw(bytesMax: 1 << 24)) { request in
            do {
                while try await request.upload?.next() != nil {}
                end.yield(false)
            } catch {
                end.yield(true)
            }
            return .empty()
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            let half = String(repeating: "x", count: 100_000)
            try await client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n\(half)")
            await client.close()
            for await isRefused in ends {
                #expect(isRefused)
                break
            }
        }
    }

    @Test func `a handler that does not read leaves the rest with the client`() async throws {
        let endpoint = Endpoint.test(.post, body: .raw(bytesMax: 1 << 30)) { _ in throw Problem(.notFound, "no") }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            let start = String(repeating: "x", count: 100_000)
            try await client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n\(start)")
            let answer = try await client.answer()
            #expect(answer.status == 404)
            #expect(answer["Connection"] == nil || answer["Connection"] == "close")
        }
    }

    @Test func `a piped answer has its length, or chunks, and the connection goes on`() async throws {
        let endpoint = Endpoint.test { request in
            let pipe = BytePipe()
            for piece in ["one,", "two,", "three"] { pipe.write(Array(piece.utf8)) }
            pipe.finish()
            let length = request.query["length"].flatMap { Int($0) }
            return EndpointResponse(status: 200, body: .pipe(ByteStream(pipe, length: length)))
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x?length=13 HTTP/1.1\r\nHost: a\r\n\r\n")
            let measured = try await client.answer()
            #expect(measured["Content-Length"] == "13")
            #expect(measured.body == "one,two,three")
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let chunked = try await client.answer()
            #expect(chunked["Transfer-Encoding"] == "chunked")
            #expect(chunked.body == "one,two,three")
        }
    }

    @Test(arguments: [true, false])
    func `a piped answer that breaks off, or is too short, breaks the connection`(fails: Bool) async throws {
        let endpoint = Endpoint.test { _ in
            let pipe = BytePipe()
            pipe.write(Array("half".utf8))
            pipe.finish(throwing: fails ? Broken() : nil)
            return EndpointResponse(status: 200, body: .pipe(ByteStream(pipe, length: 8)))
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = await client.rest()
            #expect(text.hasSuffix("half"))
        }
    }

    @Test func `a piped answer goes at the client's pace, and its writer learns when the client leaves`() async throws {
        let pipe = BytePipe(capacity: 1 << 20)
        let (signals, signal) = AsyncStream<Bool>.makeStream()
        pipe.onWriter { signal.yield($0 == .abandoned) }
        let stream = Mutex<ByteStream?>(ByteStream(pipe, length: 1 << 30))
        let endpoint = Endpoint.test { _ in
            let taken = stream.withLock { stream in
                defer { stream = nil }
                return stream
            }
            return EndpointResponse(status: 200, body: taken.map { .pipe($0) } ?? .none)
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain, reads: false)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            var written = 0
            let piece = [UInt8](repeating: 66, count: 1 << 16)
            // The sockets' buffers and the pipe fill, and then there is no room for as long as nobody reads.
            var still = 0
            while still < 200 {
                if pipe.hasRoom {
                    pipe.write(piece)
                    written += piece.count
                    still = 0
                } else {
                    still += 1
                }
                _ = try await HTTPServerTests.openConnections(application)
            }
            #expect(written < 32 << 20)
            await client.close()
            for await isAbandoned in signals where isAbandoned { break }
        }
    }
}
