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

    /// Makes a classifier for one account.
    package init(connector: ConnectorDocument, variables: JSONObject) {
        self.connector = connector
        self.variables = variables
    }

    /// The verdict on an answer; nil when it is good.
    package func verdictUnlessGood(_ response: InboundResponse, body: @autoclosure () -> JSONValue) -> Verdict? {
        guard (200...299).contains(response.status) else { return verdict(on: response, body: body()) }
        // Rules that name a good status catch errors inside of good answers.
        let rules = connector.errors.filter { $0.statuses.contains(response.status) }
        return rules.isEmpty ? nil : verdict(on: response, body: body(), rules: rules, required: true)
    }

    /// The verdict on an answer that is known to be an error.
    package func verdict(on response: InboundResponse, body: JSONValue) -> Verdict {
        verdict(on: response, body: body, rules: connector.errors, required: false)
            ?? Verdict(
                problem: Problem(.remoteBadResponse, "the vendor's answer cannot be understood"),
                retry: .no,
                isIgnored: false
            )
    }

    private func verdict(
        on response: InboundResponse,
        body: JSONValue,
        rules: [ErrorRule],
        required: Bool
    ) -> Verdict? {
        var scope = ResponseScope.scope(response, body: body).adding("context", .object(variables))
        let code = text(connector.errorBody.code, scope)
        let words = text(connector.errorBody.message, scope)
        scope.root["code"] = code.map(JSONValue.string) ?? .null
        scope.root["message"] = words.map(JSONValue.string) ?? .null
        let rule = rules.first { $0.fits(status: response.status, code: code, message: words, scope: scope) }
        if rule == nil, required { return nil }
        let problem = rule?.problem ?? Self.meaning(of: response.status)
        let wait = retryAfter(response, scope) ?? rule?.retryAfter
        return Verdict(
            problem: Problem(
                problem,
                rule?.message ?? Self.sentence(problem, status: response.status),
                remote: Problem.Remote(
                    status: response.status,
                    code: code.map { String($0.prefix(100)) },
                    message: words.map { String($0.prefix(500)) },
                    body: shown(response, body)
                ),
                retryAfter: wait,
                insight: insight(problem, scope)
            ),
            retry: rule?.retry ?? .no,
            isIgnored: rule?.isIgnored ?? false
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

    private func insight(_ code: ErrorCode, _ scope: ExpressionScope) -> JSONValue? {
        var insight = JSONObject()
        if code == .accountNeedsReauth { insight["needs_reauth"] = true }
        if code == .remoteForbidden,
            let value = try? connector.errorBody.missingScopes?.value(in: scope), let scopes = value.array,
            !scopes.isEmpty
        {
            insight["missing_scopes"] = .array(scopes)
        }
        return insight.isEmpty ? nil : .object(insight)
    }

    private func retryAfter(_ response: InboundResponse, _ scope: ExpressionScope) -> Duration? {
        let told = text(connector.rateLimit.retryAfter, scope) ?? response.headers[.retryAfter]
        guard let told, let seconds = Double(told), seconds.isFinite, seconds >= 0 else { return nil }
        return .seconds(Int(min(seconds, 86_400).rounded(.up)))
    }

    private func text(_ expression: Expression?, _ scope: ExpressionScope) -> String? {
        (try? expression?.text(in: scope)) ?? nil
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

    private static func sentence(_ code: ErrorCode, status: Int) -> String {
        switch code {
        case .accountNeedsReauth: "the vendor does not accept the account's credentials; connect the account again"
        case .remoteForbidden: "the vendor refuses this to the account"
        case .remoteNotFound: "the vendor has no such record"
        case .remoteRateLimited: "the vendor's rate limit is reached; try again after Retry-After"
        case .remoteConflict: "the vendor reports a conflict"
        case .remoteValidationFailed: "the vendor does not accept the request"
        case .remoteUnavailable: "the vendor is not available (status \(status))"
        case .remoteTimeout: "the vendor did not answer in time"
        default: "the vendor answered with status \(status)"
        }
    }
}

extension ErrorRule {
    fileprivate func fits(status: Int, code: String?, message: String?, scope: ExpressionScope) -> Bool {
        guard statuses.isEmpty || statuses.contains(status) else { return false }
        if !codes.isEmpty {
            guard let code, codes.contains(code) else { return false }
        }
        if let messageContains {
            guard let message, message.lowercased().contains(messageContains.lowercased()) else { return false }
        }
        if let condition {
            guard (try? condition.isTrue(in: scope)) == true else { return false }
        }
        return true
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
            self.init(.remoteTimeout, "the vendor did not answer in time", outcome: outcome, underlying: error)
        case .responseTooLarge:
            self.init(.remoteResponseTooLarge, "the vendor's answer is too large", outcome: outcome, underlying: error)
        case .badResponse, .redirectRefused:
            self.init(
                .remoteBadResponse,
                "the vendor's answer is not usable",
                outcome: outcome,
                underlying: error
            )
        case .invalidRequest:
            self.init(.configInvalid, "the request to the vendor cannot be sent", underlying: error)
        case .unresolvable, .connectFailed, .tlsFailed, .connectionLost, .cancelled:
            self.init(.remoteUnavailable, "the vendor cannot be reached", outcome: outcome, underlying: error)
        }
    }
}
