package import HTTPExchange
import HTTPTypes
package import JSONValue
package import Vocabulary

/// The answer of an endpoint.
package struct EndpointResponse: Sendable {
    /// What follows the header fields.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pieces, each sent before the next one is asked for. An error ends the connection, so that the receiver sees
        /// that the answer is not whole.
        case stream(AsyncThrowingStream<[UInt8], any Error>)
        /// Bytes that are handed on as they arrive, by the connection itself and without a task; with the announced
        /// length when there is one.
        case pipe(ByteStream)
        /// A JSON tree, written when it is sent.
        case json(JSONValue)
    }

    /// The HTTP status.
    package var status: Int
    /// The header fields, with the content type; framing, `X-Request-Id` and `Date` are added.
    package var headers: HeaderFields
    /// What follows.
    package var body: Body
    /// What the answer to `HEAD` says of the length that `GET` would give, when that is not the length of ``body``.
    package var headLength: Int?

    /// Describes an answer.
    package init(status: Int, headers: HeaderFields = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document.
    package static func json(_ value: JSONValue, status: Int = 200, headers: HeaderFields = [:]) -> EndpointResponse {
        EndpointResponse(status: status, headers: headers.adding(.contentType, "application/json"), body: .json(value))
    }

    /// Bytes of any type.
    package static func bytes(
        _ bytes: [UInt8],
        contentType: String,
        status: Int = 200,
        headers: HeaderFields = [:]
    ) -> EndpointResponse {
        EndpointResponse(status: status, headers: headers.adding(.contentType, contentType), body: .bytes(bytes))
    }

    /// The answer that a problem is, for handlers that must not throw it.
    package static func problem(_ problem: Problem, requestID: String, accept: String? = nil) -> EndpointResponse {
        ErrorEnvelope.response(problem, requestID: requestID, accept: accept)
    }

    /// No body.
    package static func empty(_ status: Int = 204, headers: HeaderFields = [:]) -> EndpointResponse {
        EndpointResponse(status: status, headers: headers)
    }

    /// A body in pieces; the content type stands in `headers`.
    package static func stream(
        status: Int = 200,
        headers: HeaderFields = [:],
        _ pieces: AsyncThrowingStream<[UInt8], any Error>
    ) -> EndpointResponse {
        EndpointResponse(status: status, headers: headers, body: .stream(pieces))
    }

    /// An HTML page.
    package static func html(_ text: String, status: Int = 200, headers: HeaderFields = [:]) -> EndpointResponse {
        .bytes(Array(text.utf8), contentType: "text/html; charset=utf-8", status: status, headers: headers)
    }

    /// A redirect after which the browser sends a `GET` (303).
    package static func redirect(to location: String, headers: HeaderFields = [:]) -> EndpointResponse {
        EndpointResponse(status: 303, headers: headers.adding(.location, location))
    }

    /// This response, which nobody on its way may store.
    package var unstored: EndpointResponse {
        var response = self
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

extension HeaderFields {
    /// These fields with `value` for `name`, unless the name is there already.
    fileprivate func adding(_ name: HTTPField.Name, _ value: String) -> HeaderFields {
        guard self[name] == nil else { return self }
        var copy = self
        copy[name] = value
        return copy
    }
}
