import JSONValue

/// One way to connect an account; a connector may offer several.
package struct AuthMethod: Sendable {
    /// The flow that leads to credentials.
    package enum Kind: Sendable {
        /// RFC 6749 section 4.1.
        case oauth2AuthorizationCode(OAuth2Config)
        /// RFC 6749 section 4.4.
        case oauth2ClientCredentials(ClientCredentialsConfig)
        /// A key the user pastes.
        case apiKey
        /// RFC 7617, from what the user types.
        case basic
        /// Header fields and query parameters made of what the user types.
        case customHeaders
        /// A client certificate alone (RFC 8446 section 4.4.2).
        case mutualTLS
        /// The UsernameToken profile of WS-Security, inside the request's envelope.
        case wsSecurity(UsernameTokenConfig)
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
        case oauth2ClientCredentials = "oauth2_client_credentials"
        case apiKey = "api_key"
        case basic
        case customHeaders = "custom_headers"
        case mutualTLS = "mutual_tls"
        case wsSecurity = "ws_security_username_token"
        case none
    }

    /// A kind that another one can be combined with.
    private enum Companion: String, CaseIterable {
        case mutualTLS = "mutual_tls"
    }

    /// The name under `auth`.
    package let name: String
    /// What the user reads when he may choose.
    package let label: String
    /// The flow.
    package let kind: Kind
    /// The secrets that the user types, and the files he uploads.
    package let fields: [VariableConfig]
    /// How credentials are put into a request.
    package let injection: Injection
    /// The client certificate that each connection presents; nil for none.
    package let mutualTLS: MutualTLSConfig?
    /// A request that shows whether credentials work.
    package let verification: Verification?
    /// What a 401 leads to.
    package let onUnauthorized: OnUnauthorized
    /// The vendor's page about it.
    package let docs: String?

    init(name: String, reading reader: DocumentReader) throws(ConnectorConfigError) {
        let common = ["kind", "label", "docs", "inject", "verify", "on_401", "with", "mutual_tls"]
        self.name = name
        let kindName = try reader.required("kind").choice(KindName.self)
        var fields: [VariableConfig] = []
        var hasTokens = false
        switch kindName {
        case .oauth2AuthorizationCode:
            try reader.allow(common + OAuth2Config.keys)
            kind = .oauth2AuthorizationCode(try OAuth2Config(reading: reader))
            injection = try Self.injection(reader, byDefault: Injection.bearer(reader))
            hasTokens = true
        case .oauth2ClientCredentials:
            try reader.allow(common + ["fields"] + ClientCredentialsConfig.keys)
            fields = try VariableConfig.all(reading: reader.child("fields"))
            kind = .oauth2ClientCredentials(try ClientCredentialsConfig(reading: reader, fields: fields))
            injection = try Self.injection(reader, byDefault: Injection.bearer(reader))
            hasTokens = true
        case .apiKey:
            try reader.allow(common + ["fields", "in", "name", "prefix"])
            kind = .apiKey
            fields = try VariableConfig.all(reading: try reader.required("fields"))
            let field = fields.first?.name ?? "api_key"
            injection = try Self.injection(reader, byDefault: Injection(apiKey: reader, field: field))
        case .basic:
            try reader.allow(common.filter { $0 != "inject" } + ["fields", "username", "password"])
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
        case .customHeaders:
            try reader.allow(common.filter { $0 != "inject" } + ["fields", "headers", "query"])
            kind = .customHeaders
            fields = try VariableConfig.all(reading: try reader.required("fields"))
            injection = try Injection(customHeaders: reader)
        case .mutualTLS:
            try reader.allow(common.filter { $0 != "with" } + ["fields"])
            kind = .mutualTLS
            fields = try VariableConfig.all(reading: reader.child("fields"))
            injection = try Self.injection(reader, byDefault: .none)
        case .wsSecurity:
            try reader.allow(common + ["fields"] + UsernameTokenConfig.keys)
            kind = .wsSecurity(try UsernameTokenConfig(reading: reader))
            fields = try VariableConfig.all(reading: try reader.required("fields"))
            injection = try Self.injection(reader, byDefault: .none)
        case .none:
            try reader.allow(common)
            kind = .none
            injection = try Self.injection(reader, byDefault: .none)
        }
        mutualTLS = try Self.mutualTLS(reader, isAlone: kindName == .mutualTLS)
        if let mutualTLS {
            for field in fields where MutualTLSConfig.fieldNames.contains(field.name) {
                throw try reader.required("fields").error("'\(field.name)' is a name of the certificate's own fields")
            }
            fields += mutualTLS.fields
        }
        self.fields = fields
        label = try reader.child("label")?.string() ?? name
        docs = try reader.child("docs")?.string()
        verification = try reader.child("verify").map(Verification.init(reading:))
        onUnauthorized = try reader.child("on_401")?.choice(OnUnauthorized.self) ?? (hasTokens ? .refreshOnce : .fail)
    }

    private static func injection(
        _ reader: DocumentReader,
        byDefault standard: Injection
    ) throws(ConnectorConfigError) -> Injection {
        guard let own = reader.child("inject") else { return standard }
        return try Injection(reading: own)
    }

    private static func mutualTLS(
        _ reader: DocumentReader,
        isAlone: Bool
    ) throws(ConnectorConfigError) -> MutualTLSConfig? {
        var isWanted = isAlone
        for companion in reader.child("with")?.elements() ?? [] {
            isWanted = try companion.choice(Companion.self) == .mutualTLS
        }
        let own = reader.child("mutual_tls")
        guard isWanted else {
            if let own { throw own.error("say 'with: [mutual_tls]' for it to be used") }
            return nil
        }
        return try MutualTLSConfig(reading: own)
    }

    /// How the kind is written in documents.
    package var kindName: String {
        switch kind {
        case .oauth2AuthorizationCode: KindName.oauth2AuthorizationCode.rawValue
        case .oauth2ClientCredentials: KindName.oauth2ClientCredentials.rawValue
        case .apiKey: KindName.apiKey.rawValue
        case .basic: KindName.basic.rawValue
        case .customHeaders: KindName.customHeaders.rawValue
        case .mutualTLS: KindName.mutualTLS.rawValue
        case .wsSecurity: KindName.wsSecurity.rawValue
        case .none: KindName.none.rawValue
        }
    }
}
