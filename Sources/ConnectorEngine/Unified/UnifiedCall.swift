package import JSONValue
package import Vocabulary

/// One call of the unified API for one account; an object, because it is handed on as it is.
package final class UnifiedCall: Sendable {
    /// The category, such as `crm`.
    package let category: String
    /// The resource, such as `contacts`.
    package let resource: String
    /// The method, such as `list` or `get`.
    package let method: String
    /// The record, for methods on one.
    package let id: String?
    /// Query parameters, percent-decoded, in order.
    package let query: [(name: String, value: String)]
    /// The unified body, for writes.
    package let body: JSONValue?
    /// The version of the record that a write is meant for (RFC 9110 section 13.1.1).
    package let ifMatch: String?
    /// Tells repetitions of one write from further writes.
    package let idempotencyKey: String?
    /// The account.
    package let account: AccountID
    /// Told in the answer's `meta`.
    package let requestID: String?
    /// Who makes the call, as far as budgets and fairness care.
    package let traffic: TrafficSubject

    /// Describes a call.
    package init(
        category: String,
        resource: String,
        method: String,
        id: String? = nil,
        query: [(name: String, value: String)] = [],
        body: JSONValue? = nil,
        ifMatch: String? = nil,
        idempotencyKey: String? = nil,
        account: AccountID,
        requestID: String? = nil,
        traffic: TrafficSubject = TrafficSubject()
    ) {
        self.category = category
        self.resource = resource
        self.method = method
        self.id = id
        self.query = query
        self.body = body
        self.ifMatch = ifMatch
        self.idempotencyKey = idempotencyKey
        self.account = account
        self.requestID = requestID
        self.traffic = traffic
    }
}
