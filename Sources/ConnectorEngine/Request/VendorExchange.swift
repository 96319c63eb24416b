import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Vocabulary

/// Signs a request, sends it when budgets and circuit allow, judges the answer, and sends it again where that is safe
/// and may help; renews the account's access once when the vendor refuses it.
final class VendorExchange: Sendable {
    let connector: ConnectorDocument
    let variables: JSONObject
    let access: any AccessSource
    let sender: any HTTPSender
    let traffic: TrafficControl
    let account: AccountID
    let subject: TrafficSubject
    /// Told what happens, when the caller wants an explanation.
    let trace: CallTrace?
    /// For credentials that are different in each request.
    let tools: SigningTools?
    /// Where good answers are kept that may be.
    let cache: Cache?
    /// What the last answer told about limits.
    private let lastSignal = Mutex<RateSignal?>(nil)

    /// A cache with what its entries belong to.
    struct Cache: Sendable {
        let answers: AnswerCache
        /// The configuration, which says what is asked and how answers are judged.
        let revision: String
        let now: @Sendable () -> Int
    }

    /// What one sending gave.
    private enum Attempt {
        case good(NativeAnswer)
        case refused(ErrorClassifier.Verdict, status: Int, RateSignal)

        /// The code of a refusal.
        var word: String? {
            guard case .refused(let verdict, _, _) = self else { return nil }
            return verdict.problem.code.rawValue
        }
    }

    init(
        connector: ConnectorDocument,
        variables: JSONObject,
        access: any AccessSource,
        sender: any HTTPSender,
        traffic: TrafficControl,
        account: AccountID,
        subject: TrafficSubject,
        trace: CallTrace? = nil,
        tools: SigningTools? = nil,
        cache: Cache? = nil
    ) {
        self.tools = tools
        self.cache = cache
        self.connector = connector
        self.variables = variables
        self.access = access
        self.sender = sender
        self.traffic = traffic
        self.account = account
        self.subject = subject
        self.trace = trace
    }

    /// The vendor's good answer.
    ///
    /// `emptyStatuses`: statuses that stand for an empty list, beside those that the request's own rules name.
    /// Throws: `Problem` for all other answers, and for none.
    func answer(to request: NativeRequest, emptyStatuses: [Int] = []) async throws -> NativeAnswer {
        try request.contract?.check(request)
        guard let cache, request.native?.cacheLifetime != nil || !request.isIdempotent else {
            return try await sent(request, emptyStatuses)
        }
        guard let lifetime = request.native?.cacheLifetime else {
            // Whatever becomes of the write, what was read before it may be wrong from now on.
            defer { cache.answers.forget(account) }
            return try await sent(request, emptyStatuses)
        }
        let name = request.identity(connector.http, revision: cache.revision)
        if let known = cache.answers.response(name, of: account, at: cache.now()) {
            let judge = AnswerJudge(request, connector: connector, variables: variables)
            if case .good(let answer) = try judged(known, request, judge, emptyStatuses).attempt {
                trace?.note(answer)
                return answer
            }
        }
        let moment = cache.answers.moment(of: account)
        let answer = try await sent(request, emptyStatuses)
        cache.answers.keep(
            answer.response,
            as: name,
            of: account,
            since: moment,
            until: cache.now() + Int(lifetime.components.seconds)
        )
        return answer
    }

    private func sent(_ request: NativeRequest, _ emptyStatuses: [Int]) async throws -> NativeAnswer {
        let call = trafficCall(request)
        var patience = call.patience
        var policy = RetryPolicy(
            connector.retry,
            method: request.method,
            isIdempotent: request.isIdempotent,
            priority: subject.priority
        )
        var access = try await self.access.current()
        var mayRenew = true
        let judge = AnswerJudge(request, connector: connector, variables: variables)
        while true {
            let failure: RetryPolicy.Failure
            let problem: Problem
            do {
                switch try await attempt(request, access, call, &patience, judge, emptyStatuses) {
                case .good(let answer):
                    trace?.note(answer)
                    return answer
                case .refused(let verdict, let status, let signal):
                    if mayRenew, wantsRenewal(verdict, status, access) {
                        mayRenew = false
                        let renewed = try await self.access.renewed(after: access)
                        if renewed.version != access.version {
                            access = renewed
                            continue
                        }
                    }
                    failure = Self.failure(verdict, status, signal)
                    problem = verdict.problem
                }
            } catch let error as ExchangeError {
                failure = RetryPolicy.Failure(
                    reason: RetryConfig.Reason(error.reason),
                    wasNeverSent: !error.requestMayHaveBeenSent
                )
                problem = Problem(error, isWrite: !request.isIdempotent)
            }
            let action = policy.action(after: failure, patience: &patience, random: traffic.randomShare())
            guard case .sendAgain(let wait) = action, traffic.mayRepeat(call) else { throw problem }
            trace?.noteWait(wait)
            try await traffic.sleep(wait)
        }
    }

