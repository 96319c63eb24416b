import JSONValue

/// One way to connect an account; a connector may offer several.
package final class AuthMethod: Sendable {
    /// The flow that leads to credentials.
    package enum Kind: Sendable {
        /// RFC 6749 section 4.1.
        case oauth2AuthorizationCode(OAuth2Config)
        /// RFC 6749 section 4.4.
        case oauth2ClientCredentials(ClientCredentialsConfig)
        /// RFC 6749 section 4.3.
        case oauth2Password(PasswordGrantConfig)
        /// RFC 8628.
        case oauth2Device(DeviceConfig)
        /// RFC 7523 section 2.1.
        case oauth2JWTBearer(JWTBearerConfig)
        /// A token that is signed here.
        case jwtSelfSigned(SelfSignedConfig)
        /// A session that requests of the vendor's own kind open.
        case sessionLogin(SessionLoginConfig)
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
        /// A signature that is made anew for each request.
        case signature(SignatureConfig)
        /// Several of these one after the other.
        case multi([AuthLink])
        /// No credentials.
        case none
    }

    /// What is done when the vendor answers 401.
    package enum OnUnauthorized: String, Sendable, CaseIterable {
        case refreshOnce = "refresh_once"
        case fail
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
    /// How the kind is written in documents.
    package let kindName: String
    /// The flow's links; itself alone unless it is a chain.
    package let links: [AuthLink]
    /// The secrets that the user types, and the files he uploads.
    package let fields: [VariableConfig]
    /// How credentials are put into a request.
    package let injection: Injection
    /// What each request is signed with, after all else was put into it.
    package let signatures: [SignatureConfig]
    /// What goes into a SOAP envelope.
    package let userToken: UsernameTokenConfig?
    /// Answers that mean that a session is over, wherever they come.
    package let invalidSessions: [ErrorRule]
    /// The header field in which each answer brings the next token; nil where tokens stay.
    package let nextTokenHeader: String?
    /// The client certificate that each connection presents; nil for none.
    package let mutualTLS: MutualTLSConfig?
    /// A request that shows whether credentials work.
    package let verification: Verification?
    /// What a 401 leads to.
    package let onUnauthorized: OnUnauthorized
    /// The vendor's page about it.
    package let docs: String?

    /// `fallback`: the verification of ways that have none of their own.
    init(name: String, reading reader: DocumentReader, verify fallback: DocumentReader? = nil)
        throws(ConnectorConfigError)
    {
        self.name = name
        let common = ["kind", "label", "docs", "inject", "verify", "on_401", "with", "mutual_tls"]
        let kindName = try reader.required("kind").choice(AuthKindName.self)
        let part = try AuthPart.read(kindName, reader, common: common)
        kind = part.kind
        self.kindName = kindName.rawValue
        links = part.links
        injection = part.injection
        signatures = links.compactMap(\.kind.signature)
        userToken = links.compactMap(\.kind.userToken).first
        invalidSessions = links.compactMap(\.invalidSession)
        nextTokenHeader = links.compactMap(\.kind.tokenEndpoint).last?.response.nextTokenHeader
        mutualTLS = try Self.mutualTLS(reader, isAlone: kindName == .mutualTLS)
        var fields = part.fields
        if let mutualTLS {
            for field in fields where MutualTLSConfig.fieldNames.contains(field.name) {
                throw try reader.required("fields").error("'\(field.name)' is a name of the certificate's own fields")
            }
            fields += mutualTLS.fields
        }
        self.fields = fields
        label = try reader.child("label")?.string() ?? name
        docs = try reader.child("docs")?.string()
        verification = try (reader.child("verify") ?? fallback).map(Verification.init(reading:))
        let hasTokens = links.contains { $0.kind.givesToken }
        onUnauthorized = try reader.child("on_401")?.choice(OnUnauthorized.self) ?? (hasTokens ? .refreshOnce : .fail)
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

    /// The fields that stay behind when requests are signed: secrets that only a token is obtained with, and a client's
    /// secret in any case.
    package var fieldsForTokensOnly: Set<String> {
        guard links.contains(where: { $0.kind.givesToken }) else { return [] }
        var used = injection.expressions + signatures.flatMap(\.expressions)
        if let userToken { used += [userToken.username, userToken.password] }
        let secrets = fields.filter { field in
            (field.kind == .secret || field.kind == .file) && !used.contains { $0.mentions(credential: field.name) }
        }
        return Set(secrets.map(\.name)).union(["client_secret"])
    }

    /// The flow with a user's consent at its beginning, if it has one.
    package var authorizationCode: OAuth2Config? {
        if case .oauth2AuthorizationCode(let config)? = links.first?.kind { return config }
        return nil
    }

    /// The flow with a code for another device at its beginning, if it has one.
    package var device: DeviceConfig? {
        if case .oauth2Device(let config)? = links.first?.kind { return config }
        return nil
    }

    /// The consent of RFC 5849, if it begins with one.
    package var oauth1: OAuth1Config? {
        if case .signature(.oauth1(let config))? = links.first?.kind, config.consent != nil { return config }
        return nil
    }

    /// Whether the user's browser is sent to the vendor.
    package var sendsBrowser: Bool { authorizationCode != nil || oauth1 != nil }

    /// Whether requests are signed in the name of the integration's application.
    package var signsAsIntegration: Bool { oauth1 != nil && !fields.contains { $0.name == "consumer_key" } }

    /// How long the refresh token lives, where there is one.
    package var refreshToken: RefreshTokenConfig? {
        authorizationCode?.refresh.refreshToken ?? device?.refresh.refreshToken
    }

    /// The scopes without which the connection is of no use; nil where nobody tells which were granted.
    package var requiredScopes: [String]? {
        links.compactMap(\.kind.tokenEndpoint).first { $0.grantedScopes != nil }?.scopes
    }
}
