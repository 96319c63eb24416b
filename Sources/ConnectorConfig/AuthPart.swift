import JSONValue

/// The kinds of ways to connect, as documents write them.
enum AuthKindName: String, CaseIterable {
    case oauth2AuthorizationCode = "oauth2_authorization_code"
    case oauth2ClientCredentials = "oauth2_client_credentials"
    case oauth2Password = "oauth2_password"
    case oauth2Device = "oauth2_device"
    case oauth2JWTBearer = "oauth2_jwt_bearer"
    case jwtSelfSigned = "jwt_self_signed"
    case sessionLogin = "session_login"
    case apiKey = "api_key"
    case basic
    case customHeaders = "custom_headers"
    case mutualTLS = "mutual_tls"
    case wsSecurity = "ws_security_username_token"
    case oauth1 = "oauth1_tba"
    case hmacSignature = "hmac_signature"
    case sigV4 = "aws_sigv4"
    case multi
    case none
}

/// One of the flows of a chain.
package struct AuthLink: Sendable {
    /// The flow.
    package let kind: AuthMethod.Kind
    /// What its token is called besides `access_token`, for the links after it.
    package let resultName: String?
    /// What tells that its session is over.
    let invalidSession: ErrorRule?
}

extension AuthMethod.Kind {
    /// Whether it leads to a token, which ends and is renewed.
    package var givesToken: Bool {
        switch self {
        case .oauth2AuthorizationCode, .oauth2ClientCredentials, .oauth2Password, .oauth2Device, .oauth2JWTBearer,
            .jwtSelfSigned, .sessionLogin:
            true
        case .apiKey, .basic, .customHeaders, .mutualTLS, .wsSecurity, .signature, .multi, .none: false
        }
    }

    /// How its token endpoint is spoken to, if it has one.
    package var tokenEndpoint: TokenEndpointConfig? {
        switch self {
        case .oauth2AuthorizationCode(let config): config.token
        case .oauth2ClientCredentials(let config): config.token
        case .oauth2Password(let config): config.token
        case .oauth2Device(let config): config.token
        case .oauth2JWTBearer(let config): config.token
        default: nil
        }
    }

    /// Whether the user is sent to the vendor, or to a page of his.
    var hasConsent: Bool {
        switch self {
        case .oauth2AuthorizationCode, .oauth2Device: true
        case .signature(.oauth1(let config)): config.consent != nil
        default: false
        }
    }

    /// Whether it makes a token for each request.
    var signsEachRequest: Bool {
        if case .signature(.webToken) = self { true } else { false }
    }

    var signature: SignatureConfig? {
        if case .signature(let config) = self { config } else { nil }
    }

    var userToken: UsernameTokenConfig? {
        if case .wsSecurity(let config) = self { config } else { nil }
    }
}

/// A kind with what it needs, decoded: a whole way to connect, or a link of a chain.
struct AuthPart {
    let kind: AuthMethod.Kind
    let fields: [VariableConfig]
    let injection: Injection
    let links: [AuthLink]

    /// `common`: the words that stand beside those of the kind.
    static func read(
        _ name: AuthKindName,
        _ reader: DocumentReader,
        common: [String]
    ) throws(ConnectorConfigError) -> AuthPart {
        guard name != .multi else { return try chain(reader, common: common) }
        let hasOwnInjection = name == .basic || name == .customHeaders
        let words = common.filter { ($0 != "inject" || !hasOwnInjection) && ($0 != "with" || name != .mutualTLS) }
        try reader.allow(words + Self.words(of: name))
        let fields = try VariableConfig.all(reading: reader.child("fields"))
        let asks: [AuthKindName] = [
            .apiKey, .basic, .customHeaders, .wsSecurity, .oauth1, .hmacSignature, .sigV4,
        ]
        let kind = try kind(name, reader, fields)
        let isAsked = asks.contains(name) || kind.signsEachRequest
        if isAsked, !kind.hasConsent, !common.contains("as") { _ = try reader.required("fields") }
        let link = AuthLink(
            kind: kind,
            resultName: try reader.child("as")?.string(),
            invalidSession: try reader.child("invalid_session").map { member throws(ConnectorConfigError) in
                ErrorRule(invalidSession: try ErrorRule.Condition(reading: member))
            }
        )
        return AuthPart(
            kind: kind,
            fields: fields,
            injection: try injection(name, reader, fields),
            links: [link]
        )
    }

