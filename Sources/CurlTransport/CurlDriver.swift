import CCurl
import Foundation
import HTTPExchange
import Synchronization

/// The thread that owns a libcurl multi handle.
///
/// Nothing else ever calls into it, but for the wake-up.
final class CurlDriver: @unchecked Sendable {
    // Sendable: `multi` and `running` are used on `thread` alone; `curl_multi_wakeup` may be called by any thread.
    private enum Command {
        case start(Transfer)
        case cancel(Int)
        case resume(Int)
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopped = false
    }

    private let config: CurlConfig
    private let multi: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    private var running: [Int: Transfer] = [:]
    private static let globalInit: CURLcode = {
        // libcurl does not shield every write from SIGPIPE once it may not touch signals (NOSIGNAL).
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_ALL))
    }()

    init(config: CurlConfig) throws(ExchangeError) {
        guard Self.globalInit == CURLE_OK, let multi = curl_multi_init() else {
            throw ExchangeError(.invalidRequest, "libcurl cannot be initialised", requestMayHaveBeenSent: false)
        }
        self.config = config
        self.multi = multi
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, config.connectionsPerHostMax)
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, config.connectionsMax)
        _ = tributary_curl_multi_long(multi, CURLMOPT_MAXCONNECTS, config.connectionsMax)
        let thread = Thread { [self] in run() }
        thread.name = "tributary-curl"
        thread.start()
    }

    func start(_ transfer: Transfer) { post(.start(transfer)) }
    func cancel(_ id: Int) { post(.cancel(id)) }
    func resume(_ id: Int) { post(.resume(id)) }

    /// Ends every transfer and the thread.
    func stop() {
        inbox.withLock { $0.isStopped = true }
        curl_multi_wakeup(multi)
    }

    private func post(_ command: Command) {
        let isStopped = inbox.withLock { inbox in
            if !inbox.isStopped { inbox.commands.append(command) }
            return inbox.isStopped
        }
        if !isStopped {
            curl_multi_wakeup(multi)
        } else if case .start(let transfer) = command {
            transfer.finish(.failure(Self.stopped))
        }
    }

    private static let stopped = ExchangeError(.cancelled, "the transport is shut down", requestMayHaveBeenSent: false)

    // MARK: On the thread

    private func run() {
        while true {
            let (commands, isStopped) = inbox.withLock { inbox in
                defer { inbox.commands = [] }
                return (inbox.commands, inbox.isStopped)
            }
            if isStopped {
                for command in commands {
                    if case .start(let transfer) = command { transfer.finish(.failure(Self.stopped)) }
                }
                break
            }
            for command in commands { obey(command) }
            var active: Int32 = 0
            curl_multi_perform(multi, &active)
            collectFinished()
            if inbox.withLock({ $0.commands.isEmpty && !$0.isStopped }) {
                curl_multi_poll(multi, nil, 0, 1000, nil)
            }
        }
        for transfer in running.values { end(transfer, .failure(Self.stopped)) }
        curl_multi_cleanup(multi)
    }

    private func obey(_ command: Command) {
        switch command {
        case .start(let transfer):
            do throws(ExchangeError) {
                let handle = try EasyHandle.make(transfer, config)
                transfer.handle = handle
                running[transfer.id] = transfer
                guard curl_multi_add_handle(multi, handle) == CURLM_OK else {
                    end(
                        transfer,
                        .failure(
                            ExchangeError(.invalidRequest, "libcurl refuses the request", requestMayHaveBeenSent: false)
                        )
                    )
                    return
                }
            } catch {
                end(transfer, .failure(error))
            }
        case .cancel(let id):
            guard let transfer = running[id] else { return }
            end(
                transfer,
                .failure(
                    ExchangeError(
                        .cancelled,
                        "the caller gave up",
                        requestMayHaveBeenSent: transfer.wasRequestBegun
                    )
                )
            )
        case .resume(let id):
            guard let handle = running[id]?.handle else { return }
            curl_easy_pause(handle, CURLPAUSE_CONT)
        }
    }

    private func collectFinished() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = tributary_curl_message_result(message)
            var context: UnsafeMutableRawPointer?
            guard let handle = tributary_curl_message_handle(message),
                tributary_curl_info_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK, let context
            else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
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
            // After this no callback of the transfer runs, so its context may go.
            curl_multi_remove_handle(multi, handle)
            curl_easy_cleanup(handle)
            transfer.handle = nil
        }
        curl_slist_free_all(transfer.headerList)
        curl_slist_free_all(transfer.connectToList)
        transfer.headerList = nil
        transfer.connectToList = nil
        running[transfer.id] = nil
        transfer.finish(result)
    }
}
