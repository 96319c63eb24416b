package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
package import JSONValue
package import Vocabulary

/// Says what a vendor's answer means: good, empty, or which of the documented problems.
package struct ErrorClassifier: Sendable {
    /// What an answer means.
    package struct Verdict: Sendable {
        /// The problem for the caller.
        package let problem: Problem
        /// What to do before the caller hears of it.
        package let retry: ErrorRule.Retry
        /// Whether the answer stands for an empty result.
        package let isIgnored: Bool
    }

    private let connector: ConnectorDocument
    private let variables: JSONObject
    /// What the call needs, told when the vendor refuses it.
    private let scopes: [String]
    /// Whether the call is about one record, which the vendor may not have.
    private let namesRecord: Bool

    /// Makes a classifier for one account.
    ///
    /// `native`: the native call that the answers are to; nil where nobody reads what is said of them.
    /// `namesRecord`: whether it is about one record.
    package init(
        connector: ConnectorDocument,
        variables: JSONObject,
        native: ResourceMethod? = nil,
        namesRecord: Bool = false
    ) {
        self.connector = connector
        self.variables = variables
        scopes = native?.scopes ?? []
        self.namesRecord = namesRecord
    }

    /// The verdict on an answer that looks good; nil when it is.
    ///
    /// Rules that name a good status catch errors inside of good answers.
    package func verdict(onGood response: InboundResponse, body: @autoclosure () -> JSONValue) -> Verdict? {
        let rules = connector.errors.filter { $0.condition.statuses.contains(response.status) }
        guard !rules.isEmpty else { return nil }
        let answer = ErrorAnswer(response, body: body(), config: connector.errorBody, variables: variables)
        return rules.first { $0.condition.fits(answer) }.map { verdict(on: answer, by: $0) }
    }

    /// The verdict on an answer that is known to be an error.
    package func verdict(on response: InboundResponse, body: JSONValue) -> Verdict {
        let answer = ErrorAnswer(response, body: body, config: connector.errorBody, variables: variables)
        return verdict(on: answer, by: connector.errors.first { $0.condition.fits(answer) })
    }

    private func verdict(on answer: ErrorAnswer, by rule: ErrorRule?) -> Verdict {
        let implied: ErrorCode? =
            rule?.needsReauth == true ? .accountNeedsReauth : rule?.retry == .resetPagination ? .cursorMismatch : nil
        let problem = rule?.problem ?? implied ?? Self.meaning(of: answer.response.status)
        let code = answer.text(rule?.remoteCode) ?? answer.code
        return Verdict(
            problem: Problem(
                problem,
                answer.text(rule?.message) ?? sentence(problem, status: answer.response.status),
                failures: answer.failures(rule, config: connector.errorBody),
                remote: Problem.Remote(
                    status: answer.response.status,
                    code: code.map { String($0.prefix(100)) },
                    message: answer.message.map { String($0.prefix(500)) },
                    body: shown(answer.response, answer.body)
                ),
                retryAfter: retryAfter(answer) ?? rule?.retryAfter,
                insight: insight(problem, answer, rule)
            ),
            retry: rule?.retry ?? .no,
            isIgnored: rule?.isIgnored ?? false
        )
    }

    /// A verdict with what a method's own mapping says of the answer: an object with any of `as`, `message`,
    /// `remote_code`, `ignore` and `failures` (a list of `{pointer, code?, message}`).
    ///
    /// - Throws: `Problem` (`mapping_failed`) when the mapping fails or names no code of the model.
    func verdict(
        _ verdict: Verdict,
        refinedBy mapping: MappingStack,
        _ response: InboundResponse,
        body: JSONValue
    ) throws -> Verdict {
        var scope = ResponseScope.scope(response, body: body).adding("context", .object(variables))
        scope.root["code"] = verdict.problem.remote?.code.map(JSONValue.string)
        scope.root["message"] = verdict.problem.remote?.message.map(JSONValue.string)
        let told: JSONValue?
        do { told = try mapping.value(in: scope) } catch {
            throw ExpressionProblem.problem(error, level: mapping.stages.last?.level)
        }
        guard case .object(let words)? = told, !words.isEmpty else { return verdict }
        var problem = verdict.problem
        if let name = words["as"]?.string {
            guard let code = ErrorCode(rawValue: name) else {
                throw Problem(.mappingFailed, "an error_mapping gives '\(name)', which is no code")
            }
            problem.code = code
            problem.message = sentence(code, status: response.status)
        }
        if let message = words["message"]?.plainText { problem.message = message }
        if let code = words["remote_code"]?.plainText, let remote = problem.remote {
            problem.remote = Problem.Remote(
                status: remote.status,
                code: String(code.prefix(100)),
                message: remote.message,
                body: remote.body
            )
        }
        if let failures = words["failures"]?.array {
            problem.failures = failures.map { failure in
                Problem.Failure(
                    code: failure["code"]?.plainText ?? "invalid",
                    message: failure["message"]?.plainText ?? "the vendor does not accept this",
                    pointer: failure["pointer"]?.plainText ?? ""
                )
            }
        }
        return Verdict(
            problem: problem,
            retry: words["as"] == nil ? verdict.retry : .no,
            isIgnored: words["ignore"] == .bool(true)
        )
    }

    /// The vendor's body as far as it may be shown: JSON up to 16 KiB, or the start of a text.
    private func shown(_ response: InboundResponse, _ body: JSONValue) -> JSONValue? {
        guard !response.body.isEmpty else { return nil }
        if !body.isNull, response.body.count <= 16_384 { return body }
        let type = response.headers[.contentType] ?? ""
        guard type.hasPrefix("text/plain") || type.contains("json") else { return nil }
        return String(validating: response.body.prefix(500), as: UTF8.self).map(JSONValue.string)
    }

    private func insight(
        _ code: ErrorCode,
        _ answer: ErrorAnswer,
        _ rule: ErrorRule?
    ) -> JSONValue? {
        var insight = JSONObject()
        if code == .accountNeedsReauth || rule?.needsReauth == true { insight["needs_reauth"] = true }
        if code == .remoteForbidden || rule?.missingScopes != nil {
            let told = answer.value(rule?.missingScopes ?? connector.errorBody.missingScopes)
            let missing = told?.array ?? told.flatMap { $0.string == nil ? nil : [$0] } ?? []
            if !missing.isEmpty { insight["missing_scopes"] = .array(missing) }
        }
        if code == .remoteForbidden, !scopes.isEmpty {
            insight["required_scopes"] = .array(scopes.map(JSONValue.string))
        }
        return insight.isEmpty ? nil : .object(insight)
    }

    private func retryAfter(_ answer: ErrorAnswer) -> Duration? {
        RateSignal(answer.response, config: connector.rateLimit, body: { answer.body }, isRefusal: true).retryAfter
    }

    /// What a status means where no rule of the connector speaks.
    private static func meaning(of status: Int) -> ErrorCode {
        switch status {
        case 401: .accountNeedsReauth
        case 403: .remoteForbidden
        case 404, 410: .remoteNotFound
        case 408, 504: .remoteTimeout
        case 409: .remoteConflict
        case 412: .preconditionFailed
        case 413: .payloadTooLarge
        case 429: .remoteRateLimited
        case 400...499: .remoteValidationFailed
        case 500...599: .remoteUnavailable
        default: .remoteBadResponse
        }
    }

    private func sentence(_ code: ErrorCode, status: Int) -> String {
        switch code {
        case .accountNeedsReauth: "the vendor does not accept the account's credentials; connect the account again"
        case .remoteForbidden: "the vendor refuses this to the account"
        case .remoteNotFound where namesRecord: "the vendor has no such record"
        case .remoteNotFound:
            "the vendor does not know the address of this resource (status \(status)); the account may lack the feature"
        case .remoteRateLimited: "the vendor's rate limit is reached; try again after Retry-After"
        case .remoteConflict: "the vendor reports a conflict"
        case .remoteValidationFailed: "the vendor does not accept the request"
        case .remoteUnavailable: "the vendor is not available (status \(status))"
        case .remoteTimeout: "the vendor did not answer in time"
        case .cursorMismatch: "the vendor has forgotten this place of the list; start again without a cursor"
        default: "the vendor answered with status \(status)"
        }
    }
}

