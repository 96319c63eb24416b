import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Synchronization
import Testing

/// What happens to a request over time: streams, deadlines, lost clients, and the end of the service.
@Suite(.timeLimit(.minutes(1)))
struct RequestLifeTests {
    @Test func `a stream arrives in chunks and ends properly`() async throws {
        let endpoint = Endpoint.test { _ in
            .stream(
                headers: [.contentType: "application/x-ndjson"],
                AsyncThrowingStream { continuation in
                    for piece in ["a\n", "", "b\n"] { continuation.yield(Array(piece.utf8)) }
                    continuation.finish()
                }
            )
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            for _ in 0..<2 {
                try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.answer().body == "a\nb\n")
            }
            try await client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.answer(isHead: true)["Transfer-Encoding"] == "chunked")
            #expect(try await client.answer().body == "a\nb\n")
            let old = try await RawClient.connect(application.ports.plain)
            try await old.send("GET /x HTTP/1.0\r\n\r\n")
            let answer = try await old.answer()
            #expect(answer["Transfer-Encoding"] == nil)
            #expect(answer.body == "a\nb\n")
        }
    }

    @Test func `a stream that fails breaks the connection before its end`() async throws {
        struct Broken: Error {}
        let endpoint = Endpoint.test { _ in
            .stream(
                AsyncThrowingStream { continuation in
                    continuation.yield(Array("half".utf8))
                    continuation.finish(throwing: Broken())
                }
            )
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = await client.rest()
            #expect(text.contains("half"))
            #expect(!text.contains("0\r\n\r\n"))
        }
    }

    @Test func `a stream is asked for no more than the client takes`() async throws {
        let produced = Atomic(0)
        let endpoint = Endpoint.test { _ in
            .stream(
                AsyncThrowingStream {
                    produced.wrappingAdd(1, ordering: .relaxed)
                    return [UInt8](repeating: 65, count: 1 << 20)
                }
            )
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain, reads: false)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            // The buffers of both sockets fill, then the count stands still while the service goes on with others.
            var last = -1
            var still = 0
            while still < 200 {
                let now = produced.load(ordering: .relaxed)
                still = now == last && now > 0 ? still + 1 : 0
                last = now
                _ = try await HTTPServerTests.openConnections(application)
            }
            #expect(last < 32)
            await client.close()
        }
    }

    @Test func `a request whose deadline passes is 503 with Retry-After`() async throws {
        let endpoint = Endpoint.test { _ in
            try await Task.sleep(for: .seconds(3600))
            return .empty()
        }
        let config = ApplicationConfig.test { $0.idleTimeout = .milliseconds(400) }
        try await RunningApplication.run([endpoint], config: config) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\nX-Deadline-Ms: 50\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] == "1")
            #expect(answer["Connection"] == "close")
        }
    }

    @Test func `a handler learns how long its caller waits`() async throws {
        let endpoint = Endpoint.test { request in
            let left = request.deadline - .now
            return .json(.bool(left > .seconds(1) && left <= .seconds(5)))
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\nX-Deadline-Ms: 5000\r\n\r\n")
            #expect(try await client.answer().body == "true")
        }
    }

    @Test func `a lost client cancels a read but not a write`() async throws {
        let started = Gate()
        let cancelled = Gate()
        let released = Gate()
        let finished = Gate()
        let read = Endpoint.test(.get, "/read") { _ in
            started.open()
            await Gate().passed()
            if Task.isCancelled { cancelled.open() }
            return .empty()
        }
        let write = Endpoint.test(.post, "/write") { _ in
            started.open()
            await released.passed()
            if !Task.isCancelled { finished.open() }
            return .empty()
        }
        try await RunningApplication.run([read, write]) { application in
            let reader = try await RawClient.connect(application.ports.plain)
            try await reader.send("GET /read HTTP/1.1\r\nHost: a\r\n\r\n")
            await started.passed()
            await reader.close()
            await cancelled.passed()
            let writer = try await RawClient.connect(application.ports.plain)
            try await writer.send("POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            await started.passed()
            await writer.close()
            while try await HTTPServerTests.openConnections(application) > 1 { await Task.yield() }
            released.open()
            await finished.passed()
        }
    }

    @Test func `a service told to stop finishes what is in flight and takes no more`() async throws {
        let started = Gate()
        let released = Gate()
        let slow = Endpoint.test(.get, "/slow") { _ in
            started.open()
            await released.passed()
            return .json("done")
        }
        try await RunningApplication.run([slow, HTTPServerTests.hello]) { application in
            let idle = try await RawClient.connect(application.ports.plain)
            try await idle.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await idle.answer().status == 200)
            let busy = try await RawClient.connect(application.ports.plain)
            try await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            await started.passed()
            await application.stop()
            #expect(await idle.rest() == "")
            await #expect(throws: (any Error).self) { try await RawClient.connect(application.ports.plain) }
            released.open()
            let answer = try await busy.answer()
            #expect(answer.body == "\"done\"")
            #expect(answer["Connection"] == "close")
        }
    }

    @Test func `a service told to stop does not wait longer than its drain time`() async throws {
        let started = Gate()
        let stuck = Endpoint.test(.post, "/x") { _ in
            started.open()
            try await Task.sleep(for: .seconds(3600))
            return .empty()
        }
        try await RunningApplication.run([stuck], config: .test(drain: .milliseconds(100))) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            await started.passed()
            await application.stop()
            _ = await client.rest()
        }
    }
}
