import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A port that speaks TLS and plain HTTP, as the first byte of each connection says.
enum SandboxListener {
    typealias Respond = @Sendable (SandboxRequest) -> SandboxResponse

    static func bind(
        _ group: MultiThreadedEventLoopGroup,
        host: String,
        port: Int,
        identity: SandboxConfig.Identity?,
        clientAuthorityPEM: [UInt8]? = nil,
        respond: @escaping Respond
    ) async throws -> any Channel {
        let tls = try identity.map { identity in
            let chain = try NIOSSLCertificate.fromPEMBytes(identity.chainPEM).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(bytes: identity.privateKeyPEM, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain,
                privateKey: .privateKey(key)
            )
            if let clientAuthorityPEM {
                // Who comes without a certificate is told so in the vendor's words; a wrong one ends the handshake.
                configuration.certificateVerification = .optionalVerification
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(clientAuthorityPEM))
            }
            return try NIOSSLContext(configuration: configuration)
        }
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TransportChooser(tls: tls, respond: respond))
                }
            }
            .bind(host: host, port: port).get()
    }
}

/// Looks at the first byte: 22 begins a TLS handshake (RFC 8446 section 5.1).
private final class TransportChooser: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let tls: NIOSSLContext?
    private let respond: SandboxListener.Respond

    init(tls: NIOSSLContext?, respond: @escaping SandboxListener.Respond) {
        self.tls = tls
        self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let operations = context.pipeline.syncOperations
        do {
            if let tls, buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == 22 {
                try operations.addHandler(NIOSSLServerHandler(context: tls))
            }
            try operations.configureHTTPServerPipeline(withErrorHandling: true)
            try operations.addHandler(SandboxHandler(respond: respond))
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }
}

/// Collects a request, asks the simulator, and writes its answer.
private final class SandboxHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let respond: SandboxListener.Respond
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(respond: @escaping SandboxListener.Respond) {
        self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            // Nothing that a test sends is larger than this.
            guard body.count + buffer.readableBytes <= 16 * 1024 * 1024 else { return context.close(promise: nil) }
            body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            self.head = nil
            let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
            let response = respond(request(head, hasClientCertificate: tls?.peerCertificate != nil))
            switch response.manner {
            case .whole: write(response, head, context)
            case .dropped: context.close(promise: nil)
            case .late(let milliseconds):
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(in: .milliseconds(Int64(milliseconds))) {
                    let (handler, context) = bound.value
                    handler.write(response, head, context)
                }
            }
        }
    }

    private func request(_ head: HTTPRequestHead, hasClientCertificate: Bool) -> SandboxRequest {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return SandboxRequest(
            method: head.method.rawValue,
            path: FormText.decoded(parts[0], plusIsSpace: false),
            query: parts.count > 1 ? FormText.items(parts[1].utf8) : [],
            headers: head.headers.map { ($0.name.lowercased(), $0.value) },
            body: body,
            hasClientCertificate: hasClientCertificate
        )
    }

    private func write(_ response: SandboxResponse, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count))
        let answer = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: response.status),
            headers: headers
        )
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        if !response.body.isEmpty, head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        let isLast = !head.isKeepAlive
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if isLast { bound.value.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
