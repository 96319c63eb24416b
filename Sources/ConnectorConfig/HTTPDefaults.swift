import JSONValue

/// What all requests of a connector have in common.
package final class HTTPDefaults: Sendable {
    /// How a list is written into a query.
    package enum ArrayFormat: String, Sendable, CaseIterable {
        case comma, brackets, indices, `repeat`, json, space, pipe
    }

    /// How an object is written into a query.
    package enum ObjectFormat: String, Sendable, CaseIterable {
        case brackets, dots, json
    }

    /// The versions of HTTP that are spoken.
    package enum Version: String, Sendable, CaseIterable {
        /// The newest that both sides know.
        case auto
        case http1 = "1.1"
    }

    /// The oldest TLS that is taken.
    package enum TLSVersion: String, Sendable, CaseIterable {
        case v12 = "1.2"
        case v13 = "1.3"
    }

    private enum Compression: String, CaseIterable {
        case auto, none
    }

    /// Where requests go, or a list of which the first counts that has all its values; the host must be one of the
    /// connector's.
    package let baseURL: Expression
    /// Header fields.
    package let headers: [NamedExpression]
    /// Query parameters.
    package let query: [NamedExpression]
    /// How lists are written.
    package let arrayFormat: ArrayFormat
    /// How objects are written.
    package let objectFormat: ObjectFormat
    /// Characters of query values that the vendor wants unencoded.
    package let unencoded: String
    /// Whether a blank in a query is written as a plus sign.
    package let plusAsSpace: Bool
    /// The `User-Agent` of requests.
    package let userAgent: String?
    /// How many redirects are followed, to the connector's hosts only; to another than the one asked, without
    /// credentials.
    package let redirectsMax: Int
    /// Whether compressed answers are asked for.
    package let acceptsCompression: Bool
    /// The version of HTTP.
    package let version: Version
    /// The oldest TLS that is taken.
    package let tlsMin: TLSVersion
    /// How bodies are written where a call does not say.
    package let requestFormat: RequestFormat
    /// How bodies are read where a call does not say, those of errors included.
    package let responseFormat: ResponseFormat
    /// Limit of the connect phase.
    package let connectTimeout: Duration
    /// Limit of one request.
    package let totalTimeout: Duration
    /// Limit of an answer's decoded body.
    package let responseBytesMax: Int

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow([
            "base_url", "headers", "query", "query_array_format", "skip_encode", "connect_timeout_seconds",
            "timeout_seconds", "max_response_bytes", "query_object_format", "plus_as_space", "user_agent", "redirects",
            "request_format", "response_format", "compression", "http_version", "tls_min",
        ])
        baseURL = try reader.required("base_url").expression()
        headers = try reader.child("headers")?.expressions() ?? []
        query = try reader.child("query")?.expressions() ?? []
        arrayFormat = try reader.child("query_array_format")?.choice(ArrayFormat.self) ?? .comma
        objectFormat = try reader.child("query_object_format")?.choice(ObjectFormat.self) ?? .brackets
        plusAsSpace = try reader.child("plus_as_space")?.bool() ?? false
        userAgent = try reader.child("user_agent")?.string()
        try reader.child("redirects")?.allow(["max"])
        redirectsMax = try reader.child("redirects")?.required("max").int(0...10) ?? 0
        acceptsCompression = try reader.child("compression")?.choice(Compression.self) != Compression.none
        version = try reader.child("http_version")?.version(Version.self) ?? .auto
        tlsMin = try reader.child("tls_min")?.version(TLSVersion.self) ?? .v12
        requestFormat = try reader.child("request_format").map(RequestFormat.init(reading:)) ?? .json
        responseFormat = try reader.child("response_format").map(ResponseFormat.init(reading:)) ?? .json
        unencoded = try reader.child("skip_encode")?.strings().joined() ?? ""
        connectTimeout = try reader.child("connect_timeout_seconds")?.int(1...60).seconds ?? .seconds(5)
        totalTimeout = try reader.child("timeout_seconds")?.int(1...300).seconds ?? .seconds(30)
        responseBytesMax = try reader.child("max_response_bytes")?.int(1024...268_435_456) ?? 33_554_432
    }
}

/// A request as a document describes it, before values are put in.
package final class RequestTemplate: Sendable {
    static let keys =
        ["method", "path", "base_url", "query", "headers", "body", "request_format", "no_auth"] + AnswerRules.keys

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
    /// How the body is written; the connector's default, or none for GET, if nil.
    package let format: RequestFormat?
    /// Whether it is sent without credentials.
    package let needsNoAuth: Bool
    /// What its answers mean.
    package let answer: AnswerRules

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
        format = try reader.child("request_format").map(RequestFormat.init(reading:))
        needsNoAuth = try reader.child("no_auth")?.bool() ?? false
        answer = try AnswerRules(reading: reader)
    }
}
