import HTTPExchange
import HTTPTypes
package import JSONValue
package import Vocabulary

/// Writes a `Problem` as the error body that every service answers with: the project's envelope, which is also a
/// problem document (RFC 9457) when the caller asks for one.
package enum ErrorEnvelope {
    private static let problemType = "application/problem+json"

    /// The whole answer.
    ///
    /// - Parameters:
    ///   - problem: what went wrong.
    ///   - requestID: of the request; stands in the body.
    ///   - accept: the request's `Accept` field.
    /// - Returns: status, fields and body.
    static func response(_ problem: Problem, requestID: String, accept: String?) -> EndpointResponse {
        let isProblemDocument = accept.map { $0.lowercased().utf8.contains(problemType.utf8) } ?? false
        var headers = HeaderFields()
        headers[.contentType] = isProblemDocument ? problemType : "application/json"
        headers[.cacheControl] = "no-store"
        if let retryAfter = problem.retryAfter { headers[.retryAfter] = String(seconds(retryAfter)) }
        if let limit = problem.rateLimit { headers.set(limit) }
        if problem.code.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        let body = body(problem, requestID: requestID, isProblemDocument: isProblemDocument)
        return EndpointResponse(status: problem.code.status, headers: headers, body: .bytes(body.bytes()))
    }

    /// The body alone.
    ///
    /// - Parameters:
    ///   - problem: what went wrong.
    ///   - requestID: of the request; stands in the body.
    ///   - isProblemDocument: whether the members of RFC 9457 are added.
    /// - Returns: an object.
    package static func body(_ problem: Problem, requestID: String, isProblemDocument: Bool = false) -> JSONValue {
        let status = problem.code.status
        let reason = ReasonPhrase.of(status)
        // What broke inside is for the log only.
        let message =
            problem.code == .internalError ? "something failed on our side; quote the request id" : problem.message
        var body: JSONObject = [
            "statusCode": .number(JSONNumber(status)), "error": .string(reason), "message": .string(message),
            "code": .string(problem.code.rawValue), "request_id": .string(requestID),
            "retryable": .bool(problem.code.isRetryable && problem.outcome != "unknown"),
            "is_remote_error": .bool(problem.code.isRemote),
        ]
        if let retryAfter = problem.retryAfter { body["retry_after"] = .number(JSONNumber(seconds(retryAfter))) }
        if let outcome = problem.outcome { body["outcome"] = .string(outcome) }
        if let remote = problem.remote {
            body["remote"] = .object([
                "status": .number(JSONNumber(remote.status)), "code": remote.code.map(JSONValue.string) ?? .null,
                "message": remote.message.map(JSONValue.string) ?? .null, "body": remote.body ?? .null,
            ])
        }
        if !problem.failures.isEmpty {
            body["details"] = [
                "failures": .array(
                    problem.failures.map { failure in
                        [
                            "code": .string(failure.code), "message": .string(failure.message),
                            "pointer": .string(failure.pointer),
                        ]
                    }
                )
            ]
        }
        if let insight = problem.insight { body["insight"] = insight }
        if isProblemDocument {
            body["type"] = .string("urn:tributary:problem:\(problem.code.rawValue)")
            body["title"] = .string(reason)
            body["status"] = .number(JSONNumber(status))
            body["detail"] = .string(message)
        }
        return .object(body)
    }

    /// The problem behind an error answer of another service; nil when the body is not our envelope.
    static func problem(from body: JSONValue) -> Problem? {
        guard let code = body["code"]?.string.flatMap(ErrorCode.init(rawValue:)) else { return nil }
        let failures = body["details"]?["failures"]?.array ?? []
        let remote = body["remote"]?.object.flatMap { remote -> Problem.Remote? in
            guard let status = remote["status"]?.int else { return nil }
            let shown = remote["body"].flatMap { $0.isNull ? nil : $0 }
            return Problem.Remote(
                status: status,
                code: remote["code"]?.string,
                message: remote["message"]?.string,
                body: shown
            )
        }
        return Problem(
            code,
            body["message"]?.string ?? code.rawValue,
            failures: failures.map { failure in
                Problem.Failure(
                    code: failure["code"]?.string ?? "",
                    message: failure["message"]?.string ?? "",
                    pointer: failure["pointer"]?.string ?? ""
                )
            },
            remote: remote,
            retryAfter: body["retry_after"]?.int.map { .seconds($0) },
            outcome: body["outcome"]?.string,
            insight: body["insight"]
        )
    }

    private static func seconds(_ duration: Duration) -> Int {
        let (seconds, rest) = duration.components
        return max(1, Int(clamping: seconds) + (rest > 0 ? 1 : 0))
    }
}

extension String.UTF8View {
    fileprivate func contains(_ other: String.UTF8View) -> Bool {
        indices.contains { self[$0...].starts(with: other) }
    }
}

extension Problem {
    /// What a caller is told of an error: what it says itself, or that it was not expected.
    package init(of error: any Error) {
        self =
            error as? Problem ?? (error as? any ProblemConvertible)?.problem
            ?? Problem(.internalError, "an unexpected error", underlying: error)
    }
}
