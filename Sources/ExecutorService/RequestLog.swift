import FoundationEssentials
import HTTPExchange
import HTTPTypes
import Logging
import RegistryContract
import ServiceKit
import Synchronization
import Vocabulary

/// Notes what callers ask and tells the registry once a second, never on a request's way.
///
/// Every write and every failure is noted, and some good reads of each second. What the registry cannot take waits as far
/// as there is room, and is dropped and counted beyond; what was noted in the last second of a process is lost with it.
final class RequestLog: Sendable {
    /// Answers one request, and says in it who asked when that is found on the way.
    typealias Handler = @Sendable (inout EndpointRequest) async throws -> EndpointResponse

    private struct State {
        var records: [RequestRecord] = []
        var dropped = 0
        /// Good reads that were noted within the second that ends then.
        var reads = 0
        var end: ContinuousClock.Instant
    }

    static let capacity = 5_000
    static let readsPerSecond = 20

    private let client: (any RequestLogClient)?
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let wallClock: @Sendable () -> Date
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state: Mutex<State>

    /// Without a client nothing is noted.
    init(
        client: (any RequestLogClient)?,
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        wallClock: @escaping @Sendable () -> Date,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.client = client
        self.logger = logger
        self.now = now
        self.wallClock = wallClock
        self.sleep = sleep
        state = Mutex(State(end: now()))
    }

    // MARK: Noting

    /// The same operation, noted.
    func noting(_ endpoint: Endpoint) -> Endpoint {
        guard client != nil else { return endpoint }
        var noted = endpoint
        noted.handler = self.noted(endpoint.operationID) { try await endpoint.handler($0) }
        return noted
    }

    /// A handler whose requests are noted under an operation's name.
    func noted(_ operation: String, _ handler: @escaping Handler) -> Endpoint.Handler {
        { [self] request in
            var request = request
            guard client != nil else { return try await handler(&request) }
            let start = now()
            do {
                let response = try await handler(&request)
                note(request, operation, status: response.status, code: nil, since: start)
                return response
            } catch {
                // A client that went away gets no answer; the rest is what the responder makes of it.
                let isGivenUp = error is CancellationError || Task.isCancelled
                let code = isGivenUp ? .serviceUnavailable : Problem(of: error).code
                note(request, operation, status: code.status, code: code.rawValue, since: start)
                throw error
            }
        }
    }

    private func note(
        _ request: EndpointRequest,
        _ operation: String,
        status: Int,
        code: String?,
        since start: ContinuousClock.Instant
    ) {
        guard let key = request.caller.apiKey, let tenant = key.tenantID else { return }
        let end = now()
        let isGoodRead = status < 400 && (request.method == .get || request.method == .head)
        guard hasRoom(isGoodRead: isGoodRead, at: end) else { return }
        let account =
            request.query["integrated_account_id"] ?? request.headers[.integratedAccountID]
            ?? request.pathParameters["integrated_account_id"]
        let record = RequestRecord(
            tenantID: tenant,
            environmentID: key.environmentID,
            accountID: account.flatMap { AccountID($0) },
            apiKeyID: key.keyID,
            requestID: String(request.requestID.prefix(200)),
            operation: operation,
            method: request.method.rawValue,
            path: String(request.path.prefix(500)),
            status: status,
            code: code,
            milliseconds: (end - start) / .milliseconds(1),
            at: wallClock().timeIntervalSince1970
        )
        state.withLock { $0.records.append(record) }
    }

    private func hasRoom(isGoodRead: Bool, at moment: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            if isGoodRead {
                if moment >= state.end {
                    state.end = moment + .seconds(1)
                    state.reads = 0
                }
                guard state.reads < Self.readsPerSecond else { return false }
                state.reads += 1
            }
            guard state.records.count < Self.capacity else {
                state.dropped += 1
                return false
            }
            return true
        }
    }

    // MARK: Telling

    /// Tells once a second until its task is cancelled.
    func run() async {
        guard client != nil else { return }
        while !Task.isCancelled {
            do { try await sleep(.seconds(1)) } catch { return }
            await tell()
        }
    }

    /// Tells the registry what was noted so far.
    func tell() async {
        guard let client else { return }
        let (records, dropped) = state.withLock { state in
            defer {
                state.records = []
                state.dropped = 0
            }
            return (state.records, state.dropped)
        }
        if dropped > 0 {
            logger.warning("requests were not noted for want of room", metadata: ["count": "\(dropped)"])
        }
        var rest = records[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(RequestRecords.max))
            do {
                try await client.keep(batch)
            } catch let problem as Problem where problem.code == .serviceUnavailable {
                return putBack(rest)
            } catch {
                // Once more would not help.
                logger.warning("the registry does not take records of requests", metadata: ["count": "\(batch.count)"])
            }
            rest = rest.dropFirst(batch.count)
        }
    }

    /// Keeps for later what the registry could not take now, the newest first where room is short.
    private func putBack(_ records: ArraySlice<RequestRecord>) {
        state.withLock { state in
            let kept = records.suffix(max(0, Self.capacity - state.records.count))
            state.dropped += records.count - kept.count
            state.records = kept + state.records
        }
    }
}
