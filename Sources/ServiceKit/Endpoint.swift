package import HTTPTypes
package import JSONValue

/// One operation of a service: the router, the checks before the handler, the OpenAPI document and the metrics are all
/// made from this value.
package struct Endpoint: Sendable {
    /// Answers one request.
    ///
    /// Throwing a `Problem` gives the error envelope; any other error gives `internal_error`.
    package typealias Handler = @Sendable (EndpointRequest) async throws -> EndpointResponse

    /// Who may call an endpoint.
    package enum Access: Sendable, Equatable {
        /// Anyone; the authenticator is not asked and the caller is anonymous.
        case `public`
        /// An API key that has all of these scopes (or a platform admin's).
        case apiKey([Scope])
        /// An API key that has all of these scopes and that the handler finds and checks itself, because other vendors'
        /// clients carry it in places that no authenticator knows. The caller is anonymous until then.
        case apiKeyWithin([Scope])
        /// One of these services of this installation.
        case service([ServiceName])
        /// A platform admin, or an API key that has `admin` and all of these scopes. `.admin([.platform])` is the
        /// platform admin alone.
        case admin([Scope])
    }

    /// The method.
    ///
    /// `HEAD` is answered by the `GET` endpoint, without a body.
    package let method: HTTPRequest.Method
    /// The path template, such as `/admin/v1/tenants/{tenant_id}`.
    ///
    /// A last segment `{path...}` takes the whole rest, raw.
    package let path: String
    /// Unique within a service, lower camel case; names the operation in OpenAPI, metrics and logs.
    package let operationID: String
    /// One line for the reference.
    package let summary: String
    /// More for the reference, in Markdown.
    package let description: String?
    /// Groups of the reference.
    package let tags: [String]
    /// Who may call it.
    package let access: Access
    /// The query parameters that it knows; any other is refused unless `allowsAnyQuery`.
    package let query: [QueryParameter]
    /// Whether query parameters that are not listed reach the handler.
    package let allowsAnyQuery: Bool
    /// What the request's body may be; nil when it must have none.
    package let body: BodySpec?
    /// The answers beside the errors that every endpoint shares.
    package let responses: [ResponseSpec]
    /// Whether it stands in the OpenAPI document.
    package let isDocumented: Bool
    /// Answers the request.
    package var handler: Handler

    /// Describes an operation.
    ///
    /// - Parameters:
    ///   - method: `HEAD` comes with `GET`.
    ///   - path: the template, with `{name}` for one segment and a last `{name...}` for the raw rest.
    ///   - operationID: unique within the service, lower camel case.
    ///   - summary: one line.
    ///   - description: more, in Markdown.
    ///   - tags: groups of the reference.
    ///   - access: who may call it.
    ///   - query: the known query parameters.
    ///   - allowsAnyQuery: whether others pass.
    ///   - body: what the body may be; nil for none.
    ///   - responses: the answers of its own; the shared errors are added.
    ///   - isDocumented: false keeps it out of the OpenAPI document.
    ///   - handler: answers the request.
    package init(
        _ method: HTTPRequest.Method,
        _ path: String,
        operationID: String,
        summary: String,
        description: String? = nil,
        tags: [String] = [],
        access: Access,
        query: [QueryParameter] = [],
        allowsAnyQuery: Bool = false,
        body: BodySpec? = nil,
        responses: [ResponseSpec],
        isDocumented: Bool = true,
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.operationID = operationID
        self.summary = summary
        self.description = description
        self.tags = tags
        self.access = access
        self.query = query
        self.allowsAnyQuery = allowsAnyQuery
        self.body = body
        self.responses = responses
        self.isDocumented = isDocumented
        self.handler = handler
    }
}

/// A query parameter that an endpoint knows.
package struct QueryParameter: Sendable, Equatable {
    /// What its text must be; checked before the handler runs.
    package enum Kind: Sendable, Equatable {
        case string
        /// Decimal digits within the range.
        case integer(ClosedRange<Int>)
        /// `true` or `false`.
        case boolean
        /// One of these.
        case oneOf([String])
    }

    /// The name, exactly.
    ///
    /// A name that ends in `[` and `]` around nothing takes any key, such as `sort_by[]`.
    package let name: String
    /// What its text must be.
    package let kind: Kind
    /// What it is for.
    package let description: String
    /// Whether the request is refused without it.
    package let isRequired: Bool
    /// Whether it may stand more than once.
    package let repeats: Bool

    /// Describes a parameter.
    package init(
        _ name: String,
        _ kind: Kind,
        _ description: String,
        isRequired: Bool = false,
        repeats: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.description = description
        self.isRequired = isRequired
        self.repeats = repeats
    }
}

/// What the body of a request may be.
package struct BodySpec: Sendable, Equatable {
    /// JSON Schema (2020-12) for the reference.
    package let schema: JSONValue
    /// Largest body in bytes; more is `payload_too_large`, found while reading.
    package let bytesMax: Int
    /// The accepted media types without parameters; another is `unsupported_media_type`.
    ///
    /// `*/*` takes any.
    package let contentTypes: [String]
    /// Whether the request is refused without a body.
    package let isRequired: Bool
    /// From how many bytes on the handler gets the body while it arrives, as ``EndpointRequest/upload``; nil for never.
    package let streamsFrom: Int?

    /// Describes a body; the default is a required JSON document of at most 1 MiB.
    package init(
        schema: JSONValue,
        bytesMax: Int = 1024 * 1024,
        contentTypes: [String] = ["application/json"],
        isRequired: Bool = true,
        streamsFrom: Int? = nil
    ) {
        self.schema = schema
        self.bytesMax = bytesMax
        self.contentTypes = contentTypes
        self.isRequired = isRequired
        self.streamsFrom = streamsFrom
    }

    /// Any bytes up to `bytesMax`, such as what a proxy hands on: as they arrive when there are more than 64 KiB.
    package static func raw(bytesMax: Int) -> BodySpec {
        BodySpec(schema: [:], bytesMax: bytesMax, contentTypes: ["*/*"], isRequired: false, streamsFrom: 64 * 1024)
    }

    /// An HTML form.
    package static func form(schema: JSONValue, bytesMax: Int = 64 * 1024) -> BodySpec {
        BodySpec(schema: schema, bytesMax: bytesMax, contentTypes: ["application/x-www-form-urlencoded"])
    }
}

/// One documented answer of an endpoint.
package struct ResponseSpec: Sendable, Equatable {
    /// The HTTP status.
    package let status: Int
    /// When it is given.
    package let description: String
    /// JSON Schema (2020-12) of the body; nil when there is none.
    package let schema: JSONValue?
    /// Media type of the body.
    package let contentType: String

    /// Describes an answer.
    package init(
        _ status: Int,
        _ description: String,
        schema: JSONValue? = nil,
        contentType: String = "application/json"
    ) {
        self.status = status
        self.description = description
        self.schema = schema
        self.contentType = contentType
    }
}
