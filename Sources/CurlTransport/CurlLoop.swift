import CCurl
import Glibc
import HTTPExchange
import NIOCore
import NIOPosix
import Synchronization

/// A libcurl multi handle that lives on one event loop.
///
/// A request that comes from a task on that event loop is sent, received and answered without another thread. Nothing
/// but the event loop ever calls into the multi handle. One turn of work is a *pump*: sockets that are ready, timers that
/// are due, transfers that are finished, and at the end what arrived is handed over, outside of libcurl's callbacks.
final class CurlLoop: @unchecked Sendable {
    // Sendable: everything but `isStopped` is touched on `eventLoop` alone.
    let eventLoop: any EventLoop
    private let config: CurlConfig
    private let isStopped = Atomic(false)

    private var multi: UnsafeMutableRawPointer?
    private var readiness: Readiness?
    private var isWatching = false
    private var pools: ConnectionPools
    private var openSockets = 0
    /// How many of them were opened since pools were last let go.
    private var openedLately = 0
    /// Transfers that libcurl has, each at its ``Transfer/place``.
    private var running: [Transfer] = []
    /// Transfers that came before the watching began.
    private var early: [Transfer] = []
    /// Transfers that have something to hand over.
    private var fresh: [Transfer] = []
    /// Transfers whose reader or writer wants to go on.
    private var resumed: [Transfer] = []
    private var isPumping = false
    private var isTimerDue = false
    private var timerEnd: NIODeadline?
    private var timer: (scheduled: Scheduled<Void>, deadline: NIODeadline)?

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
        pools = ConnectionPools(config)
    }

    // MARK: From any thread

    func start(_ transfer: Transfer) {
        // A stopped loop is one that still refuses.
        if eventLoop.inEventLoop { return begin(transfer) }
        guard !isStopped.load(ordering: .acquiring) else { return transfer.finish(.failure(Self.stopped)) }
        eventLoop.execute { [self] in begin(transfer) }
    }

    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .relaxed)
        guard !isStopped.load(ordering: .acquiring) else { return }
        // Never at once: whoever cancels may stand inside of a callback.
        eventLoop.execute { [self] in
            guard transfer.place != nil else { return }
            end(transfer, .failure(Self.cancelled(transfer)))
            pump()
        }
    }

    /// The transfer's reader has room again, or its upload has bytes again.
    func resume(_ transfer: Transfer) {
        guard !isStopped.load(ordering: .acquiring) else { return }
        if eventLoop.inEventLoop { goOn(with: transfer) } else { eventLoop.execute { [self] in goOn(with: transfer) } }
    }

    /// Ends every transfer.
    func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if eventLoop.inEventLoop { finishAll() } else { eventLoop.execute { [self] in finishAll() } }
    }

    private static func cancelled(_ transfer: Transfer) -> ExchangeError {
        ExchangeError(.cancelled, "the caller gave up", requestMayHaveBeenSent: transfer.wasRequestBegun)
    }

    // MARK: On the event loop

    private func begin(_ transfer: Transfer) {
        guard !isStopped.load(ordering: .acquiring) else { return transfer.finish(.failure(Self.stopped)) }
        guard !transfer.isCancelled.load(ordering: .relaxed) else {
            return transfer.finish(.failure(Self.cancelled(transfer)))
        }
        do throws(ExchangeError) {
            let multi = try openedMulti()
            guard isWatching else { return early.append(transfer) }
            let pool = try pools.pool(for: transfer)
            let handle = try pool.take(config, context)
            transfer.pool = pool
            transfer.handle = handle
            try handle.prepare(transfer)
            transfer.place = running.count
            running.append(transfer)
            guard curl_multi_add_handle(multi, handle.pointer) == CURLM_OK else {
                throw ExchangeError(.invalidRequest, "libcurl refuses the request", requestMayHaveBeenSent: false)
            }
            pump()
        } catch {
            end(transfer, .failure(error))
        }
    }

    private func openedMulti() throws(ExchangeError) -> UnsafeMutableRawPointer {
        if let multi { return multi }
        guard let multi = curl_multi_init(), let readiness = try? Readiness() else {
            throw ExchangeError(.invalidRequest, "libcurl cannot be initialised", requestMayHaveBeenSent: false)
        }
        self.multi = multi
        self.readiness = readiness
        setUp(multi)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        readiness.begin(
            on: eventLoop,
            onReady: { socket, what in bound.value.ready(socket, what) },
            onEnd: { bound.value.stop() }
        ).whenComplete { result in bound.value.watching(result) }
        return multi
    }

    /// What libcurl's callbacks get; the loop outlives the multi handle, which is cleaned up in finishAll.
    private var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    private func setUp(_ multi: UnsafeMutableRawPointer) {
        // Of each pool, since libcurl looks at the share that a request's handle is attached to.
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, config.connectionsPerPoolMax)
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAXCONNECTS, config.connectionsPerPoolMax)
        _ = tributary_curl_multi_pointer(multi, CURLMOPT_SOCKETDATA, context)
        _ = tributary_curl_multi_pointer(multi, CURLMOPT_TIMERDATA, context)
        _ = tributary_curl_multi_sockets(multi) { _, socket, what, context, _ in
            guard let context else { return 0 }
            Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().readiness?.watch(socket, what)
            return 0
        }
        _ = tributary_curl_multi_timer(multi) { _, milliseconds, context in
            guard let context else { return 0 }
            Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
            return 0
        }
    }

    private func watching(_ result: Result<Void, any Error>) {
        let waiting = early
        early = []
        switch result {
        case .success where !isStopped.load(ordering: .acquiring):
            isWatching = true
            for transfer in waiting { begin(transfer) }
        default:
            let error = ExchangeError(.invalidRequest, "sockets cannot be watched", requestMayHaveBeenSent: false)
            for transfer in waiting { transfer.finish(.failure(error)) }
            stop()
        }
    }

    /// A socket is ready; -1 after the last one.
    private func ready(_ socket: CInt, _ what: CInt) {
        guard let multi else { return }
        guard socket >= 0 else { return pump() }
        var active: Int32 = 0
        curl_multi_socket_action(multi, socket, what, &active)
    }

    private func goOn(with transfer: Transfer) {
        resumed.append(transfer)
        pump()
    }

    /// A connection's socket was opened; called by libcurl.
    func opened(_ socket: CInt) {
        openSockets += 1
        openedLately += 1
        readiness?.opened(socket)
    }

    /// A connection's socket is about to be closed; called by libcurl.
    func closing(_ socket: CInt) {
        openSockets -= 1
        readiness?.closing(socket)
    }

    private func pump() {
        guard !isPumping, let multi else { return }
        isPumping = true
        repeat {
            while let transfer = resumed.popLast() { transfer.goOn() }
            while isTimerDue {
                isTimerDue = false
                var active: Int32 = 0
                curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &active)
            }
            collectFinished(multi)
            while let transfer = fresh.popLast() { transfer.handOver() }
        } while !resumed.isEmpty || isTimerDue
        isPumping = false
    }

    /// A transfer has something for its reader; called inside of libcurl's callbacks.
    func note(_ transfer: Transfer) {
        guard !transfer.isNoted else { return }
        transfer.isNoted = true
        fresh.append(transfer)
    }

    private func collectFinished(_ multi: UnsafeMutableRawPointer) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = tributary_curl_message_result(message)
            var context: UnsafeMutableRawPointer?
            guard let handle = tributary_curl_message_handle(message),
                tributary_curl_info_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK, let context,
                let transfer = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().transfer
            else { continue }
            if code == CURLE_OK {
                var newConnections = 0
                tributary_curl_info_long(handle, CURLINFO_NUM_CONNECTS, &newConnections)
                end(transfer, .success(newConnections == 0))
            } else {
                end(transfer, .failure(CurlFailure.error(code, transfer)))
            }
        }
    }

    private func end(_ transfer: Transfer, _ result: Result<Bool, ExchangeError>) {
        if let handle = transfer.handle {
            // After this no callback of the transfer runs.
            if let multi { curl_multi_remove_handle(multi, handle.pointer) }
            transfer.handle = nil
            handle.release()
            transfer.pool?.giveBack(handle)
            transfer.pool = nil
            dropIdle()
        }
        if let place = transfer.place {
            transfer.place = nil
            // The last one takes its place.
            let last = running.removeLast()
            if last !== transfer {
                running[place] = last
                last.place = place
            }
        }
        transfer.finish(result)
    }

    /// Lets pools go that were not used lately, when connections wait: half of the most that may are of the newer pools.
    private func dropIdle() {
        let half = config.idleConnectionsMax / 2
        guard openedLately >= half, openSockets - running.count > half else { return }
        openedLately = 0
        pools.dropOlder()
    }

    private func finishAll() {
        for transfer in early + running { end(transfer, .failure(Self.stopped)) }
        early = []
        pools.removeAll()
        timer?.scheduled.cancel()
        timer = nil
        if let multi { curl_multi_cleanup(multi) }
        multi = nil
        readiness?.end()
        readiness = nil
    }

    // MARK: libcurl's timer

    private func setTimer(_ milliseconds: Int) {
        switch milliseconds {
        case ..<0: timerEnd = nil
        case 0:
            timerEnd = nil
            isTimerDue = true
        default:
            let end = NIODeadline.now() + .milliseconds(Int64(milliseconds))
            timerEnd = end
            arm(end)
        }
    }

    /// Keeps one NIO timer that is early enough: libcurl moves its own with every request, mostly to later.
    private func arm(_ end: NIODeadline) {
        if let timer, timer.deadline <= end { return }
        timer?.scheduled.cancel()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let scheduled = eventLoop.scheduleTask(deadline: end) { bound.value.timerFired() }
        timer = (scheduled, end)
    }

    private func timerFired() {
        timer = nil
        guard let end = timerEnd else { return }
        if NIODeadline.now() < end { return arm(end) }
        timerEnd = nil
        isTimerDue = true
        pump()
    }
}
