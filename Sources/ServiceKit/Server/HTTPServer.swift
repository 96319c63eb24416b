import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Listens, and serves every connection in its own task until the service is told to stop.
struct HTTPServer: Sendable {
    /// Why a server cannot listen.
    struct ListenError: Error, CustomStringConvertible {
        let host: String
        let port: Int
        let underlying: any Error

        var description: String {
            "cannot listen on \(host):\(port): \(underlying); stop the process that has the port, or choose another"
        }
    }

    /// A connection as its task sees it.
    struct Connection: Sendable {
        let events: AsyncStream<HTTPConnection.Event>
        let writer: ResponseWriter
        let executor: EventLoopExecutor
    }

    let config: ApplicationConfig
    let responder: EndpointResponder
    let logger: Logger

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Parameter started: told the ports once both listeners stand.
    /// - Throws: ``ListenError``, or what is wrong with the certificate.
    func run(started: @Sendable (BoundPorts) -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: config.threads)
        do {
            try await run(on: group, started: started)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func run(on group: MultiThreadedEventLoopGroup, started: @Sendable (BoundPorts) -> Void) async throws {
        let registry = ConnectionRegistry(
            connectionsMax: config.limits.connectionsMax,
            gauge: responder.metrics.connections
        )
        let (connections, accepted) = AsyncStream<Connection>.makeStream()
        let plain = try await listen(config.port, nil, on: group, registry, accepted)
        var listeners = [plain]
        if let tls = config.tls {
            do {
                listeners.append(try await listen(tls.port, try tls.serverContext(), on: group, registry, accepted))
            } catch {
                try? await plain.close()
                throw error
            }
        }
        started(
            BoundPorts(
                plain: listeners[0].localAddress?.port ?? 0,
                tls: listeners.dropFirst().first?.localAddress?.port
            )
        )
        let open = listeners
        let stop: @Sendable () -> Void = {
            for listener in open { listener.close(mode: .all, promise: nil) }
            accepted.finish()
            registry.drain()
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            await serve(connections, registry)
        } onCancelOrGracefulShutdown: {
            stop()
        }
        registry.closeAll()
        for listener in open { try? await listener.closeFuture.get() }
    }

    /// Serves connections until there are no more, or the time to drain is over.
    private func serve(_ connections: AsyncStream<Connection>, _ registry: ConnectionRegistry) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { tasks in
                    for await connection in connections {
                        tasks.addTask(executorPreference: connection.executor) {
                            await connection.serve(responder)
                        }
                    }
                }
            }
            group.addTask {
                do {
                    try await gracefulShutdown()
                    try await Task.sleep(for: config.drainTimeout)
                    logger.warning("the time to drain is over", metadata: ["connections": "\(registry.count)"])
                } catch {}
            }
            await group.next()
            group.cancelAll()
            registry.closeAll()
        }
    }

    private func listen(
        _ port: Int,
        _ tls: NIOSSLContext?,
        on group: MultiThreadedEventLoopGroup,
        _ registry: ConnectionRegistry,
        _ accepted: AsyncStream<Connection>.Continuation
    ) async throws -> any Channel {
        let responder = responder
        let limits = config.limits
        let date = HTTPDate()
        let executors = ExecutorTable(group)
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = limits.headerBytesMax
        decoder.maxHeaderListSize = limits.headerBytesMax
        decoder.maxHeaderFieldCount = limits.headerCountMax
        let decoderLimits = decoder
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard registry.admit(channel) else { throw ChannelError.alreadyClosed }
                    channel.closeFuture.whenComplete { _ in registry.remove(channel) }
                    let (events, continuation) = AsyncStream<HTTPConnection.Event>.makeStream()
                    let connection = HTTPConnection(responder: responder, date: date, events: continuation)
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(ArrivalHandler(connection))
                    let parser = HTTPRequestDecoder(
                        leftOverBytesStrategy: .dropBytes,
                        informationalResponseStrategy: .drop,
                        limitConfiguration: decoderLimits
                    )
                    try pipeline.addHandler(ByteToMessageHandler(parser))
                    try pipeline.addHandler(connection)
                    accepted.yield(
                        Connection(
                            events: events,
                            writer: ResponseWriter(connection, channel.eventLoop),
                            executor: executors.executor(of: channel.eventLoop)
                        )
                    )
                }
            }
        do {
            return try await bootstrap.bind(host: config.host, port: port).get()
        } catch {
            throw ListenError(host: config.host, port: port, underlying: error)
        }
    }
}

/// The ports that a server listens on.
package struct BoundPorts: Sendable {
    /// The plain one.
    package let plain: Int
    /// The one with TLS, if any.
    package let tls: Int?
}

extension HTTPServer.Connection {
    /// Answers the requests of this connection until it closes.
    func serve(_ responder: EndpointResponder) async {
        await withDiscardingTaskGroup { group in
            for await event in events {
                switch event {
                case .request(let request): group.addTask { await answer(request, responder) }
                case .abandoned: group.cancelAll()
                }
            }
        }
    }

    private func answer(_ request: HTTPConnection.ReceivedRequest, _ responder: EndpointResponder) async {
        let response = await responder.respond(to: request.admission, body: request.body)
        guard case .stream(let pieces) = response.body else { return writer.answer(response, to: request.number) }
        guard await writer.begin(response, to: request.number) else { return }
        do {
            for try await piece in pieces { try await writer.send(piece, to: request.number) }
            writer.end(request.number, isWhole: true)
        } catch {
            responder.streamBroke(request.admission, error)
            writer.end(request.number, isWhole: false)
        }
    }
}

/// Takes answers to the event loop of their connection.
struct ResponseWriter: Sendable {
    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<HTTPConnection>

    /// Must be called on the event loop.
    init(_ connection: HTTPConnection, _ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    func answer(_ response: EndpointResponse, to number: Int) {
        if eventLoop.inEventLoop {
            connection.value.answer(response, to: number)
        } else {
            eventLoop.execute { connection.value.answer(response, to: number) }
        }
    }

    func begin(_ response: EndpointResponse, to number: Int) async -> Bool {
        (try? await eventLoop.submit { connection.value.begin(response, to: number) }.get()) ?? false
    }

    func send(_ piece: [UInt8], to number: Int) async throws {
        let promise = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { connection.value.send(piece, to: number, promise) }
        try await promise.futureResult.get()
    }

    func end(_ number: Int, isWhole: Bool) {
        eventLoop.execute { connection.value.end(number, isWhole: isWhole) }
    }
}

/// One executor for each event loop.
private struct ExecutorTable: Sendable {
    private let executors: [ObjectIdentifier: EventLoopExecutor]
    private let any: EventLoopExecutor

    init(_ group: MultiThreadedEventLoopGroup) {
        any = EventLoopExecutor(group.any())
        executors = Dictionary(
            group.makeIterator().map { (ObjectIdentifier($0), EventLoopExecutor($0)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    func executor(of eventLoop: any EventLoop) -> EventLoopExecutor {
        executors[ObjectIdentifier(eventLoop)] ?? any
    }
}

extension ApplicationConfig.TLS {
    /// What NIOSSL needs; TLS 1.2 at least.
    fileprivate func serverContext() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(certificateChainPEM)
        let key = try NIOSSLPrivateKey(bytes: privateKeyPEM, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
