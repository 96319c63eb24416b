package import Cryptography
package import Foundation
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A vendor over real TLS whose every answer a test scripts byte by byte, and whose log says what reached it.
package final class VendorServer: Sendable {
    /// One request as it came in.
    package struct Arrival: Sendable {
        /// Which connection, counted from 1.
        package let connection: Int
        /// Which request on its connection, counted from 1.
        package let number: Int
        /// Request line and header fields.
        package let head: String
        /// The body.
        package let body: [UInt8]
        /// The client's certificate, when it showed one.
        package let certificate: [UInt8]?

        /// The request line.
        package var line: String { String(head.split(separator: "\r\n", maxSplits: 1)[0]) }

        /// The path with its query.
        package var target: String { String(line.split(separator: " ")[safe: 1] ?? "") }

        /// The value of a header field, named in lower case.
        package func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let pair = line.split(separator: ":", maxSplits: 1)
                if pair[0].lowercased() == name { return pair[1].trimmingCharacters(in: .whitespaces) }
            }
            return nil
        }
    }

    /// What the vendor does with a request.
    package enum Answer: Sendable {
        /// These bytes, and the connection stays.
        case bytes([UInt8])
        /// These bytes, and the connection ends.
        case last([UInt8])
        /// Nothing: the connection ends.
        case hangUp
        /// Nothing at all.
        case silence
        /// A head, and then the piece again and again for as long as the client takes it.
        case endless(head: String, piece: [UInt8])
        /// A head, and then one byte after the other, ten in a second.
        case drip(head: String, [UInt8])
        /// These bytes, and the connection ends by a reset.
        case reset(after: [UInt8])

        /// A good answer.
        package static func ok(_ text: String = "{}", fields: String = "") -> Answer {
            .bytes(
                Array("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\(fields)\r\n\(text)".utf8)
            )
        }

        /// An answer without a body.
        package static func status(_ line: String, fields: String = "") -> Answer {
            .bytes(Array("HTTP/1.1 \(line)\r\nContent-Length: 0\r\n\(fields)\r\n".utf8))
        }
    }

    /// What the vendor does with each request.
    package typealias Script = @Sendable (Arrival) -> Answer

    /// Who certifies the vendor.
    package let authority: DevelopmentAuthority
    /// A file with the authority's certificate.
    package let caFile: URL
    private let log = Mutex<[Arrival]>([])
    private let connections = Mutex(0)
    private let open = Mutex(0)
    private let written = Mutex(0)
    private let channel: any Channel

    /// Starts a vendor.
    ///
    /// - Parameters:
    ///   - names: the names of its certificate.
    ///   - authority: who certifies it; one of its own by default.
    ///   - port: where it listens on this machine; anywhere by default.
    ///   - asksForCertificate: whether clients must show one of its authority.
    ///   - script: what it answers.
    /// - Throws: when it cannot listen.
    package init(
        names: [String] = ["vendor.test", "*.vendor.test"],
        authority: DevelopmentAuthority? = nil,
        port: Int = 0,
        asksForCertificate: Bool = false,
        script: @escaping Script
    ) async throws {
        let authority = try authority ?? DevelopmentAuthority()
        self.authority = authority
        caFile = try TestFolder.file("vendor-\(UUID().uuidString).pem")
        try Data(authority.certificatePEM).write(to: caFile)
        let identity = try authority.issue(commonName: "vendor", dnsNames: names)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(identity.chainPEM).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: identity.privateKeyPEM, format: .pem))
        )
        if asksForCertificate {
            tls.certificateVerification = .noHostnameVerification
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority.certificatePEM))
        }
        let context = try NIOSSLContext(configuration: tls)
        let holder = Holder()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let server = holder.server.withLock({ $0.value }) else { return }
                    let number = server.connections.withLock { count in
                        count += 1
                        return count
                    }
                    server.open.withLock { $0 += 1 }
                    channel.closeFuture.whenComplete { _ in server.open.withLock { $0 -= 1 } }
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: context),
                        ScriptHandler(server: server, script: script, connection: number),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        holder.server.withLock { $0.value = self }
    }

    deinit {
        channel.close(promise: nil)
        try? FileManager.default.removeItem(at: caFile)
    }

    /// What the channel knows of its vendor, which owns the channel.
    private final class Holder: Sendable {
        struct Reference: Sendable {
            weak var value: VendorServer?
        }

        let server = Mutex(Reference())
    }

    /// Where it listens.
    package var port: Int { channel.localAddress?.port ?? 0 }
    /// What reached the vendor, in order.
    package var arrivals: [Arrival] { log.withLock { $0 } }
    /// How many connections are open.
    package var openConnections: Int { open.withLock { $0 } }
    /// How many connections were opened.
    package var connectionCount: Int { connections.withLock { $0 } }
    /// How many bytes of endless answers the client's side has taken.
    package var bytesTaken: Int { written.withLock { $0 } }

    /// Begins a new log.
    package func forget() {
        log.withLock { $0 = [] }
        connections.withLock { $0 = 0 }
        written.withLock { $0 = 0 }
    }

    fileprivate func note(_ arrival: Arrival) { log.withLock { $0.append(arrival) } }
    fileprivate func noteTaken(_ count: Int) { written.withLock { $0 += count } }
}

