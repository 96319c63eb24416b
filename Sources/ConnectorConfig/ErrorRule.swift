import JSONValue
package import Vocabulary

/// What one kind of a vendor's answer means.
///
/// Rules are tried in order, the first that fits decides.
package struct ErrorRule: Sendable {
    /// What is done about it before the caller hears of it.
    package enum Retry: String, Sendable, CaseIterable {
        case no
        case refreshThenRetry = "refresh_then_retry"
    }

    /// Statuses the rule fits; any when empty.
    package let statuses: [Int]
    /// The vendor's codes the rule fits; any when empty.
    package let codes: [String]
    /// Text that the vendor's message holds.
    package let messageContains: String?
    /// A further condition; sees `response`, `status`, `headers`, `code`, `message`.
    package let condition: Expression?
    /// What it means; nil keeps what the status means.
    package let problem: ErrorCode?
    /// What the caller reads instead of the standard text.
    package let message: String?
    /// What is done first.
    package let retry: Retry
    /// When to try again, where the answer does not say.
    package let retryAfter: Duration?
    /// Whether the answer is no error at all, but an empty result.
    package let isIgnored: Bool

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["when", "as", "message", "retry", "retry_after_seconds", "ignore"])
        let when = try reader.required("when")
        try when.allow(["status", "code", "message_contains", "expr"])
        var statuses: [Int] = []
        for status in when.child("status")?.elements() ?? [] { statuses.append(try status.int(200...599)) }
        self.statuses = statuses
        codes = try when.child("code")?.strings() ?? []
        messageContains = try when.child("message_contains")?.string()
        condition = try when.child("expr")?.expression()
        problem = try reader.child("as")?.choice(ErrorCode.self)
        message = try reader.child("message")?.string()
        retry = try reader.child("retry")?.choice(Retry.self) ?? .no
        retryAfter = try reader.child("retry_after_seconds")?.int(0...86_400).seconds
        isIgnored = try reader.child("ignore")?.bool() ?? false
    }
}

/// Where a vendor's error answers have their code and their words.
package struct ErrorBodyConfig: Sendable {
    /// The vendor's code; sees `response`, `status`, `headers`.
    package let code: Expression?
    /// The vendor's words.
    package let message: Expression?
    /// The scopes that are missing, as a list.
    package let missingScopes: Expression?

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["code", "message", "missing_scopes"])
        code = try reader?.child("code")?.expression()
        message = try reader?.child("message")?.expression()
        missingScopes = try reader?.child("missing_scopes")?.expression()
    }
}

/// What a vendor tells about its limits; each sees `response`, `status`, `headers` (names in lower case).
package struct RateLimitConfig: Sendable {
    /// How many calls a window allows.
    package let limit: Expression?
    /// How many are left.
    package let remaining: Expression?
    /// Seconds until the window ends.
    package let reset: Expression?
    /// Seconds to wait after a refusal.
    package let retryAfter: Expression?

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["limit", "remaining", "reset", "retry_after"])
        limit = try reader?.child("limit")?.expression()
        remaining = try reader?.child("remaining")?.expression()
        reset = try reader?.child("reset")?.expression()
        retryAfter = try reader?.child("retry_after")?.expression()
    }
}
