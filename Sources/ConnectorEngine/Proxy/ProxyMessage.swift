package import ConnectorConfig
import FoundationEssentials
import HTTPExchange
package import HTTPTypes
package import JSONValue
package import Vocabulary

/// A call in the vendor's own words as one JSON document, for callers that cannot shape HTTP requests themselves.
///
/// ```json
/// {"method": "POST", "path": "/v1/people", "query": {"dry": true}, "headers": {"Prefer": "minimal"},
///  "body": {"name": "Ada"}, "body_format": "json"}
/// ```
package struct ProxyMessage: Sendable {
    private enum BodyFormat: String, CaseIterable {
        case json, form, text, xml, base64, multipart, none
    }

    /// The method; `GET` when none is named.
    package let method: HTTPRequest.Method
    /// The path below the vendor's origin, which may carry a query.
    package let path: String
    private let query: JSONObject
    private let headers: HeaderFields
    private let body: JSONValue?
    private let format: BodyFormat

    /// JSON Schema of the document.
    package static let schema: JSONValue = [
        "type": "object", "required": ["path"], "additionalProperties": false,
        "properties": [
            "method": ["enum": ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"], "default": "GET"],
            "path": ["type": "string", "description": "The vendor's path from the origin on, such as /v1/people."],
            "query": ["type": "object", "description": "Query parameters; lists as the connector writes them."],
            "headers": ["type": "object", "additionalProperties": ["type": "string"]],
            "body": ["description": "Any JSON; a text for text, xml and base64."],
            "body_format": [
                "enum": .array(BodyFormat.allCases.map { .string($0.rawValue) }), "default": "json",
            ],
        ],
    ]

    /// Reads a document.
    ///
    /// - Throws: `invalid_request` naming the member that is wrong.
    package init(_ document: JSONValue) throws(Problem) {
        guard let object = document.object else { throw Self.wrong("", "the body must be an object") }
        let known = ["method", "path", "query", "headers", "body", "body_format"]
        for member in object where !known.contains(member.key) {
            throw Self.wrong(
                member.key,
                "'\(member.key.prefix(64))' is not known; known are \(known.joined(separator: ", "))"
            )
        }
        let verb = (object["method"]?.string ?? "GET").uppercased()
        guard let method = HTTPRequest.Method(verb),
            [.get, .head, .options, .post, .put, .patch, .delete].contains(method)
        else { throw Self.wrong("method", "'method' must be GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE") }
        guard let path = object["path"]?.string, path.hasPrefix("/") else {
            throw Self.wrong("path", "'path' must be the vendor's path, starting with a slash")
        }
        self.method = method
        self.path = path
        query = object["query"]?.object ?? JSONObject()
        var headers = HeaderFields()
        for member in object["headers"]?.object ?? JSONObject() {
            guard let name = HTTPField.Name(member.key), let text = member.value.plainText, HeaderText.isValue(text)
            else { throw Self.wrong("headers/\(member.key)", "the header field '\(member.key)' cannot be sent") }
            headers[name] = text
        }
        self.headers = headers
        body = object["body"].flatMap { $0.isNull ? nil : $0 }
        guard let format = BodyFormat(rawValue: object["body_format"]?.string ?? "json") else {
            throw Self.wrong(
                "body_format",
                "'body_format' must be one of \(BodyFormat.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        self.format = format
    }

    /// The call that the document describes.
    ///
    /// - Throws: `invalid_request` when the body does not go with its format.
    package func call(
        of account: AccountID,
        connector: ConnectorDocument,
        key: Secret<String>?
    ) throws -> ProxyCall {
        let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let items = query.flatMap {
            FormText.items($0.key, $0.value, connector.http.arrayFormat, connector.http.objectFormat)
        }
        let queries = [parts.count > 1 ? String(parts[1]) : "", FormText.encoded(items)].filter { !$0.isEmpty }
        var headers = headers
        var bytes: [UInt8]?
        if let body, format != .none {
            let (content, type) = try encoded(body)
            bytes = content
            if headers[.contentType] == nil { headers[.contentType] = type }
        }
        return ProxyCall(
            method: method,
            target: .raw(path: String(parts[0])),
            rawQuery: queries.isEmpty ? nil : queries.joined(separator: "&"),
            headers: headers,
            body: bytes.map { .bytes($0) } ?? .none,
            key: key,
            account: account
        )
    }

    private func encoded(_ body: JSONValue) throws -> ([UInt8], String) {
        switch format {
        case .json: return (body.bytes(), "application/json")
        case .text: return (Array(try text(body).utf8), "text/plain; charset=utf-8")
        case .xml: return (Array(try text(body).utf8), "text/xml; charset=utf-8")
        case .base64:
            guard let data = Data(base64Encoded: try text(body)) else {
                throw Self.wrong("body", "'body' is not base64")
            }
            return ([UInt8](data), "application/octet-stream")
        case .form, .multipart:
            guard body.object != nil else { throw Self.wrong("body", "'body' must be an object of fields") }
            let kind = RequestFormat(format == .form ? .form : .multipart)
            guard let encoded = try BodyEncoder(form: BodyForm(kind)).encoded(body) else { return ([], "") }
            return (encoded.bytes, encoded.contentType)
        case .none: return ([], "")
        }
    }

    private func text(_ body: JSONValue) throws(Problem) -> String {
        guard let text = body.string else { throw Self.wrong("body", "'body' must be a text for this body_format") }
        return text
    }

    private static func wrong(_ pointer: String, _ message: String) -> Problem {
        Problem(
            .invalidRequest,
            message,
            failures: [.init(code: "invalid", message: message, pointer: "/\(pointer)")]
        )
    }
}
