package import JSONValue

/// What a native request and its answer look like, as JSON Schemas, with examples of both.
package final class ContractConfig: Sendable {
    static let keys = ["query_schema", "body_schema", "response_schema", "examples"]

    /// One request with its answer.
    package struct Example: Sendable {
        /// What it shows.
        package let title: String?
        /// Query parameters, as an object.
        package let query: JSONValue?
        /// The body.
        package let body: JSONValue?
        /// The answer's body.
        package let response: JSONValue?
        /// Where it is written.
        package let pointer: String
    }

    /// The query parameters, as an object; checked before anything is sent.
    package let query: JSONValue?
    /// The body; checked before anything is sent.
    package let body: JSONValue?
    /// The answer's body; what differs is told.
    package let response: JSONValue?
    /// Requests with their answers, which keep to the schemas.
    package let examples: [Example]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        query = try reader.child("query_schema")?.schema()
        body = try reader.child("body_schema")?.schema()
        response = try reader.child("response_schema")?.schema()
        var examples: [Example] = []
        for element in reader.child("examples")?.elements() ?? [] {
            try element.allow(["title", "query", "body", "response"])
            examples.append(
                Example(
                    title: try element.child("title")?.string(),
                    query: element.child("query")?.value,
                    body: element.child("body")?.value,
                    response: element.child("response")?.value,
                    pointer: element.pointer
                )
            )
        }
        self.examples = examples
    }

    /// Whether nothing is said about requests.
    package var asksNothing: Bool { query == nil && body == nil }
}

extension DocumentReader {
    /// A JSON Schema; its keywords are the engine's to read.
    fileprivate func schema() throws(ConnectorConfigError) -> JSONValue {
        guard case .object = value else { throw error("expected a JSON Schema, found \(kind)") }
        return value
    }
}
