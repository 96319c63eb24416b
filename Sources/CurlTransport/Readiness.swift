import CCurl
import Glibc
import NIOCore
import NIOPosix

/// Watches libcurl's sockets from a NIO event loop.
///
/// NIO has no public way to watch a foreign descriptor, so the sockets sit in an epoll descriptor of our own, and that
/// one is given to NIO as if it were the reading end of a pipe. It becomes readable when a socket is ready, but nothing
/// can be read from it; therefore, once NIO's own epoll knows it, `/dev/zero` takes its place under the same number.
/// The kernel goes on reporting the old description as long as another descriptor refers to it (epoll(7), "will closing
/// a file descriptor cause it to be removed"), and we keep one. So each time a socket is ready NIO reads a few zero bytes
/// and calls us, on the event loop, with no other thread and no further wake-up in between. See ADR 0010.
final class Readiness: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// Something that could not be set up.
    struct Failure: Error {
        let what: String
    }

    private let poll: CInt
    private var given: CInt = -1
    /// What each socket, by its number, is watched for in libcurl's bits, whether it is a connection's, and whether
    /// libcurl does not care at the moment.
    private var watched: [UInt8] = []
    private var onReady: ((CInt, CInt) -> Void)?
    private var onEnd: (() -> Void)?
    private var channel: (any Channel)?

    private static let own: UInt8 = 0x40
    private static let dormant: UInt8 = 0x80

    init() throws(Failure) {
        poll = tributary_epoll_create()
        guard poll >= 0 else { throw Failure(what: "no descriptor for epoll") }
    }

    deinit {
        Glibc.close(poll)
    }

    /// Begins to watch; must be called on `eventLoop`.
    ///
    /// - Parameters:
    ///   - eventLoop: calls the handlers.
    ///   - onReady: told each socket that is ready and for what, in libcurl's words, and -1 after the last one.
    ///   - onEnd: told when the event loop ends.
    /// - Returns: succeeds when sockets are watched.
    func begin(
        on eventLoop: any EventLoop,
        onReady: @escaping (CInt, CInt) -> Void,
        onEnd: @escaping () -> Void
    ) -> EventLoopFuture<Void> {
        self.onReady = onReady
        self.onEnd = onEnd
        given = fcntl(poll, F_DUPFD_CLOEXEC, 0)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return NIOPipeBootstrap(group: eventLoop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8))
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .takingOwnershipOfDescriptor(input: given)
            .flatMapThrowing { channel in try bound.value.exchange(channel) }
    }

    /// Puts what can be read in the place of what is watched.
    private func exchange(_ channel: any Channel) throws {
        let zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard zeros >= 0, dup2(zeros, given) == given else { throw Failure(what: "/dev/zero cannot be opened") }
        _ = fcntl(given, F_SETFD, FD_CLOEXEC)
        Glibc.close(zeros)
        self.channel = channel
    }

    /// A connection's socket was opened: its number may have belonged to another one before.
    func opened(_ socket: CInt) {
        let index = Int(socket)
        if index >= watched.count { watched += Array(repeating: 0, count: index + 64 - watched.count) }
        watched[index] = Self.own
    }

    /// A connection's socket is about to be closed, which takes it out of epoll.
    func closing(_ socket: CInt) {
        if Int(socket) < watched.count { watched[Int(socket)] = 0 }
    }

    /// Watches `socket` for what libcurl wants: `CURL_POLL_IN` and so on.
    ///
    /// The socket of a connection stays in epoll when libcurl lets it go, until it tells something or is closed, because
    /// the next request wants it back.
    func watch(_ socket: CInt, _ what: CInt) {
        let index = Int(socket)
        if index >= watched.count { watched += Array(repeating: 0, count: index + 64 - watched.count) }
        let known = watched[index]
        if what == CURL_POLL_REMOVE {
            if known & Self.own != 0 {
                watched[index] = known | Self.dormant
            } else {
                _ = tributary_epoll_watch(poll, socket, 0, 1)
                watched[index] = 0
            }
            return
        }
        let wanted = UInt8(truncatingIfNeeded: what) & 3
        if known & 3 != wanted {
            _ = tributary_epoll_watch(poll, socket, CInt(wanted), known & 3 == 0 ? 0 : 1)
        }
        watched[index] = known & Self.own | wanted
    }

    /// Ends the watching.
    func end() {
        onReady = nil
        onEnd = nil
        channel?.close(promise: nil)
        channel = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let onReady else { return }
        withUnsafeTemporaryAllocation(of: CInt.self, capacity: 128) { room in
            guard let base = room.baseAddress else { return }
            let count = Int(tributary_epoll_ready(poll, base, base + 64, 64))
            for index in 0..<max(0, count) {
                let socket = base[index]
                if watched[Int(socket)] & Self.dormant != 0 {
                    // Its connection idles and the other side closed it or spoke out of turn; libcurl will see.
                    _ = tributary_epoll_watch(poll, socket, 0, 1)
                    watched[Int(socket)] = Self.own
                } else {
                    onReady(socket, base[64 + index])
                }
            }
        }
        onReady(-1, 0)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // NIO takes out of its epoll what stands under the number now, so the first description goes back there. A pipe
        // without a writing end has that half closed at once, which is not the end.
        if mode == .all, given >= 0 {
            dup2(poll, given)
            given = -1
        }
        context.close(mode: mode, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let ended = onEnd
        onReady = nil
        onEnd = nil
        channel = nil
        ended?()
        context.fireChannelInactive()
    }
}