    /// What the vendor told about its limits with its last answer; nil when it told nothing.
    var remoteRateLimit: UnifiedResult.RemoteRateLimit? {
        lastSignal.withLock { $0?.strictest }.map(UnifiedResult.RemoteRateLimit.init)
    }

    /// How the strictest of our own limits stands for calls like `request`.
    func standing(_ rateClass: String?) -> Problem.RateLimit? {
        connector.budgets.isEmpty ? nil : traffic.standing(of: trafficCall(rateClass))
    }

    // MARK: One sending

    private func attempt(
        _ request: NativeRequest,
        _ access: UsableAccess,
        _ call: TrafficCall,
        _ patience: inout Duration,
        _ judge: AnswerJudge,
        _ emptyStatuses: [Int]
    ) async throws -> Attempt {
        let method = connector.authMethod(access.method)
        let wished = trace?.moment
        return try await traffic.perform(call, patience: &patience) {
            // A token that is good for one call is the one that the call before has brought.
            let access = method?.nextTokenHeader == nil ? access : try await self.access.current()
            let signed = try signed(request, method, access)
            let outbound = try outbound(signed, method, access)
            let sent = trace?.moment
            do {
                let response = try await sender.send(outbound)
                if let token = method?.nextToken(in: response.headers) { self.access.keep(token, inPlaceOf: access) }
                let attempt = try judged(response, request, judge, emptyStatuses)
                lastSignal.withLock { $0 = attempt.signal }
                note(signed, status: response.status, attempt.attempt.word, wished, sent)
                return (attempt.attempt, TrafficReport(attempt.outcome, signal: attempt.signal))
            } catch {
                let word = (error as? ExchangeError)?.reason.rawValue ?? (error as? Problem)?.code.rawValue
                note(signed, status: nil, word ?? "failed", wished, sent)
                throw error
            }
        }
    }

    private func note(
        _ signed: NativeRequest,
        status: Int?,
        _ word: String?,
        _ wished: ContinuousClock.Instant?,
        _ sent: ContinuousClock.Instant?
    ) {
        guard let trace, let wished, let sent else { return }
        trace.note(
            signed.explained(connector: connector),
            status: status,
            word: word,
            sent: sent,
            waited: sent - wished
        )
    }

    private func judged(
        _ response: InboundResponse,
        _ request: NativeRequest,
        _ judge: AnswerJudge,
        _ emptyStatuses: [Int]
    ) throws -> (attempt: Attempt, outcome: TrafficReport.Outcome, signal: RateSignal) {
        let classifier = ErrorClassifier(
            connector: connector,
            variables: variables,
            native: request.native,
            namesRecord: request.namesRecord
        )
        let body: JSONValue
        var verdict: ErrorClassifier.Verdict?
        var good: NativeAnswer?
        switch try judge.judgement(on: response, emptyStatuses: emptyStatuses) {
        case .empty:
            good = NativeAnswer(response, document: nil, isEmptyResult: true)
            body = .null
        case .good(let document):
            let root = document?.root
            body = connector.rateLimit.mentionsBody ? root?.value ?? .null : .null
            verdict = classifier.verdict(onGood: response, body: root?.value ?? .null)
            good = NativeAnswer(response, document: document, format: judge.reader.format.kind)
        case .unreadable(let problem):
            body = .null
            verdict = ErrorClassifier.Verdict(
                problem: Problem(.remoteUnavailable, problem.message, remote: problem.remote, underlying: problem),
                retry: .yes,
                isIgnored: false
            )
        case .bad(let told):
            body = told
            verdict = classifier.verdict(on: response, body: told)
        }
        if let mapping = request.errorMapping, let known = verdict, !known.isIgnored {
            verdict = try classifier.verdict(known, refinedBy: mapping, response, body: body)
        }
        let isRefusal = verdict != nil && verdict?.isIgnored != true
        let signal =
            RateSignal.mayTell(response, config: connector.rateLimit, isRefusal: isRefusal)
            ? RateSignal(response, config: connector.rateLimit, body: { body }, isRefusal: isRefusal) : RateSignal()
        if signal.isLimited { verdict = Self.limited(response, verdict, signal) }
        if verdict?.isIgnored == true { good = NativeAnswer(response, document: nil, isEmptyResult: true) }
        guard let verdict, !verdict.isIgnored else {
            let empty = NativeAnswer(response, document: nil, isEmptyResult: true)
            return (.good(good ?? empty), .answered, signal)
        }
        let outcome: TrafficReport.Outcome =
            switch verdict.problem.code {
            case .remoteRateLimited: .limited
            case .remoteUnavailable, .remoteTimeout: .failed
            default: .answered
            }
        return (.refused(verdict, status: response.status, signal), outcome, signal)
    }

