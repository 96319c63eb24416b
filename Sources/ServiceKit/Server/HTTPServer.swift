import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Listens, and serves connections on its event loops until the service is told to stop.
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
        var loops: [ObjectIdentifier: NIOLoopBound<ServerLoop>] = [:]
        var runners: [LoopRunner] = []
        var queues: [NIOLoopBound<WorkQueue>] = []
        for eventLoop in group.makeIterator() {
            let (loop, queue) = try await eventLoop.submit {
                let queue = WorkQueue()
                let loop = ServerLoop(eventLoop, responder, queue)
                return (NIOLoopBound(loop, eventLoop: eventLoop), NIOLoopBound(queue, eventLoop: eventLoop))
            }.get()
            loops[ObjectIdentifier(eventLoop)] = loop
            runners.append(LoopRunner(work: queue, executor: EventLoopExecutor(eventLoop)))
            queues.append(queue)
        }
        let ends = queues
        registry.whenDone { for end in ends { end.eventLoop.execute { end.value.finish() } } }
        let plain = try await listen(config.port, nil, on: group, registry, loops)
        var listeners = [plain]
        if let tls = config.tls {
            do {
                listeners.append(try await listen(tls.port, try tls.serverContext(), on: group, registry, loops))
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
            registry.drain()
        }
        let all = runners
        await withTaskCancellationOrGracefulShutdownHandler {
            await serve(all, registry)
        } onCancelOrGracefulShutdown: {
            stop()
        }
        registry.closeAll()
        for listener in open { try? await listener.closeFuture.get() }
    }

    /// Answers requests until there are no more connections, or the time to drain is over.
    private func serve(_ runners: [LoopRunner], _ registry: ConnectionRegistry) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { tasks in
                    for runner in runners {
                        tasks.addTask(executorPreference: runner.executor) { await runner.run(responder) }
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
        _ loops: [ObjectIdentifier: NIOLoopBound<ServerLoop>]
    ) async throws -> any Channel {
        let limits = config.limits
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
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 * 1024, high: 256 * 1024))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard registry.admit(channel) else { throw ChannelError.alreadyClosed }
                    channel.closeFuture.whenComplete { _ in registry.remove(channel) }
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
                        throw ChannelError.operationUnsupported
                    }
                    let connection = HTTPConnection(loop.value)
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
                }
            }
        do {
            // A name is looked up by a thread of its own, and an address needs none.
            if let address = try? SocketAddress(ipAddress: config.host, port: port) {
                return try await bootstrap.bind(to: address).get()
            }
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
