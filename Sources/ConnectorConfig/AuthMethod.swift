import JSONValue

/// One way to connect an account; a connector may offer several.
package struct AuthMethod: Sendable {
    /// The flow that leads to credentials.
    package enum Kind: Sendable {
        /// RFC 6749 section 4.1.
        case oauth2AuthorizationCode(OAuth2Config)
        /// A key the user pastes.
        case apiKey
        /// RFC 7617, from what the user types.
        case basic
        /// No credentials.
        case none
    }

    /// What is done when the vendor answers 401.
    package enum OnUnauthorized: String, Sendable, CaseIterable {
        case refreshOnce = "refresh_once"
        case fail
    }

    private enum KindName: String, CaseIterable {
        case oauth2AuthorizationCode = "oauth2_authorization_code"
        case apiKey = "api_key"
        case basic, none
    }

    /// The name under `auth`.
    package let name: String
    /// What the user reads when he may choose.
    package let label: String
    /// The flow.
    package let kind: Kind
    /// The secrets that the user types.
    ///
    /// OAuth has none.
    package let fields: [VariableConfig]
    /// How credentials are put into a request.
    package let injection: Injection
    /// A request that shows whether credentials work.
    package let verification: Verification?
    /// What a 401 leads to.
    package let onUnauthorized: OnUnauthorized
    /// The vendor's page about it.
    package let docs: String?

    init(name: String, reading reader: DocumentReader) throws(ConnectorConfigError) {
        let common = ["kind", "label", "docs", "inject", "verify", "on_401"]
        self.name = name
        let kindName = try reader.required("kind").choice(KindName.self)
        switch kindName {
        case .oauth2AuthorizationCode:
            try reader.allow(common + OAuth2Config.keys)
            kind = .oauth2AuthorizationCode(try OAuth2Config(reading: reader))
            fields = []
            injection = try Self.injection(reader, byDefault: Injection.bearer(reader))
        case .apiKey:
            try reader.allow(common + ["fields", "in", "name", "prefix"])
            kind = .apiKey
            fields = try VariableConfig.all(reading: try reader.required("fields"))
            let field = fields.first?.name ?? "api_key"
            injection = try Self.injection(reader, byDefault: Injection(apiKey: reader, field: field))
        case .basic:
            try reader.allow(common + ["fields", "username", "password"])
            kind = .basic
            fields = try VariableConfig.all(reading: try reader.required("fields"))
            injection = Injection(
                headers: [],
                query: [],
                basic: Injection.BasicPair(
                    username: try reader.required("username").expression(),
                    password: try reader.required("password").expression()
                )
            )
        case .none:
            try reader.allow(common)
            kind = .none
            fields = []
            injection = Injection(headers: [], query: [], basic: nil)
        }
        label = try reader.child("label")?.string() ?? name
        docs = try reader.child("docs")?.string()
        verification = try reader.child("verify").map(Verification.init(reading:))
        let isOAuth = kindName == .oauth2AuthorizationCode
        onUnauthorized = try reader.child("on_401")?.choice(OnUnauthorized.self) ?? (isOAuth ? .refreshOnce : .fail)
    }

    private static func injection(
        _ reader: DocumentReader,
        byDefault standard: Injection
    ) throws(ConnectorConfigError) -> Injection {
        guard let own = reader.child("inject") else { return standard }
        return try Injection(reading: own)
    }

    /// How the kind is written in documents.
    package var kindName: String {
        switch kind {
        case .oauth2AuthorizationCode: KindName.oauth2AuthorizationCode.rawValue
        case .apiKey: KindName.apiKey.rawValue
        case .basic: KindName.basic.rawValue
        case .none: KindName.none.rawValue
        }
    }
}

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

    /// Header fields.
    package let headers: [NamedExpression]
    /// Query parameters.
    package let query: [NamedExpression]
    /// The pair of an `Authorization: Basic` header.
    package let basic: BasicPair?

    init(headers: [NamedExpression], query: [NamedExpression], basic: BasicPair?) {
        self.headers = headers
        self.query = query
        self.basic = basic
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["headers", "query"])
        headers = try reader.child("headers")?.expressions() ?? []
        query = try reader.child("query")?.expressions() ?? []
        basic = nil
    }

    init(apiKey reader: DocumentReader, field: String) throws(ConnectorConfigError) {
        let place = try reader.child("in")?.string() ?? "header"
        let name = try reader.child("name")?.string() ?? "Authorization"
        let prefix = try reader.child("prefix")?.string() ?? ""
        let value = try reader.compiler.expression(
            .string("\(prefix){{credentials.\(field)}}"),
            at: reader.pointer + "/prefix"
        )
        switch place {
        case "header": self.init(headers: [NamedExpression(name: name, expression: value)], query: [], basic: nil)
        case "query": self.init(headers: [], query: [NamedExpression(name: name, expression: value)], basic: nil)
        default: throw reader.error("'in': '\(place)' is not one of header, query")
        }
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

/// A request that shows whether credentials work, and whose they are.
package struct Verification: Sendable {
    /// The request; its path hangs on the connector's base URL.
    package let request: RequestTemplate
    /// Whether the answer is good; sees `response`, `status`, `headers`.
    ///
    /// Any 2xx by default.
    package let okWhen: Expression?
    /// What the user is told when it is not.
    package let message: String?
    /// The account's name at the vendor, from the answer.
    package let accountName: Expression?
    /// Variables to keep from the answer.
    package let keep: [(variable: String, path: DocumentPath)]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(RequestTemplate.keys + ["ok_when", "message", "account_name", "keep"])
        request = try RequestTemplate(reading: reader)
        okWhen = try reader.child("ok_when")?.expression()
        message = try reader.child("message")?.string()
        accountName = try reader.child("account_name")?.expression()
        var keep: [(variable: String, path: DocumentPath)] = []
        for (name, member) in try reader.child("keep")?.members() ?? [] {
            keep.append((name, DocumentPath(try member.string())))
        }
        self.keep = keep
    }
}
