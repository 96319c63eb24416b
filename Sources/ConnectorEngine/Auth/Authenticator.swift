import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// Puts an account's credentials into a request: the last thing that happens to it, so that nothing before sees them.
struct Authenticator {
    let method: AuthMethod
    let access: UsableAccess
    /// For credentials that are different in each request; nil where none can be made.
    var tools: SigningTools?

    /// `request` with the credentials; a field of the same name that came from elsewhere is replaced.
    ///
    /// `connector`: with its defaults the request is finished, for signatures over all of it; without it the caller
    /// finishes it himself and asks for ``signatureFields(of:variables:)``.
    func sign(
        _ request: NativeRequest,
        variables: JSONObject,
        connector: ConnectorDocument? = nil
    ) throws -> NativeRequest {
        var signed = request
        let injection = method.injection
        let scope = scope(variables)
        for header in injection.headers {
            signed.setHeader(header.name, try text(header.expression, scope), isSecret: true)
        }
        for item in injection.query {
            signed.query.removeAll { $0.name == item.name }
            signed.query.append(
                NativeRequest.Item(name: item.name, value: try text(item.expression, scope), isSecret: true)
            )
        }
        for member in injection.body { signed.secretMembers[member.name] = .string(try text(member.expression, scope)) }
        if let basic = injection.basic {
            let pair = "\(try text(basic.username, scope)):\(try text(basic.password, scope))"
            signed.setHeader("Authorization", "Basic " + Base64.encoded(Array(pair.utf8)), isSecret: true)
        }
        if let config = method.userToken {
            signed.soapSecurity = try config.security(
                username: text(config.username, scope),
                password: text(config.password, scope),
                tools: tools
            )
        }
        if let connector, !method.signatures.isEmpty {
            let finished = try signed.outbound(
                connector: connector,
                identity: ConnectionIdentity(partition: "signature")
            )
            for field in try signatureFields(of: finished, variables: variables) {
                signed.setHeader(field.name, field.value, isSecret: true)
            }
        }
        return signed
    }

    /// The header fields that sign a finished request, in the order in which they come to stand.
    ///
    /// - Throws: `Problem` (`credential_unavailable`, `config_invalid`), whose text never holds a secret.
    func signatureFields(of request: OutboundRequest, variables: JSONObject) throws -> [(name: String, value: String)] {
        guard !method.signatures.isEmpty else { return [] }
        guard let tools else { throw Problem(.configInvalid, "this request cannot be signed here") }
        var request = request
        var fields: [(name: String, value: String)] = []
        for config in method.signatures {
            for field in try config.signature.fields(for: request, in: scope(variables), tools: tools) {
                guard let name = HTTPField.Name(field.name), HeaderText.isValue(field.value) else {
                    throw Problem(.credentialUnavailable, "the account's credentials cannot be sent in a header field")
                }
                request.headers[name] = field.value
                fields.append(field)
            }
        }
        return fields
    }

    private func scope(_ variables: JSONObject) -> ExpressionScope {
        var credentials = JSONObject()
        for (name, secret) in access.values { credentials[name] = .string(secret.reveal()) }
        return ExpressionScope(["credentials": .object(credentials), "context": .object(variables)])
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

extension ExpressionScope {
    /// The text of an expression over credentials, which must have one.
    func secretText(_ expression: Expression) throws -> String {
        // The cause's text names placeholders only; what they hold is never in it.
        guard let text = try? expression.text(in: self) else {
            throw Problem(.credentialUnavailable, "the account's credentials are incomplete")
        }
        return text
    }
}
