import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// Signs a request, sends it and judges the answer; renews the account's access once when the vendor refuses it.
struct VendorExchange {
    let connector: ConnectorDocument
    let variables: JSONObject
    let access: any AccessSource
    let sender: any HTTPSender
    /// The connection pool's partition: one account.
    let partition: String

    /// The vendor's good answer.
    ///
    /// `emptyStatuses`: statuses that stand for an empty list, beside those that the request's own rules name.
    /// Throws: `Problem` for all other answers, and for none.
    func answer(to request: NativeRequest, emptyStatuses: [Int] = []) async throws -> NativeAnswer {
        var access = try await self.access.current()
        var mayRenew = true
        let judge = AnswerJudge(request, connector: connector, variables: variables)
        let classifier = ErrorClassifier(connector: connector, variables: variables)
        while true {
            let response = try await send(request, access)
            let verdict: ErrorClassifier.Verdict
            switch try judge.judgement(on: response, emptyStatuses: emptyStatuses) {
            case .empty: return NativeAnswer(response, document: nil, isEmptyResult: true)
            case .good(let document):
                let body = document?.root
                guard let objection = classifier.verdict(onGood: response, body: body?.value ?? .null) else {
                    return NativeAnswer(response, document: document, format: judge.reader.format.kind)
                }
                verdict = objection
            case .bad(let body): verdict = classifier.verdict(on: response, body: body, scopes: request.scopes)
            }
            if verdict.isIgnored { return NativeAnswer(response, document: nil, isEmptyResult: true) }
            if mayRenew, wantsRenewal(verdict, response, access) {
                mayRenew = false
                let renewed = try await self.access.renewed(after: access)
                if renewed.version != access.version {
                    access = renewed
                    continue
                }
            }
            throw verdict.problem
        }
    }

    /// What the vendor tells about its limits; nil when it tells nothing.
    func rateLimit(_ response: InboundResponse) -> UnifiedResult.RemoteRateLimit? {
        let config = connector.rateLimit
        guard config.limit != nil || config.remaining != nil || config.reset != nil else { return nil }
        let scope = ResponseScope.scope(response, body: .null)
        func number(_ expression: Expression?) -> Int? {
            guard let text = try? expression?.text(in: scope), let value = Double(text), value.isFinite else {
                return nil
            }
            return Int(exactly: value.rounded())
        }
        let limit = UnifiedResult.RemoteRateLimit(
            limit: number(config.limit),
            remaining: number(config.remaining),
            reset: number(config.reset)
        )
        return limit == UnifiedResult.RemoteRateLimit() ? nil : limit
    }

    private func send(_ request: NativeRequest, _ access: UsableAccess) async throws -> InboundResponse {
        guard let method = connector.authMethod(access.method) else {
            throw Problem(.configInvalid, "the connector has no way to connect named '\(access.method)'")
        }
        let signed =
            request.needsNoAuth
            ? request
            : try Authenticator(method: method, access: access).sign(request, variables: variables)
        let outbound = try signed.outbound(
            connector: connector,
            identity: ConnectionIdentity(partition: partition, clientCertificate: access.clientCertificate)
        )
        do {
            return try await sender.send(outbound)
        } catch {
            throw Problem(error, isWrite: !request.isIdempotent)
        }
    }

    /// Whether a newer token may help.
    private func wantsRenewal(
        _ verdict: ErrorClassifier.Verdict,
        _ response: InboundResponse,
        _ access: UsableAccess
    ) -> Bool {
        if verdict.retry == .refreshThenRetry { return true }
        return response.status == 401 && verdict.problem.code == .accountNeedsReauth
            && connector.authMethod(access.method)?.onUnauthorized == .refreshOnce
    }
}
