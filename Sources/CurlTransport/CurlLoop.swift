import CCurl
import Glibc
import HTTPExchange
import NIOCore
import Synchronization

/// libcurl on one event loop: takes requests from any thread and hands them to a multi handle there.
///
/// A request that comes from a task on that event loop is sent, received and answered without another thread.
///
/// libcurl 7.88 keeps a table with a row for each host name that a multi handle ever connected to, walks over all of
/// it for each new connection once its cache is full, and never takes a row out that lost its connection to another
/// name. So a multi handle that has seen ``CurlConfig/hostNamesMax`` names gets no more requests and ends with those it
/// has, and a new one takes its place.
final class CurlLoop: @unchecked Sendable {
    // Sendable: everything but `isStopped` is touched on `eventLoop` alone.
    let eventLoop: any EventLoop
    private let config: CurlConfig
    private let isStopped = Atomic(false)
    private var current: MultiHandle?
    /// Multi handles that end with the requests they have.
    private var retired: [MultiHandle] = []

    private static let globalInit: CURLcode = {
        // libcurl does not shield every write from SIGPIPE once it may not touch signals (NOSIGNAL).
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_ALL))
    }()

    /// Whether libcurl can be used at all.
    static var isUsable: Bool { globalInit == CURLE_OK }

    /// The error of a transport that was shut down.
    static let stopped = ExchangeError(.cancelled, "the transport is shut down", requestMayHaveBeenSent: false)

    init(_ eventLoop: any EventLoop, _ config: CurlConfig) {
        self.eventLoop = eventLoop
        self.config = config
    }

    func start(_ transfer: Transfer) {
        onLoop(else: { transfer.finish(.failure(Self.stopped)) }) { [self] in begin(transfer) }
    }

    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .relaxed)
        guard !isStopped.load(ordering: .acquiring) else { return }
        // Never at once: whoever cancels may stand inside of a callback.
        eventLoop.execute { transfer.multi?.cancel(transfer) }
    }

    /// The transfer's reader has room again, or its upload has bytes again.
    func resume(_ transfer: Transfer) {
        onLoop(else: {}) { transfer.multi?.resume(transfer) }
    }

    /// Ends every transfer.
    func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if eventLoop.inEventLoop { endAll() } else { eventLoop.execute { [self] in endAll() } }
    }

    private func onLoop(else refuse: () -> Void, _ body: @escaping @Sendable () -> Void) {
        guard !isStopped.load(ordering: .acquiring) else { return refuse() }
        if eventLoop.inEventLoop { body() } else { eventLoop.execute(body) }
    }

    // MARK: On the event loop

    private func begin(_ transfer: Transfer) {
        guard !isStopped.load(ordering: .acquiring) else { return transfer.finish(.failure(Self.stopped)) }
        do throws(ExchangeError) {
            let multi = try usableMulti()
            transfer.multi = multi
            multi.begin(transfer)
        } catch {
            transfer.finish(.failure(error))
        }
    }

    private func usableMulti() throws(ExchangeError) -> MultiHandle {
        if let current, !current.hasEnded {
            guard current.isWornOut else { return current }
            retired.removeAll { $0.hasEnded }
            retired.append(current)
            current.retire()
        }
        let multi = try MultiHandle(eventLoop, config)
        current = multi
        return multi
    }

    private func endAll() {
        for multi in retired { multi.end() }
        current?.end()
        retired = []
        current = nil
    }
}
