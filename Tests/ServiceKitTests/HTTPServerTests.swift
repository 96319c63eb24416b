import Cryptography
import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerTests {
    static let hello = Endpoint.test { _ in .json(["hello": "world"]) }

    @Test func `a request is answered with framing, date and ids, and the connection goes on`() async throws {
        try await RunningApplication.run([Self.hello]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: req-1\r\n\r\n")
            let first = try await client.answer()
            #expect(first.status == 200)
            #expect(first.body == #"{"hello":"world"}"#)
            #expect(first["Content-Type"] == "application/json")
            #expect(first["X-Request-Id"] == "req-1")
            #expect(first["Date"]?.hasSuffix("GMT") == true)
            let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\ntraceparent: \(parent)\r\nX-Request-Id: a b\r\n\r\n")
            let second = try await client.answer()
            #expect(second["traceparent"] == parent)
            #expect(second["X-Request-Id"]?.utf8.count == 32)
        }
    }

    @Test func `HEAD has the fields of GET and no body`() async throws {
        try await RunningApplication.run([Self.hello]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try await client.answer(isHead: true)
            #expect(head["Content-Length"] == "17")
            #expect(try await client.answer().body == #"{"hello":"world"}"#)
        }
    }

    @Test func `an unknown path is 404 and another method is 405 with Allow`() async throws {
        try await RunningApplication.run([Self.hello]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /y HTTP/1.1\r\nHost: a\r\n\r\n")
            let missing = try await client.answer()
            #expect(missing.status == 404)
            #expect(try JSONValue(parsing: missing.body)["code"] == "not_found")
            try await client.send("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let other = try await client.answer()
            #expect(other.status == 405)
            #expect(other["Allow"] == "GET, HEAD")
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func `pipelined requests are answered one after the other in order`() async throws {
        let running = Atomic(0)
        let endpoint = Endpoint.test(.get, "/n/{n}") { request in
            #expect(running.wrappingAdd(1, ordering: .relaxed).newValue == 1)
            await Task.yield()
            running.wrappingSubtract(1, ordering: .relaxed)
            return .json(.string(try request.pathParameter("n")))
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            let requests = (0..<50).map { "GET /n/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
            try await client.send(requests.joined())
            for number in 0..<50 { #expect(try await client.answer().body == "\"\(number)\"") }
        }
    }

    @Test func `a body larger than its limit is refused by its length before it is read`() async throws {
        try await RunningApplication.run([.echo()]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 413)
            #expect(answer["Connection"] == "close")
            #expect(try JSONValue(parsing: answer.body)["code"] == "payload_too_large")
        }
    }

    @Test func `a body in chunks is refused while it is read`() async throws {
        try await RunningApplication.run([.echo()]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            let chunk = "100\r\n" + String(repeating: "a", count: 256) + "\r\n"
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<4 { try await client.send(chunk) }
            #expect(try await client.answer().status == 413)
            #expect(await client.rest() == "")
        }
    }

    @Test func `a small refused body is read to its end and the connection goes on`() async throws {
        try await RunningApplication.run([.echo(bytesMax: 3), Self.hello]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")
            #expect(try await client.answer().status == 413)
            try await client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd")
            #expect(try await client.answer().status == 405)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try await client.answer().body == "abc")
        }
    }

    @Test func `white space behind the value of a field is not part of it`() async throws {
        let endpoint = Endpoint.test(.get, "/agent") { request in
            .json(.string(request.headers[.userAgent] ?? ""))
        }
        try await RunningApplication.run([endpoint]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            for (value, expected) in [(" two words \t ", "two words"), (" \t", ""), ("plain", "plain")] {
                try await client.send("GET /agent HTTP/1.1\r\nHost: a\r\nUser-Agent:\(value)\r\n\r\n")
                #expect(try await client.answer().body == "\"\(expected)\"")
            }
        }
    }

    @Test func `a body in chunks arrives whole`() async throws {
        try await RunningApplication.run([.echo()]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            try await client.send("2\r\nde\r\n0\r\n\r\n")
            #expect(try await client.answer().body == "abcde")
        }
    }

    @Test func `a client that waits for 100 Continue gets it, or the refusal`() async throws {
        try await RunningApplication.run([.echo()]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            let head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
            try await client.send(head + "3\r\n\r\n")
            #expect(try await client.answer().status == 100)
            try await client.send("abc")
            #expect(try await client.answer().body == "abc")
            try await client.send(head + "3000\r\n\r\n")
            #expect(try await client.answer().status == 413)
            #expect(await client.rest() == "")
        }
    }

    @Test(arguments: ["one", "together", "many"])
    func `header fields beyond the limits are 431`(excess: String) async throws {
        let kilobyte = String(repeating: "a", count: 1000)
        let fields =
            switch excess {
            case "one": "X-Long: " + String(repeating: kilobyte, count: 40)
            case "together": (0..<40).map { "X-\($0): \(kilobyte)" }.joined(separator: "\r\n")
            default: (0..<120).map { "X-\($0): a" }.joined(separator: "\r\n")
            }
        try await RunningApplication.run([Self.hello]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 431)
            #expect(try JSONValue(parsing: answer.body)["code"] == "header_too_large")
        }
    }

    @Test(arguments: [
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nX\u{1}: a\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /x HTTP/1.1\r\n\r\n",
        "GET /x HTTP/1.1\nHost: a\n\n",
        "GET /x HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /x#f HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /x y HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "NONSENSE\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n",
    ])
    func `an ambiguous or malformed request is 400 and ends the connection`(request: String) async throws {
        let seen = Atomic(0)
        let spy = Endpoint.test(.get, "/smuggled") { _ in
            seen.wrappingAdd(1, ordering: .relaxed)
            return .empty()
        }
        let echo = Endpoint.test(.post, "/echo", body: .raw(bytesMax: 1000)) { request in
            seen.wrappingAdd(1, ordering: .relaxed)
            return .empty()
        }
        try await RunningApplication.run([Self.hello, echo, spy]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send(request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer["Connection"] == "close")
            #expect(try JSONValue(parsing: answer.body)["code"] == "invalid_request")
            #expect(await client.rest() == "")
        }
        #expect(seen.load(ordering: .relaxed) == 0)
    }

    @Test func `a target in absolute form is taken for its path`() async throws {
        try await RunningApplication.run([Self.hello]) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET http://else.where/x?a=1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test(arguments: ["", "GET /x HT", "GET /x HTTP/1.1\r\nHost: a\r\n"])
    func `a client that does not finish its header fields is closed`(start: String) async throws {
        let config = ApplicationConfig.test { $0.headerTimeout = .milliseconds(200) }
        try await RunningApplication.run([Self.hello], config: config) { application in
            let client = try await RawClient.connect(application.ports.plain)
            // On a busy machine the connection may be closed before its start is sent, which is what is wanted.
            try? await client.send(start)
            #expect(await client.rest() == "")
        }
    }

    @Test func `a client that does not finish its body is refused`() async throws {
        let config = ApplicationConfig.test { $0.bodyTimeout = .milliseconds(200) }
        try await RunningApplication.run([.echo()], config: config) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab")
            #expect(try await client.answer().status == 400)
            #expect(await client.rest() == "")
        }
    }

    @Test func `an idle connection is closed`() async throws {
        let config = ApplicationConfig.test { $0.idleTimeout = .milliseconds(200) }
        try await RunningApplication.run([Self.hello], config: config) { application in
            let client = try await RawClient.connect(application.ports.plain)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.answer().status == 200)
            #expect(await client.rest() == "")
        }
    }

    @Test func `a client that takes nothing of its answer is closed`() async throws {
        let config = ApplicationConfig.test { $0.writeTimeout = .milliseconds(200) }
        let large = Endpoint.test { _ in .bytes([UInt8](repeating: 65, count: 64 << 20), contentType: "text/plain") }
        try await RunningApplication.run([large], config: config) { application in
            let client = try await RawClient.connect(application.ports.plain, reads: false)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            // The application can only stop in time when it has let go of the connection.
            while try await HTTPServerTests.openConnections(application) > 1 { await Task.yield() }
            await client.close()
        }
    }

    /// Asks the application over a connection of its own.
    static func openConnections(_ application: RunningApplication) async throws -> Int {
        let client = try await RawClient.connect(application.ports.plain)
        try await client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let text = try await client.answer().body
        let line = text.split(separator: "\n").first { $0.hasPrefix("tributary_http_connections ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? -1
    }

    @Test func `connections beyond the cap are closed at once`() async throws {
        let config = ApplicationConfig.test { $0.connectionsMax = 2 }
        try await RunningApplication.run([Self.hello], config: config) { application in
            let clients = [
                try await RawClient.connect(application.ports.plain),
                try await RawClient.connect(application.ports.plain),
            ]
            for client in clients {
                try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.answer().status == 200)
            }
            let third = try await RawClient.connect(application.ports.plain)
            #expect(await third.rest() == "")
            await clients[0].close()
            var isServed = false
            while !isServed {
                let next = try await RawClient.connect(application.ports.plain)
                try? await next.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                isServed = (try? await next.answer().status) == 200
            }
        }
    }

    @Test func `the TLS listener answers beside the plain one`() async throws {
        let authority = try DevelopmentAuthority()
        let identity = try authority.issue(commonName: "localhost", dnsNames: ["localhost"])
        let config = ApplicationConfig(
            port: 0,
            tls: .init(port: 0, certificateChainPEM: identity.chainPEM, privateKeyPEM: identity.privateKeyPEM)
        )
        try await RunningApplication.run([Self.hello], config: config) { application in
            let port = try #require(application.ports.tls)
            let client = try await RawClient.connect(port, trusting: authority.certificatePEM)
            for _ in 0..<2 {
                try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.answer().status == 200)
            }
            try await client.send("NONSENSE\r\n\r\n")
            #expect(try await client.answer().status == 400)
        }
    }

    @Test func `a port that is taken stops the start with its number`() async throws {
        try await RunningApplication.run([Self.hello]) { application in
            let port = application.ports.plain
            let error = await #expect(throws: (any Error).self) {
                try await RunningApplication.run([Self.hello], config: ApplicationConfig(port: port)) { _ in }
            }
            #expect(error.map { "\($0)" }?.contains("127.0.0.1:\(port)") == true)
        }
    }
}
