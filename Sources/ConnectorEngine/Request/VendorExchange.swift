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
    /// `emptyStatuses`: statuses that stand for an empty list.
    /// Throws: `Problem` for all other answers, and for none.
    func answer(to request: NativeRequest, emptyStatuses: [Int] = []) async throws -> NativeAnswer {
        var access = try await self.access.current()
        var mayRenew = true
        while true {
            let response = try await send(request, access)
            if emptyStatuses.contains(response.status) {
                return NativeAnswer(response, document: nil, isEmptyResult: true)
            }
            let isGood = (200...299).contains(response.status)
            let document = isGood ? try parsed(response) : nil
            let verdict = ErrorClassifier(connector: connector, variables: variables)
                .verdictUnlessGood(response, body: document?.root.value ?? Self.errorBody(response))
            guard let verdict else { return NativeAnswer(response, document: document) }
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
        let signed = try Authenticator(method: method, access: access).sign(request, variables: variables)
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

    private static func errorBody(_ response: InboundResponse) -> JSONValue {
        (try? JSONValue(parsing: response.body, policy: .vendor)) ?? .null
    }

    private func parsed(_ response: InboundResponse) throws -> JSONDocument? {
        guard !response.body.isEmpty else { return nil }
        do {
            return try JSONDocument(parsing: response.body, policy: .vendor)
        } catch {
            throw Problem(
                .remoteBadResponse,
                "the vendor's answer is not JSON",
                remote: Problem.Remote(status: response.status),
                underlying: error
            )
        }
    }
}
