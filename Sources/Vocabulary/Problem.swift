package import JSONValue

/// What went wrong with a call, in the one form that every service answers with.
///
/// `message` is for the caller: lower case, names the thing, says the fix, and never holds a secret, SQL or a vendor
/// body. What only the log may see goes in `underlying`.
package struct Problem: Error, Sendable {
    /// One thing that is wrong with the request, with its place.
    package struct Failure: Sendable, Equatable {
        /// Stable code, such as `required`.
        package let code: String
        /// What is wrong and how to mend it.
        package let message: String
        /// RFC 6901 pointer into the request body, or the name of the query parameter.
        package let pointer: String

        /// Names one failure.
        package init(code: String, message: String, pointer: String) {
            self.code = code
            self.message = message
            self.pointer = pointer
        }
    }

    /// What the vendor answered, as far as it may be shown.
    package struct Remote: Sendable, Equatable {
        /// The vendor's HTTP status.
        package let status: Int
        /// The vendor's own error code, where it has one.
        package let code: String?
        /// The vendor's own words.
        package let message: String?
        /// The vendor's error body, parsed where it is JSON, else its text.
        package let body: JSONValue?

        /// Describes the vendor's answer.
        package init(status: Int, code: String? = nil, message: String? = nil, body: JSONValue? = nil) {
            self.status = status
            self.code = code
            self.message = message
            self.body = body
        }
    }

    /// How one of our own limits stands.
    package struct RateLimit: Sendable, Equatable {
        /// Calls in the window.
        package let limit: Int
        /// Calls left.
        package let remaining: Int
        /// Seconds until all are there again.
        package let reset: Int
        /// The window in the words of the `RateLimit-Policy` field, such as `100;w=10;name="burst"`.
        package let policy: String

        /// Describes a limit.
        package init(limit: Int, remaining: Int, reset: Int, policy: String) {
            self.limit = limit
            self.remaining = remaining
            self.reset = reset
            self.policy = policy
        }
    }

    /// The stable code; it decides the status and whether a retry makes sense.
    package var code: ErrorCode
    /// For the caller.
    package var message: String
    /// What is wrong, place by place.
    package var failures: [Failure]
    /// What the vendor said.
    package var remote: Remote?
    /// When to try again.
    ///
    /// Codes that must tell it get one second where nothing better is known.
    package var retryAfter: Duration?
    /// `unknown` when a write may or may not have happened.
    package var outcome: String?
    /// Further hints, such as `missing_scopes`.
    package var insight: JSONValue?
    /// Which limit of ours is reached, and how it stands.
    package var rateLimit: RateLimit?
    /// For the log only: the error that caused this one.
    package var underlying: (any Error)?

    /// Describes a problem.
    ///
    /// - Parameters:
    ///   - code: the stable code.
    ///   - message: for the caller; lower case, names the thing, says the fix.
    ///   - failures: the places that are wrong.
    ///   - remote: the vendor's answer.
    ///   - retryAfter: when to try again.
    ///   - outcome: `unknown` when a write may have happened.
    ///   - insight: further hints.
    ///   - underlying: for the log only.
    package init(
        _ code: ErrorCode,
        _ message: String,
        failures: [Failure] = [],
        remote: Remote? = nil,
        retryAfter: Duration? = nil,
        outcome: String? = nil,
        insight: JSONValue? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.failures = failures
        self.remote = remote
        self.retryAfter = retryAfter ?? (code.needsRetryAfter ? .seconds(1) : nil)
        self.outcome = outcome
        self.insight = insight
        self.underlying = underlying
    }
}

extension Problem: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        "\(code.rawValue): \(message)"
    }

    package var debugDescription: String {
        guard let underlying else { return description }
        return "\(description) (caused by \(String(reflecting: underlying)))"
    }
}