    /// Each link sees what the links before it have brought; what requests carry is the last token, and whatever the
    /// other links put in.
    private static func chain(
        _ reader: DocumentReader,
        common: [String]
    ) throws(ConnectorConfigError) -> AuthPart {
        try reader.allow(common + ["fields", "chain"])
        var fields = try VariableConfig.all(reading: reader.child("fields"))
        var links: [AuthLink] = []
        var injection = Injection.none
        let elements = try reader.required("chain").elements()
        guard elements.count >= 2 else { throw try reader.required("chain").error("a chain has at least two links") }
        var parts: [AuthPart] = []
        for element in elements {
            let word = try element.required("kind")
            let name = try word.choice(AuthKindName.self)
            switch name {
            case .multi, .none, .mutualTLS:
                throw word.error("'\(name.rawValue)' cannot be a link; client certificates come 'with' the chain")
            default:
                let part = try read(name, element, common: ["kind", "inject", "as"])
                if case .signature = part.kind, part.kind.hasConsent {
                    throw word.error("a consent of OAuth 1 stands alone")
                }
                guard parts.isEmpty || !part.kind.hasConsent else {
                    throw word.error("the user's consent is the first link")
                }
                parts.append(part)
            }
        }
        let lastToken = parts.lastIndex { $0.kind.givesToken }
        for (index, part) in parts.enumerated() {
            for field in part.fields where !fields.contains(where: { $0.name == field.name }) { fields.append(field) }
            links += part.links
            let isSpent = part.kind.givesToken && index != lastToken && elements[index].child("inject") == nil
            if !isSpent { injection = injection.followed(by: part.injection) }
        }
        if let own = reader.child("inject") { injection = try Injection(reading: own) }
        return AuthPart(kind: .multi(links), fields: fields, injection: injection, links: links)
    }

    private static func words(of name: AuthKindName) -> [String] {
        switch name {
        case .oauth2AuthorizationCode: OAuth2Config.keys
        case .oauth2ClientCredentials: ["fields"] + ClientCredentialsConfig.keys
        case .oauth2Password: ["fields"] + PasswordGrantConfig.keys
        case .oauth2Device: ["fields"] + DeviceConfig.keys
        case .oauth2JWTBearer: ["fields"] + JWTBearerConfig.keys
        case .jwtSelfSigned: ["fields"] + SelfSignedConfig.keys
        case .sessionLogin: ["fields"] + SessionLoginConfig.keys
        case .apiKey: ["fields", "in", "name", "prefix"]
        case .basic: ["fields", "username", "password"]
        case .customHeaders: ["fields", "headers", "query"]
        case .mutualTLS: ["fields"]
        case .wsSecurity: ["fields"] + UsernameTokenConfig.keys
        case .oauth1: ["fields"] + OAuth1Config.keys
        case .hmacSignature: ["fields"] + HMACSignatureConfig.keys
        case .sigV4: ["fields"] + SigV4Config.keys
        case .multi, .none: []
        }
    }

    private static func kind(
        _ name: AuthKindName,
        _ reader: DocumentReader,
        _ fields: [VariableConfig]
    ) throws(ConnectorConfigError) -> AuthMethod.Kind {
        switch name {
        case .oauth2AuthorizationCode: .oauth2AuthorizationCode(try OAuth2Config(reading: reader))
        case .oauth2ClientCredentials:
            .oauth2ClientCredentials(try ClientCredentialsConfig(reading: reader, fields: fields))
        case .oauth2Password: .oauth2Password(try PasswordGrantConfig(reading: reader))
        case .oauth2Device: .oauth2Device(try DeviceConfig(reading: reader))
        case .oauth2JWTBearer: .oauth2JWTBearer(try JWTBearerConfig(reading: reader))
        case .jwtSelfSigned:
            try reader.child("per_request")?.bool() == true
                ? .signature(.webToken(try RequestTokenConfig(reading: reader)))
                : .jwtSelfSigned(try SelfSignedConfig(reading: reader))
        case .sessionLogin: .sessionLogin(try SessionLoginConfig(reading: reader))
        case .apiKey: .apiKey
        case .basic: .basic
        case .customHeaders: .customHeaders
        case .mutualTLS: .mutualTLS
        case .wsSecurity: .wsSecurity(try UsernameTokenConfig(reading: reader))
        case .oauth1: .signature(.oauth1(try OAuth1Config(reading: reader)))
        case .hmacSignature: .signature(.hmac(try HMACSignatureConfig(reading: reader)))
        case .sigV4: .signature(.sigV4(try SigV4Config(reading: reader)))
        case .multi, .none: .none
        }
    }

    private static func injection(
        _ name: AuthKindName,
        _ reader: DocumentReader,
        _ fields: [VariableConfig]
    ) throws(ConnectorConfigError) -> Injection {
        let standard: Injection
        switch name {
        case .oauth2AuthorizationCode, .oauth2ClientCredentials, .oauth2Password, .oauth2Device, .oauth2JWTBearer,
            .sessionLogin:
            standard = try Injection.bearer(reader)
        case .jwtSelfSigned where try reader.child("per_request")?.bool() == true: standard = .none
        case .jwtSelfSigned:
            standard = try Injection.token(in: try reader.child("header_name")?.string() ?? "Authorization", reader)
        case .apiKey: standard = try Injection(apiKey: reader, field: fields.first?.name ?? "api_key")
        case .basic:
            return Injection(
                headers: [],
                query: [],
                basic: Injection.BasicPair(
                    username: try reader.required("username").expression(),
                    password: try reader.required("password").expression()
                )
            )
        case .customHeaders: return try Injection(customHeaders: reader)
        case .mutualTLS, .wsSecurity, .oauth1, .hmacSignature, .sigV4, .multi, .none: standard = .none
        }
        guard let own = reader.child("inject") else { return standard }
        return try Injection(reading: own)
    }
}
