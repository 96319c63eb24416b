package import HTTPExchange
import HTTPTypes
import NIOCore
import NIOPosix
import Synchronization

/// ``HTTPSender`` over libcurl: keep-alive, HTTP/2, mutual TLS from memory, the egress policy, and no surprise replays.
///
/// A request from a task on an event loop stays on that event loop; all others share one of this process.
package final class CurlSender: HTTPSender {
    private let config: CurlConfig
    private let policy: EgressPolicy
    private let loops = Mutex<[ObjectIdentifier: CurlLoop]>([:])
    private let isShutDown = Atomic(false)

    /// For callers that are not on an event loop.
    private static let sharedGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Prepares the transport.
    ///
    /// - Throws: `invalidRequest` when libcurl cannot be initialised.
    package init(_ config: CurlConfig = CurlConfig()) throws(ExchangeError) {
        guard CurlLoop.isUsable else {
            throw ExchangeError(.invalidRequest, "libcurl cannot be initialised", requestMayHaveBeenSent: false)
        }
        self.config = config
        policy = config.policy
    }

    deinit {
        shutdown()
    }

    /// Ends what is under way with `cancelled` and refuses what comes later.
    package func shutdown() {
        isShutDown.store(true, ordering: .releasing)
        let all = loops.withLock { loops in
            defer { loops = [:] }
            return Array(loops.values)
        }
        for loop in all { loop.stop() }
    }

    package func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        let target = try checked(request)
        return request.redirects.limit > 0 ? try await following(request, target) : try await exchange(request, target)
    }

    package func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        let loop = try currentLoop()
        let transfer = Transfer(request, try checked(request), policy, on: loop, streams: true)
        transfer.watchUpload()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.awaitHead(continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }.get()
    }

    private func following(_ request: OutboundRequest, _ target: RequestTarget) async throws(ExchangeError)
        -> InboundResponse
    {
        var request = request
        var target = target
        var isBare = false
        for _ in 0...request.redirects.limit {
            let response = try await exchange(request, target)
            // Nobody shall take it for a refusal of the credentials.
            if isBare, [401, 403].contains(response.status) {
                throw ExchangeError(
                    .redirectRefused,
                    "a redirect led to \(target.host), which wants credentials; only the first host gets them",
                    requestMayHaveBeenSent: true
                )
            }
            guard [301, 302, 303, 307, 308].contains(response.status), let location = response.headers[.location] else {
                return response
            }
            // 303, and by custom 301 and 302, turn into a GET (RFC 9110 section 15.4); 307 and 308 repeat.
            if response.status == 303 || response.status < 303 && request.method == .post {
                request.method = .get
                request.body = nil
                request.headers[.contentType] = nil
            }
            let next = try target.following(location)
            let dialled = routed(next, request)
            if !dialled.hasSameOrigin(as: target) {
                try leave(target, for: next, &request)
                isBare = true
            }
            target = dialled
        }
        throw ExchangeError(
            .redirectRefused,
            "\(target.host) redirects more than \(request.redirects.limit) times",
            requestMayHaveBeenSent: true
        )
    }

    /// What may be told to another origin than the one that the request was made for.
    private static let harmlessFields: Set<HTTPField.Name> = [.accept, .acceptLanguage, .range, .userAgent]

    /// Takes from a request what another origin must not see, for good: a way back brings no credentials either.
    private func leave(
        _ target: RequestTarget,
        for next: RequestTarget,
        _ request: inout OutboundRequest
    ) throws(ExchangeError) {
        func refuse(_ why: String) -> ExchangeError {
            ExchangeError(.redirectRefused, "\(target.host) redirects \(why)", requestMayHaveBeenSent: true)
        }
        guard next.scheme == "https", next.port == 443 else { throw refuse("to an address that is not usual https") }
        guard request.redirects.allowsHost(next.host) else {
            throw refuse("to \(next.host.prefix(253)), a host that is not allowed")
        }
        guard request.body == nil else { throw refuse("a request with a body to another host") }
        request.headers = HeaderFields(list: request.headers.filter { Self.harmlessFields.contains($0.name) })
        request.identity = ConnectionIdentity(
            partition: request.identity.partition,
            authorityPEM: request.identity.authorityPEM,
            speaksHTTP1: request.identity.speaksHTTP1,
            needsTLS13: request.identity.needsTLS13
        )
    }

    private func exchange(_ request: OutboundRequest, _ target: RequestTarget) async throws(ExchangeError)
        -> InboundResponse
    {
        let loop = try currentLoop()
        let transfer = Transfer(request, target, policy, on: loop, streams: false)
        transfer.watchUpload()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.awaitWhole(continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }.get()
    }

    /// The multi handle of the event loop that this task runs on.
    private func currentLoop() throws(ExchangeError) -> CurlLoop {
        guard !isShutDown.load(ordering: .acquiring) else { throw CurlLoop.stopped }
        let eventLoop = MultiThreadedEventLoopGroup.currentEventLoop ?? Self.sharedGroup.next()
        return loops.withLock { loops in
            let id = ObjectIdentifier(eventLoop)
            if let known = loops[id] { return known }
            let loop = CurlLoop(eventLoop, config)
            loops[id] = loop
            return loop
        }
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
        return routed(target, request)
    }

    /// The address as it is dialled: by plain HTTP where the operator's host map says so.
    private func routed(_ target: RequestTarget, _ request: OutboundRequest) -> RequestTarget {
        guard request.destination == .vendor, config.hostMapEntry(for: target.host)?.isPlain == true else {
            return target
        }
        return target.overPlainHTTP()
    }
}
