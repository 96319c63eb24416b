package import HTTPExchange
package import HTTPTypes
package import Vocabulary

extension HeaderFields {
    /// Tells how a limit of ours stands, in the fields of the IETF's draft on rate limit header fields.
    package mutating func set(_ limit: Problem.RateLimit) {
        self[.rateLimitLimit] = String(limit.limit)
        self[.rateLimitRemaining] = String(limit.remaining)
        self[.rateLimitReset] = String(limit.reset)
        self[.rateLimitPolicy] = limit.policy
    }
}

extension HTTPField.Name {
    /// Calls that our window allows.
    package static let rateLimitLimit = known("RateLimit-Limit")
    /// Calls of ours that are left.
    package static let rateLimitRemaining = known("RateLimit-Remaining")
    /// Seconds until our window is whole again.
    package static let rateLimitReset = known("RateLimit-Reset")
    /// Our window.
    package static let rateLimitPolicy = known("RateLimit-Policy")

    private static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("a field name of ours is not a token: \(name)") }
        return name
    }
}
