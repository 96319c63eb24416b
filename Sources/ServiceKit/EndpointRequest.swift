package import HTTPExchange
package import HTTPTypes
package import JSONValue
package import Logging
package import Vocabulary

/// A request that passed the checks of its endpoint.
package struct EndpointRequest: Sendable {
    /// The method as sent (`HEAD` too).
    package var method: HTTPRequest.Method
    /// The path as sent, still percent-encoded, without the query.
    package var path: String
    /// The values of the path template.
    package var pathParameters: PathParameters
    /// The query, decoded.
    package var query: QueryItems
    /// The query as sent, without the question mark; nil when there is none.
    package var rawQuery: String?
    /// The header fields as sent.
    package var headers: HeaderFields
    /// The whole body; empty when there is none, or when it is an ``upload``.
    package var body: [UInt8]
    /// A body that is still arriving; only where the endpoint's specification says so.
    package var upload: ByteStream?
    /// Who sends it.
    package var caller: CallerIdentity
    /// Taken over from `X-Request-Id` or made; printable ASCII.
    package var requestID: String
    /// When the caller stops waiting.
    ///
    /// Hand what is left on to other services.
    package var deadline: ContinuousClock.Instant
    /// Writes lines that carry the request id.
    package var logger: Logger {
        var logger = plainLogger
        logger[metadataKey: "request_id"] = "\(requestID)"
        return logger
    }
    private let plainLogger: Logger

    /// Describes a request, mostly for tests of handlers.
    package init(
        method: HTTPRequest.Method,
        path: String,
        pathParameters: PathParameters = [:],
        query: QueryItems = QueryItems(),
        rawQuery: String? = nil,
        headers: HeaderFields = [:],
        body: [UInt8] = [],
        upload: ByteStream? = nil,
        caller: CallerIdentity = .anonymous,
        requestID: String = "test",
        deadline: ContinuousClock.Instant = .now + .seconds(30),
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.method = method
        self.path = path
        self.pathParameters = pathParameters
        self.query = query
        self.rawQuery = rawQuery
        self.headers = headers
        self.body = body
        self.upload = upload
        self.caller = caller
        self.requestID = requestID
        self.deadline = deadline
        plainLogger = logger
    }

    /// The value of a path parameter.
    ///
    /// - Throws: `internal_error` when the endpoint's template has no such parameter.
    package func pathParameter(_ name: String) throws(Problem) -> String {
        guard let value = pathParameters[name] else {
            throw Problem(.internalError, "the path template has no parameter \(name)")
        }
        return value
    }

    /// The identifier in a path parameter.
    ///
    /// - Throws: `not_found` when it is not spelt as an identifier: such a thing cannot exist.
    package func identifier<Kind>(_ name: String, of kind: Identifier<Kind>.Type = Identifier<Kind>.self)
        throws(Problem)
        -> Identifier<Kind>
    {
        guard let identifier = Identifier<Kind>(try pathParameter(name)) else {
            throw Problem(.notFound, "there is nothing at this path")
        }
        return identifier
    }

    /// The API key that sends the request.
    ///
    /// - Throws: `unauthorized` when it is not sent with one.
    package func apiKey() throws(Problem) -> APIKeyIdentity {
        guard let identity = caller.apiKey else {
            throw Problem(.unauthorized, "send an API key as Authorization: Bearer")
        }
        return identity
    }

    /// The body as JSON.
    ///
    /// - Throws: `invalid_request` with line and column when it is not strict JSON.
    package func json() throws(Problem) -> JSONValue {
        do {
            return try JSONValue(parsing: body, policy: .api.bytesMax(max(body.count, 1)))
        } catch {
            throw Problem(
                .invalidRequest,
                "the body is not valid JSON: \(error.message) at line \(error.line), column \(error.column)",
                failures: [Problem.Failure(code: error.code.rawValue, message: error.description, pointer: "")]
            )
        }
    }

    /// The body as a typed message.
    ///
    /// - Throws: `invalid_request` with the place when it is not JSON, a member is unknown or of another type, or
    ///   `missing_required_field` when one is missing.
    package func decode<Message: Decodable>(_ type: Message.Type = Message.self) throws(Problem) -> Message {
        let value = try json()
        do {
            return try JSONValueDecoder(rejectsUnknownKeys: true).decode(type, from: value)
        } catch {
            throw Problem(
                error.code == .missing ? .missingRequiredField : .invalidRequest,
                "the body does not fit: \(error.description)",
                failures: [
                    Problem.Failure(
                        code: error.code == .missing ? "required" : error.code.rawValue,
                        message: error.message,
                        pointer: error.pointer.description
                    )
                ]
            )
        }
    }

    /// The body as fields of an HTML form.
    ///
    /// - Throws: `invalid_request` when it is not a form.
    package func form() throws(Problem) -> QueryItems {
        try QueryItems(parsing: body.span)
    }
}
