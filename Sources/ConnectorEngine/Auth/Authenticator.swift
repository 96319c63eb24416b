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

    /// Puts the credentials into `request`; a field of the same name that came from elsewhere is replaced.
    ///
    /// `connector`: with its defaults the request is finished, for signatures over all of it; without it the caller
    /// finishes it himself and asks for ``signatureFields(of:variables:)``.
    func sign(
        _ request: inout NativeRequest,
        variables: JSONObject,
        connector: ConnectorDocument? = nil
    ) throws {
        request.credentials = try access.injection(by: method, variables)
        if let config = method.userToken {
            let scope = access.scope(variables)
            request.soapSecurity = try config.security(
                username: scope.secretText(config.username),
                password: scope.secretText(config.password),
                tools: tools
            )
        }
        if let connector, !method.signatures.isEmpty {
            let finished = try request.outbound(
                connector: connector,
                identity: ConnectionIdentity(partition: "signature")
            )
            let signature = try signatureFields(of: finished, variables: variables)
            request.credentials = try request.credentials?.adding(signature)
        }
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

/// What a way to connect puts into requests, with the values in it: secrets, all of it.
///
/// An object, because many requests get the same.
final class InjectedValues: Sendable {
    let headers: [HeaderField]
    let query: [NativeRequest.Item]
    /// Members of a body.
    let members: JSONObject

    private init(headers: [HeaderField], query: [NativeRequest.Item], members: JSONObject) {
        self.headers = headers
        self.query = query
        self.members = members
    }

    /// Puts values in; of two with one name the last is kept.
    ///
    /// `text`: gives the text of an expression over credentials.
    convenience init(
        headers: [NamedExpression],
        query: [NamedExpression],
        members: [NamedExpression],
        basic: Injection.BasicPair? = nil,
        text: (Expression) throws -> String
    ) throws {
        var fields = try headers.map { (name: $0.name, value: try text($0.expression)) }
        if let basic {
            let pair = "\(try text(basic.username)):\(try text(basic.password))"
            fields.append((name: "Authorization", value: "Basic " + Base64.encoded(Array(pair.utf8))))
        }
        var items: [NativeRequest.Item] = []
        for parameter in query {
            items.removeAll { $0.name == parameter.name }
            let value = try text(parameter.expression)
            items.append(NativeRequest.Item(name: parameter.name, value: value, isSecret: true))
        }
        self.init(
            headers: try Self.adding(fields, to: []),
            query: items,
            members: JSONObject(try members.map { ($0.name, .string(try text($0.expression))) })
        )
    }

    /// The same with further header fields.
    func adding(_ fields: [(name: String, value: String)]) throws -> InjectedValues {
        InjectedValues(headers: try Self.adding(fields, to: headers), query: query, members: members)
    }

    private static func adding(
        _ fields: [(name: String, value: String)],
        to known: [HeaderField]
    ) throws -> [HeaderField] {
        var all = known
        for field in fields {
            let made = try HeaderField(sending: field.name, field.value)
            all.removeAll { $0.name == made.name }
            all.append(made)
        }
        return all
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