/// Reads requests and does what the script says.
private final class ScriptHandler: ChannelInboundHandler, @unchecked Sendable {
    // Sendable: used on its event loop alone.
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: VendorServer
    private let script: VendorServer.Script
    private let connection: Int
    private var received: [UInt8] = []
    private var number = 0

    init(server: VendorServer, script: @escaping VendorServer.Script, connection: Int) {
        self.server = server
        self.script = script
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Array(unwrapInboundIn(data).readableBytesView)
        while let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
            let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
            let draft = VendorServer.Arrival(connection: connection, number: 0, head: head, body: [], certificate: nil)
            let length = draft.header("content-length").flatMap { Int($0) } ?? 0
            guard received.count - end.upperBound >= length else { return }
            let body = Array(received[end.upperBound..<end.upperBound + length])
            received.removeFirst(end.upperBound + length)
            number += 1
            let certificate = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
                .peerCertificate?.toDERBytes()
            let arrival = VendorServer.Arrival(
                connection: connection,
                number: number,
                head: head,
                body: body,
                certificate: certificate
            )
            server.note(arrival)
            answer(script(arrival), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ answer: VendorServer.Answer, _ context: ChannelHandlerContext) {
        switch answer {
        case .bytes(let bytes): write(bytes, context)
        case .last(let bytes):
            write(bytes, context)
            context.close(promise: nil)
        case .hangUp: context.close(promise: nil)
        case .silence: break
        case .endless(let head, let piece):
            write(Array(head.utf8), context)
            again(piece, context)
        case .drip(let head, let bytes):
            write(Array(head.utf8), context)
            drip(bytes[...], context)
        case .reset(let bytes):
            write(bytes, context)
            reset(context)
        }
    }

    /// Writes a byte, and the next one a little later.
    private func drip(_ bytes: ArraySlice<UInt8>, _ context: ChannelHandlerContext) {
        guard let byte = bytes.first, context.channel.isActive else { return }
        write([byte], context)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        _ = context.eventLoop.scheduleTask(in: .milliseconds(100)) {
            let (handler, context) = bound.value
            handler.drip(bytes.dropFirst(), context)
        }
    }

    /// Lets the connection end without a farewell.
    private func reset(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        guard let provider = context.channel as? any SocketOptionProvider else { return }
        provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close(promise: nil) }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// Writes the next piece when the one before has left this machine's buffers.
    private func again(_ piece: [UInt8], _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let server = server
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: piece))).whenSuccess {
            server.noteTaken(piece.count)
            let (handler, context) = bound.value
            handler.again(piece, context)
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
