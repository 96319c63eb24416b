import JSONValue

/// How credentials are put into a request.
///
/// Its expressions are the only ones that see `credentials`.
package struct Injection: Sendable {
    /// The two halves of RFC 7617.
    package struct BasicPair: Sendable {
        /// The user name.
        package let username: Expression
        /// The password.
        package let password: Expression
    }

    /// Where a key goes.
    private enum Place: String, CaseIterable {
        case header, query, cookie, body
    }

    /// Nothing is put in.
    static let none = Injection(headers: [], query: [], basic: nil)

    /// Header fields.
    package let headers: [NamedExpression]
    /// Query parameters.
    package let query: [NamedExpression]
    /// Members of a body that is an object.
    package let body: [NamedExpression]
    /// The pair of an `Authorization: Basic` header.
    package let basic: BasicPair?

    init(headers: [NamedExpression], query: [NamedExpression], body: [NamedExpression] = [], basic: BasicPair?) {
        self.body = body
        self.headers = headers
        self.query = query
        self.basic = basic
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["headers", "query", "body"])
        body = try reader.child("body")?.expressions() ?? []
        headers = try reader.child("headers")?.expressions() ?? []
        query = try reader.child("query")?.expressions() ?? []
        basic = nil
    }

    init(customHeaders reader: DocumentReader) throws(ConnectorConfigError) {
        body = []
        headers = try reader.child("headers")?.expressions() ?? []
        query = try reader.child("query")?.expressions() ?? []
        basic = nil
        guard !headers.isEmpty || !query.isEmpty else { throw reader.error("'headers' or 'query' is missing") }
    }

    init(apiKey reader: DocumentReader, field: String) throws(ConnectorConfigError) {
        let place = try reader.child("in")?.choice(Place.self) ?? .header
        let name = try reader.child("name")?.string() ?? "Authorization"
        let prefix = try reader.child("prefix")?.string() ?? ""
        let value = try reader.compiler.expression(
            .string("\(prefix){{credentials.\(field)}}"),
            at: reader.pointer + "/prefix"
        )
        switch place {
        case .header: self.init(headers: [NamedExpression(name: name, expression: value)], query: [], basic: nil)
        case .query: self.init(headers: [], query: [NamedExpression(name: name, expression: value)], basic: nil)
        case .body:
            self.init(headers: [], query: [], body: [NamedExpression(name: name, expression: value)], basic: nil)
        case .cookie:
            let pair = try reader.compiler.expression(
                .string("\(name)=\(prefix){{credentials.\(field)}}"),
                at: reader.pointer + "/prefix"
            )
            self.init(headers: [NamedExpression(name: "Cookie", expression: pair)], query: [], basic: nil)
        }
    }

    /// All that is put in.
    package var expressions: [Expression] {
        (headers + query + body).map(\.expression) + (basic.map { [$0.username, $0.password] } ?? [])
    }

    /// This, with `other` after it.
    func followed(by other: Injection) -> Injection {
        Injection(
            headers: headers + other.headers,
            query: query + other.query,
            body: body + other.body,
            basic: other.basic ?? basic
        )
    }

    /// The token in a header field of a name, with its scheme where that is `Authorization`.
    static func token(in header: String, _ reader: DocumentReader) throws(ConnectorConfigError) -> Injection {
        if header.lowercased() == "authorization" { return try bearer(reader) }
        let value = try reader.compiler.expression(
            .string("{{credentials.access_token}}"),
            at: reader.pointer + "/header_name"
        )
        return Injection(headers: [NamedExpression(name: header, expression: value)], query: [], basic: nil)
    }

    static func bearer(_ reader: DocumentReader) throws(ConnectorConfigError) -> Injection {
        let value = try reader.compiler.expression(
            .string("Bearer {{credentials.access_token}}"),
            at: reader.pointer + "/inject"
        )
        return Injection(
            headers: [NamedExpression(name: "Authorization", expression: value)],
            query: [],
            basic: nil
        )
    }
}
