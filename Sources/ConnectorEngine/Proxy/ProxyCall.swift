package import HTTPExchange
package import HTTPTypes
package import Vocabulary

/// A call in the vendor's own words.
package struct ProxyCall: Sendable {
    /// What is called.
    package enum Target: Sendable, Equatable {
        /// A resource of the connector, with the id of a record or the name of a method.
        case named(resource: String, rest: String?)
        /// A path below the origin of the connector's base URL, encoded as the caller sent it.
        case raw(path: String)
    }

    /// What is sent along.
    package enum Body: Sendable {
        /// Nothing.
        case none
        /// Bytes as the caller sent them.
        case bytes([UInt8])
        /// Bytes that are still arriving; such a call is never repeated.
        case stream(ByteStream)

        /// Whether the call can be made a second time.
        var isRepeatable: Bool {
            if case .stream = self { false } else { true }
        }
    }

    /// The caller's method.
    package let method: HTTPRequest.Method
    /// What is called.
    package let target: Target
    /// The query as the caller sent it, without the question mark.
    package let rawQuery: String?
    /// The caller's header fields; only those on the allow-list go on.
    package let headers: HeaderFields
    /// The caller's body.
    package let body: Body
    /// The text of the caller's key, which goes nowhere.
    package let key: Secret<String>?
    /// The account.
    package let account: AccountID
    /// Who makes the call, as far as budgets and fairness care.
    package var traffic = TrafficSubject()

    /// Describes a call.
    package init(
        method: HTTPRequest.Method,
        target: Target,
        rawQuery: String? = nil,
        headers: HeaderFields = [:],
        body: Body = .none,
        key: Secret<String>? = nil,
        account: AccountID
    ) {
        self.method = method
        self.target = target
        self.rawQuery = rawQuery
        self.headers = headers
        self.body = body
        self.key = key
        self.account = account
    }
}

/// The vendor's answer, whatever its status.
package struct ProxyResult: Sendable {
    /// The vendor's status.
    package let status: Int
    /// The vendor's header fields that are on the allow-list.
    package var headers: [HeaderField]
    /// The length that the vendor announces, for the answer to `HEAD`.
    package let length: Int?
    /// The body, whole or while it arrives.
    package let body: StreamedResponse.Body
    /// How the strictest of our own limits stands.
    package let rateLimit: Problem.RateLimit?
    /// What the vendor tells about its limits.
    package let remoteRateLimit: UnifiedResult.RemoteRateLimit?
}