extension Problem {
    /// The problem that a failed exchange is.
    ///
    /// `isWrite`: whether the request may have changed something.
    package init(_ error: ExchangeError, isWrite: Bool) {
        let outcome = isWrite && error.requestMayHaveBeenSent ? "unknown" : nil
        switch error.reason {
        case .blockedAddress:
            self.init(.blockedAddress, error.message, underlying: error)
        case .timeout:
            let doubt = outcome == nil ? "" : "; whether the write took place is not known"
            self.init(.remoteTimeout, "the vendor did not answer in time\(doubt)", outcome: outcome, underlying: error)
        case .responseTooLarge:
            self.init(.remoteResponseTooLarge, "the vendor's answer is too large", outcome: outcome, underlying: error)
        case .badResponse, .redirectRefused:
            self.init(
                .remoteBadResponse,
                "the vendor's answer is not usable: \(error.message)",
                outcome: outcome,
                underlying: error
            )
        case .invalidRequest:
            self.init(.configInvalid, "the request to the vendor cannot be sent", underlying: error)
        case .connectionLost where error.requestMayHaveBeenSent:
            let doubt = outcome == nil ? "" : "; whether the write took place is not known"
            self.init(
                .remoteUnavailable,
                "the connection to the vendor broke before its answer was there\(doubt)",
                outcome: outcome,
                underlying: error
            )
        case .unresolvable, .connectFailed, .tlsFailed, .connectionLost, .cancelled:
            self.init(.remoteUnavailable, "the vendor cannot be reached", outcome: outcome, underlying: error)
        }
    }
}
