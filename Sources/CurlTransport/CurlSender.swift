package import HTTPExchange
import HTTPTypes
import Synchronization

/// ``HTTPSender`` over libcurl: keep-alive, HTTP/2, mutual TLS from memory, the egress policy, and no surprise replays.
package final class CurlSender: HTTPSender {
    private let config: CurlConfig
    private let policy: EgressPolicy
    private let driver: CurlDriver
    private let lastID = Atomic(0)

    /// Starts the transport's thread.
    ///
    /// - Throws: `invalidRequest` when libcurl cannot be initialised.
    package init(_ config: CurlConfig = CurlConfig()) throws(ExchangeError) {
        self.config = config
        policy = config.policy
        driver = try CurlDriver(config: config)
    }

    deinit {
        driver.stop()
    }

    /// Ends what is under way with `cancelled` and refuses what comes later.
    package func shutdown() {
        driver.stop()
    }

    package func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        var request = request
        var target = try checked(request)
        guard case .sameOrigin(let limit) = request.redirects else { return try await exchange(request, target) }
        for _ in 0...max(0, limit) {
            let response = try await exchange(request, target)
            guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers[.location] else {
                return response
            }
            let next = try target.following(location)
            guard next.hasSameOrigin(as: target) else {
                throw ExchangeError(
                    .redirectRefused,
                    "\(target.host) redirects to another origin",
                    requestMayHaveBeenSent: true
                )
            }
            // 303, and by custom 301 and 302, turn into a GET (RFC 9110 section 15.4); 307 and 308 repeat.
            if response.status == 303 || response.status < 303 && request.method == .post {
                request.method = .get
                request.body = nil
                request.headers[.contentType] = nil
            }
            target = next
        }
        throw ExchangeError(
            .redirectRefused,
            "\(target.host) redirects more than \(limit) times",
            requestMayHaveBeenSent: true
        )
    }

    package func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        let transfer = makeTransfer(request, try checked(request), isStreaming: true)
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.awaitHead(continuation)
                driver.start(transfer)
            }
        } onCancel: {
            driver.cancel(transfer.id)
        }.get()
    }

    private func exchange(_ request: OutboundRequest, _ target: RequestTarget) async throws(ExchangeError)
        -> InboundResponse
    {
        let transfer = makeTransfer(request, target, isStreaming: false)
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.awaitWhole(continuation)
                driver.start(transfer)
            }
        } onCancel: {
            driver.cancel(transfer.id)
        }.get()
    }

    private func checked(_ request: OutboundRequest) throws(ExchangeError) -> RequestTarget {
        let target = try RequestTarget(request.url)
        guard request.destination == .service || target.scheme == "https" else {
            throw ExchangeError(
                .invalidRequest,
                "\(target.host) must be called by https",
                requestMayHaveBeenSent: false
            )
        }
        let partition = request.identity.partition
        guard !partition.isEmpty, partition.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
        else {
            throw ExchangeError(
                .invalidRequest,
                "the connection's partition is not a word of printable ASCII",
                requestMayHaveBeenSent: false
            )
        }
        return target
    }

    private func makeTransfer(_ request: OutboundRequest, _ target: RequestTarget, isStreaming: Bool) -> Transfer {
        let id = lastID.add(1, ordering: .relaxed).newValue
        return Transfer(id: id, request: request, target: target, policy: policy, isStreaming: isStreaming) {
            [driver] transfer in
            let reader = BodyReader(transfer: transfer, driver: driver)
            return AsyncThrowingStream(unfolding: { try await reader.next() })
        }
    }
}

/// Hands a streamed body on; when nobody holds it any more the connection is closed.
private final class BodyReader: Sendable {
    private let transfer: Transfer
    private let driver: CurlDriver

    init(transfer: Transfer, driver: CurlDriver) {
        self.transfer = transfer
        self.driver = driver
    }

    deinit {
        driver.cancel(transfer.id)
    }

    func next() async throws(ExchangeError) -> [UInt8]? {
        try await transfer.nextPiece { driver.resume(transfer.id) }
    }
}
