import JSONValue

/// What all requests of a connector have in common.
package struct HTTPDefaults: Sendable {
    /// How a list is written into a query.
    package enum ArrayFormat: String, Sendable, CaseIterable {
        case comma, brackets, indices, `repeat`, json, space, pipe
    }

    /// Where requests go; its host must be one of the connector's.
    package let baseURL: Expression
    /// Header fields.
    package let headers: [NamedExpression]
    /// Query parameters.
    package let query: [NamedExpression]
    /// How lists are written.
    package let arrayFormat: ArrayFormat
    /// Characters of query values that the vendor wants unencoded.
    package let unencoded: String
    /// Limit of the connect phase.
    package let connectTimeout: Duration
    /// Limit of one request.
    package let totalTimeout: Duration
    /// Limit of an answer's decoded body.
    package let responseBytesMax: Int

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow([
            "base_url", "headers", "query", "query_array_format", "skip_encode", "connect_timeout_seconds",
            "timeout_seconds", "max_response_bytes",
        ])
        baseURL = try reader.required("base_url").expression()
        headers = try reader.child("headers")?.expressions() ?? []
        query = try reader.child("query")?.expressions() ?? []
        arrayFormat = try reader.child("query_array_format")?.choice(ArrayFormat.self) ?? .comma
        unencoded = try reader.child("skip_encode")?.strings().joined() ?? ""
        connectTimeout = try reader.child("connect_timeout_seconds")?.int(1...60).seconds ?? .seconds(5)
        totalTimeout = try reader.child("timeout_seconds")?.int(1...300).seconds ?? .seconds(30)
        responseBytesMax = try reader.child("max_response_bytes")?.int(1024...268_435_456) ?? 33_554_432
    }
}

/// A request as a document describes it, before values are put in.
package struct RequestTemplate: Sendable {
    static let keys = ["method", "path", "base_url", "query", "headers", "body", "request_format"]

    /// How a body is written.
    package enum BodyFormat: String, Sendable, CaseIterable {
        case json, form, none
    }

    /// HTTP method in upper case.
    package let method: String
    /// Path below the base URL.
    package let path: Expression
    /// Instead of the connector's base URL.
    package let baseURL: Expression?
    /// Query parameters.
    package let query: [NamedExpression]
    /// Header fields.
    package let headers: [NamedExpression]
    /// Body.
    package let body: Expression?
    /// How the body is written.
    package let bodyFormat: BodyFormat

    private enum Method: String, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        method = try reader.child("method")?.choice(Method.self).rawValue ?? Method.get.rawValue
        path = try reader.required("path").expression()
        baseURL = try reader.child("base_url")?.expression()
        query = try reader.child("query")?.expressions() ?? []
        headers = try reader.child("headers")?.expressions() ?? []
        body = try reader.child("body")?.expression()
        bodyFormat = try reader.child("request_format")?.choice(BodyFormat.self) ?? (method == "GET" ? .none : .json)
    }
}
