package import JSONValue

/// A unified call with recorded requests and answers of the vendor, and what must come of it; run offline.
package struct ConnectorTestConfig: Sendable {
    /// A request that must be made, and its answer.
    package struct Exchange: Sendable {
        /// HTTP method; any if nil.
        package let method: String?
        /// Path of the request, without the query; any if nil.
        package let path: String?
        /// Query parameters that must be there, as texts; null for one that must not.
        package let query: JSONObject
        /// Header fields that must be there.
        package let headers: JSONObject
        /// What the body must hold; it may hold more.
        package let body: JSONValue?
        /// The answer's status.
        package let status: Int
        /// Its header fields.
        package let answerHeaders: JSONObject
        /// Its body: JSON, or a text as it is.
        package let answer: JSONValue?
    }

    /// What it shows.
    package let name: String
    /// The unified category.
    package let category: String
    /// The unified resource.
    package let resource: String
    /// The unified method.
    package let method: String
    /// The record.
    package let id: String?
    /// Unified query parameters, as texts or numbers.
    package let query: JSONObject
    /// The unified body.
    package let body: JSONValue?
    /// The account's variables.
    package let variables: JSONObject
    /// A layer of the account over the connector.
    package let layer: JSONValue?
    /// What the vendor is asked and answers, in order.
    package let exchanges: [Exchange]
    /// What the answer must hold; it may hold more.
    package let result: JSONValue?
    /// The code of the refusal that must come instead.
    package let error: String?
    /// Where it is written.
    package let pointer: String

    /// The tests of a connector's document, which nothing reads while accounts are served.
    ///
    /// - Throws: ``ConnectorConfigError`` naming the first place that is wrong.
    package static func all(in document: JSONValue) throws(ConnectorConfigError) -> [ConnectorTestConfig] {
        let reader = DocumentReader(value: document, pointer: "", compiler: ExpressionCompiler())
        var tests: [ConnectorTestConfig] = []
        for element in reader.child("tests")?.elements() ?? [] {
            tests.append(try ConnectorTestConfig(reading: element))
        }
        return tests
    }

    private init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["name", "call", "variables", "layer", "exchanges", "expect"])
        name = try reader.required("name").string()
        let call = try reader.required("call")
        try call.allow(["category", "resource", "method", "id", "query", "body"])
        category = try call.required("category").string()
        resource = try call.required("resource").string()
        method = try call.required("method").string()
        id = try call.child("id")?.string()
        query = try call.child("query")?.object() ?? [:]
        body = call.child("body")?.value
        variables = try reader.child("variables")?.object() ?? [:]
        layer = reader.child("layer")?.value
        var exchanges: [Exchange] = []
        for element in reader.child("exchanges")?.elements() ?? [] { exchanges.append(try Exchange(reading: element)) }
        self.exchanges = exchanges
        let expect = try reader.required("expect")
        try expect.allow(["result", "error"])
        result = expect.child("result")?.value
        error = try expect.child("error")?.string()
        guard (result == nil) != (error == nil) else { throw expect.error("say 'result' or 'error'") }
        pointer = reader.pointer
    }
}

extension ConnectorTestConfig.Exchange {
    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["request", "response"])
        let request = reader.child("request")
        try request?.allow(["method", "path", "query", "headers", "body"])
        method = try request?.child("method")?.string().uppercased()
        path = try request?.child("path")?.string()
        query = try request?.child("query")?.object() ?? [:]
        headers = try request?.child("headers")?.object() ?? [:]
        body = request?.child("body")?.value
        let response = try reader.required("response")
        try response.allow(["status", "headers", "body"])
        status = try response.child("status")?.int(100...599) ?? 200
        answerHeaders = try response.child("headers")?.object() ?? [:]
        answer = response.child("body")?.value
    }
}

extension DocumentReader {
    fileprivate func object() throws(ConnectorConfigError) -> JSONObject {
        guard case .object(let object) = value else { throw error("expected an object, found \(kind)") }
        return object
    }
}
