import ConnectorConfig
import JSONValue
import Vocabulary

/// Puts an account's credentials into a request: the last thing that happens to it, so that nothing before sees them.
struct Authenticator {
    let method: AuthMethod
    let access: UsableAccess
    /// For credentials that are different in each request; nil where none can be made.
    var tools: SigningTools?

    /// `request` with the credentials; a field of the same name that came from elsewhere is replaced.
    func sign(_ request: NativeRequest, variables: JSONObject) throws -> NativeRequest {
        var signed = request
        let injection = method.injection
        var credentials = JSONObject()
        for (name, secret) in access.values { credentials[name] = .string(secret.reveal()) }
        let scope = ExpressionScope(["credentials": .object(credentials), "context": .object(variables)])
        for header in injection.headers {
            signed.setHeader(header.name, try text(header.expression, scope), isSecret: true)
        }
        for item in injection.query {
            signed.query.removeAll { $0.name == item.name }
            signed.query.append(
                NativeRequest.Item(name: item.name, value: try text(item.expression, scope), isSecret: true)
            )
        }
        if let basic = injection.basic {
            let pair = "\(try text(basic.username, scope)):\(try text(basic.password, scope))"
            signed.setHeader("Authorization", "Basic " + Base64.encoded(Array(pair.utf8)), isSecret: true)
        }
        if case .wsSecurity(let config) = method.kind {
            signed.soapSecurity = try config.security(
                username: text(config.username, scope),
                password: text(config.password, scope),
                tools: tools
            )
        }
        return signed
    }

    private func text(_ expression: Expression, _ scope: ExpressionScope) throws -> String {
        do {
            if let text = try expression.text(in: scope) { return text }
        } catch {
            // The failure's text names placeholders only; what they hold is never in it.
            throw Problem(.credentialUnavailable, "the account's credentials are incomplete", underlying: error)
        }
        throw Problem(.credentialUnavailable, "the account's credentials are incomplete")
    }
}
