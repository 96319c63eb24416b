import CCurl
import Glibc
import HTTPExchange
import NIOCore
import Synchronization

/// A libcurl multi handle with its sockets, timers and easy handles; nothing but its event loop ever touches it.
///
/// One turn of work is a *pump*: sockets that are ready, timers that are due, transfers that are finished, and at the end
/// what arrived is handed over, outside of libcurl's callbacks.
final class MultiHandle {
    private let eventLoop: any EventLoop
    private var multi: UnsafeMutableRawPointer?
    private let readiness: Readiness
    private var isWatching = false
    private var isRetired = false
    private var handles: HandlePool
    private var running: [ObjectIdentifier: Transfer] = [:]
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

    /// Opens a multi handle.
    ///
    /// - Throws: `invalidRequest` when there is no memory or no descriptor for it.
    init(_ eventLoop: any EventLoop, _ config: CurlConfig) throws(ExchangeError) {
        guard let readiness = try? Readiness(), let multi = curl_multi_init() else {
            throw ExchangeError(.invalidRequest, "libcurl cannot be initialised", requestMayHaveBeenSent: false)
        }
        self.eventLoop = eventLoop
        self.readiness = readiness
        self.multi = multi
        handles = HandlePool(config)
        setUp(multi, config)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        readiness.begin(
            on: eventLoop,
            onReady: { socket, what in bound.value.ready(socket, what) },
            onEnd: { bound.value.end() }
        ).whenComplete { result in bound.value.watching(result) }
    }

    /// Whether it is over.
    var hasEnded: Bool { multi == nil }

    /// Whether it has seen as many host names as it should.
    var isWornOut: Bool { handles.isWornOut }

    func begin(_ transfer: Transfer) {
        guard let multi else { return transfer.finish(.failure(CurlLoop.stopped)) }
        guard !transfer.isCancelled.load(ordering: .relaxed) else {
            return transfer.finish(.failure(Self.cancelled(transfer)))
        }
        guard isWatching else { return early.append(transfer) }
        do throws(ExchangeError) {
            let handle = try handles.handle(for: transfer)
            transfer.handle = handle
            running[ObjectIdentifier(transfer)] = transfer
            guard curl_multi_add_handle(multi, handle.pointer) == CURLM_OK else {
                throw ExchangeError(.invalidRequest, "libcurl refuses the request", requestMayHaveBeenSent: false)
            }
            pump()
        } catch {
            end(transfer, .failure(error))
        }
    }

    func cancel(_ transfer: Transfer) {
        guard running[ObjectIdentifier(transfer)] != nil else { return }
        end(transfer, .failure(Self.cancelled(transfer)))
        pump()
    }

    func resume(_ transfer: Transfer) {
        guard transfer.handle != nil else { return }
        resumed.append(transfer)
        pump()
    }

    /// Ends with the last of the transfers it has.
    func retire() {
        isRetired = true
        pump()
    }

    private static func cancelled(_ transfer: Transfer) -> ExchangeError {
        ExchangeError(.cancelled, "the caller gave up", requestMayHaveBeenSent: transfer.wasRequestBegun)
    }

    private func setUp(_ multi: UnsafeMutableRawPointer, _ config: CurlConfig) {
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, config.connectionsPerHostMax)
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, config.connectionsMax)
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAXCONNECTS, config.connectionsMax)
        // This outlives libcurl's part, which is cleaned up in `end`.
        let context = Unmanaged.passUnretained(self).toOpaque()
        handles.multiContext = context
        _ = tributary_curl_multi_pointer(multi, CURLMOPT_SOCKETDATA, context)
        _ = tributary_curl_multi_pointer(multi, CURLMOPT_TIMERDATA, context)
        _ = tributary_curl_multi_sockets(multi) { _, socket, what, context, _ in
            guard let context else { return 0 }
            Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().readiness.watch(socket, what)
            return 0
        }
        _ = tributary_curl_multi_timer(multi) { _, milliseconds, context in
            guard let context else { return 0 }
            Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
            return 0
        }
    }

    private func watching(_ result: Result<Void, any Error>) {
        let waiting = early
        early = []
        switch result {
        case .success where !hasEnded:
            isWatching = true
            for transfer in waiting { begin(transfer) }
            pump()
        default:
            let error = ExchangeError(.invalidRequest, "sockets cannot be watched", requestMayHaveBeenSent: false)
            for transfer in waiting { transfer.finish(.failure(error)) }
            end()
        }
    }

    /// A socket is ready; -1 after the last one.
    private func ready(_ socket: CInt, _ what: CInt) {
        guard let multi else { return }
        guard socket >= 0 else { return pump() }
        var active: Int32 = 0
        curl_multi_socket_action(multi, socket, what, &active)
    }

    /// A connection's socket was opened; called by libcurl.
    func opened(_ socket: CInt) {
        readiness.opened(socket)
    }

    /// A connection's socket is about to be closed; called by libcurl.
    func closing(_ socket: CInt) {
        readiness.closing(socket)
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
        if isRetired, isWatching, running.isEmpty { end() }
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
            handles.put(back: handle)
        }
        running[ObjectIdentifier(transfer)] = nil
        transfer.finish(result)
    }

    /// Ends every transfer, and the connections.
    func end() {
        guard let multi else { return }
        for transfer in early + Array(running.values) { end(transfer, .failure(CurlLoop.stopped)) }
        early = []
        handles.removeAll()
        timer?.scheduled.cancel()
        timer = nil
        curl_multi_cleanup(multi)
        self.multi = nil
        readiness.end()
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
