import NIOCore
import NIOPosix
import NIOSSL

/// A client that writes exactly the bytes it is given and reads answers one by one.
final class RawClient {
    /// An answer as it came.
    struct Answer {
        let status: Int
        let fields: [(name: String, value: String)]
        let body: String

        subscript(name: String) -> String? {
            fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    struct NoAnswer: Error {}

    let channel: any Channel
    private var pieces: AsyncStream<[UInt8]>.AsyncIterator
    private var received: [UInt8] = []

    private init(_ channel: any Channel, _ pieces: AsyncStream<[UInt8]>) {
        self.channel = channel
        self.pieces = pieces.makeAsyncIterator()
    }

    /// Connects to a port of this machine.
    static func connect(_ port: Int, trusting certificatePEM: [UInt8]? = nil, reads: Bool = true) async throws
        -> RawClient
    {
        let (pieces, continuation) = AsyncStream<[UInt8]>.makeStream()
        let tls = try certificatePEM.map { pem in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(pem))
            return try NIOSSLContext(configuration: configuration)
        }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel, pieces)
    }

    /// Writes text as it stands.
    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// The next answer; `isHead` when it has no body whatever its fields say.
    func answer(isHead: Bool = false) async throws -> Answer {
        while true {
            if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
                received.removeSubrange(..<end.upperBound)
                return try await answer(head, isHead)
            }
            guard await more() else { throw NoAnswer() }
        }
    }

    /// Everything until the other side closes.
    func rest() async -> String {
        while await more() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Waits until `text` has come.
    func wait(for text: String) async throws {
        while received.firstRange(of: Array(text.utf8)) == nil {
            guard await more() else { throw NoAnswer() }
        }
    }

    func close() async {
        try? await channel.close()
    }

    private func answer(_ head: String, _ isHead: Bool) async throws -> Answer {
        let lines = head.split(separator: "\r\n")
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
        }
        let partial = Answer(status: status, fields: fields, body: "")
        if isHead || status == 204 || status == 304 || status < 200 { return partial }
        if let length = partial["content-length"].flatMap({ Int($0) }) {
            return Answer(status: status, fields: fields, body: try await take(length))
        }
        guard partial["transfer-encoding"] == "chunked" else {
            return Answer(status: status, fields: fields, body: await rest())
        }
        var body = ""
        while true {
            let size = Int(try await line(), radix: 16) ?? 0
            body += try await take(size)
            _ = try await line()
            if size == 0 { return Answer(status: status, fields: fields, body: body) }
        }
    }

    private func line() async throws -> String {
        try await wait(for: "\r\n")
        guard let end = received.firstRange(of: [13, 10]) else { throw NoAnswer() }
        defer { received.removeSubrange(..<end.upperBound) }
        return String(decoding: received[..<end.lowerBound], as: UTF8.self)
    }

    private func take(_ count: Int) async throws -> String {
        while received.count < count {
            guard await more() else { throw NoAnswer() }
        }
        defer { received.removeFirst(count) }
        return String(decoding: received.prefix(count), as: UTF8.self)
    }

    private func more() async -> Bool {
        guard let piece = await pieces.next(isolation: #isolation) else { return false }
        received += piece
        return true
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let pieces: AsyncStream<[UInt8]>.Continuation

        init(_ pieces: AsyncStream<[UInt8]>.Continuation) {
            self.pieces = pieces
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pieces.yield(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) {
            pieces.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            pieces.finish()
            context.close(promise: nil)
        }
    }
}

/// A signal that tests wait for instead of time.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream<Void>.makeStream()
    }

    func open() {
        continuation.yield()
    }

    /// Returns once the gate was opened, or the task is cancelled.
    func passed() async {
        for await _ in stream { return }
    }
}