    private func signed(
        _ request: NativeRequest,
        _ method: AuthMethod?,
        _ access: UsableAccess
    ) throws -> NativeRequest {
        guard let method else {
            throw Problem(.configInvalid, "the connector has no way to connect named '\(access.method)'")
        }
        var signed = request
        if !request.needsNoAuth {
            try Authenticator(method: method, access: access, tools: tools)
                .sign(&signed, variables: variables, connector: connector)
        }
        return signed
    }

    private func outbound(
        _ signed: NativeRequest,
        _ method: AuthMethod?,
        _ access: UsableAccess
    ) throws -> OutboundRequest {
        try signed.outbound(
            connector: connector,
            identity: connector.http.identity(of: account, method: method, certificate: access.clientCertificate)
        )
    }

    // MARK: Judging

    private func trafficCall(_ request: NativeRequest) -> TrafficCall { trafficCall(request.native?.rateClass) }

    private func trafficCall(_ rateClass: String?) -> TrafficCall {
        TrafficCall(
            connector: connector,
            account: account,
            subject: subject,
            rateClass: rateClass,
            variables: variables
        )
    }

    private static func failure(
        _ verdict: ErrorClassifier.Verdict,
        _ status: Int,
        _ signal: RateSignal
    ) -> RetryPolicy.Failure {
        let reason: RetryConfig.Reason? =
            switch verdict.problem.code {
            case .remoteRateLimited: .rateLimited
            case .remoteUnavailable: .unavailable
            case .remoteTimeout: .timeout
            default: nil
            }
        let isAskedFor = verdict.retry == .yes
        return RetryPolicy.Failure(
            status: status,
            reason: reason,
            told: signal.retryAfter ?? (isAskedFor ? verdict.problem.retryAfter : nil),
            isAskedFor: isAskedFor
        )
    }

    /// An answer that the connector's `limited_when` knows as the vendor's rate limit.
    private static func limited(
        _ response: InboundResponse,
        _ verdict: ErrorClassifier.Verdict?,
        _ signal: RateSignal
    ) -> ErrorClassifier.Verdict {
        ErrorClassifier.Verdict(
            problem: Problem(
                .remoteRateLimited,
                "the vendor's rate limit is reached; try again after Retry-After",
                remote: verdict?.problem.remote ?? Problem.Remote(status: response.status),
                retryAfter: signal.retryAfter ?? verdict?.problem.retryAfter
            ),
            retry: .no,
            isIgnored: false
        )
    }

    /// Whether a newer token may help.
    private func wantsRenewal(_ verdict: ErrorClassifier.Verdict, _ status: Int, _ access: UsableAccess) -> Bool {
        if verdict.retry == .refreshThenRetry { return true }
        return status == 401 && verdict.problem.code == .accountNeedsReauth
            && connector.authMethod(access.method)?.onUnauthorized == .refreshOnce
    }
}

extension UnifiedResult.RemoteRateLimit {
    init(_ window: RateSignal.Window) {
        let (seconds, rest) = window.reset?.components ?? (0, 0)
        self.init(
            limit: window.limit,
            remaining: window.remaining,
            reset: window.reset == nil ? nil : Int(seconds) + (rest > 0 ? 1 : 0)
        )
    }
}
