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
        let injection = try access.injection(by: method, variables)
        for header in injection.headers { signed.setHeader(header) }
        for item in injection.query {
            signed.query.removeAll { $0.name == item.name }
            signed.query.append(item)
        }
        for member in injection.members { signed.secretMembers[member.key] = member.value }
        if let config = method.userToken {
            let scope = access.scope(variables)
            signed.soapSecurity = try config.security(
                username: scope.secretText(config.username),
                password: scope.secretText(config.password),
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
            for field in try config.signature.fields(for: request, in: access.scope(variables), tools: tools) {
                guard let name = HTTPField.Name(field.name), HeaderText.isValue(field.value) else {
                    throw Problem(.credentialUnavailable, "the account's credentials cannot be sent in a header field")
                }
                request.headers[name] = field.value
                fields.append(field)
            }
        }
        return fields
    }
}

/// What a way to connect puts into every request of one access, with the values in it.
final class InjectedValues: Sendable {
    let method: AuthMethod
    /// The account's variables that the values were made with.
    let variables: JSONObject
    let headers: [NativeRequest.Item]
    let query: [NativeRequest.Item]
    /// Members of a body.
    let members: JSONObject
    /// Whether the next request gets the same: templates know nothing of time and chance, JSONata does.
    let areAlwaysTheSame: Bool

    init(_ method: AuthMethod, _ access: UsableAccess, _ variables: JSONObject) throws {
        self.method = method
        self.variables = variables
        let injection = method.injection
        let scope = access.scope(variables)
        func items(_ expressions: [NamedExpression]) throws -> [NativeRequest.Item] {
            try expressions.map {
                NativeRequest.Item(name: $0.name, value: try scope.secretText($0.expression), isSecret: true)
            }
        }
        var headers = try items(injection.headers)
        if let basic = injection.basic {
            let pair = "\(try scope.secretText(basic.username)):\(try scope.secretText(basic.password))"
            let value = "Basic " + Base64.encoded(Array(pair.utf8))
            headers.append(NativeRequest.Item(name: "Authorization", value: value, isSecret: true))
        }
        self.headers = headers
        query = try items(injection.query)
        members = JSONObject(try injection.body.map { ($0.name, .string(try scope.secretText($0.expression))) })
        areAlwaysTheSame = injection.expressions.allSatisfy(\.isTemplate)
    }
}

extension UsableAccess {
    /// What injections see.
    func scope(_ variables: JSONObject) -> ExpressionScope {
        var credentials = JSONObject()
        for (name, secret) in values { credentials[name] = .string(secret.reveal()) }
        return ExpressionScope(["credentials": .object(credentials), "context": .object(variables)])
    }
}

extension ExpressionScope {
    /// The text of an expression over credentials, which must have one.
    func secretText(_ expression: Expression) throws -> String {
        let message = "the account's credentials are incomplete"
        do {
            if let text = try expression.text(in: self) { return text }
        } catch {
            // The failure's text names placeholders only; what they hold is never in it.
            throw Problem(.credentialUnavailable, message, underlying: error)
        }
        throw Problem(.credentialUnavailable, message)
    }
}
