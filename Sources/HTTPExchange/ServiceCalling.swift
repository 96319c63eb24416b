package import HTTPTypes

/// One call from a service of this installation to another.
package struct ServiceCall: Sendable {
    /// Method, in upper case.
    package var method: HTTPRequest.Method
    /// Absolute path, each segment already percent-encoded.
    package var path: String
    /// Query items in order, not yet encoded.
    package var query: [(name: String, value: String)]
    /// Header fields beside those that the caller of this protocol adds (authorization, content type, request id).
    package var headers: HeaderFields
    /// JSON text, or nil for none.
    package var body: [UInt8]?
    /// Limit of the whole call.
    package var timeout: Duration
    /// The request id to hand on, or nil for a new one.
    package var requestID: String?

    /// Describes a call.
    package init(
        _ method: HTTPRequest.Method,
        _ path: String,
        query: [(name: String, value: String)] = [],
        headers: HeaderFields = [:],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(10),
        requestID: String? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.requestID = requestID
    }
}

/// Calls one other service, as the service that holds it.
///
/// `ServiceKit`'s `ServiceClient` implements it over HTTP with a signed short-lived token; contract clients are
/// written against it.
package protocol ServiceCalling: Sendable {
    /// Sends `call` and gives the answer back when its status is 2xx or 304.
    ///
    /// - Throws: the `Problem` that the other service answered with, or `service_unavailable` when it cannot be reached.
    func call(_ call: ServiceCall) async throws -> InboundResponse
}
