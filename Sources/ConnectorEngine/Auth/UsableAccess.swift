package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
package import Vocabulary

/// What the requests of one account need to be sent and signed.
///
/// Never a refresh token or a client secret. An object, because what is made of it for requests is kept with it.
package final class UsableAccess: Sendable {
    /// The name of the way to connect, under the connector's `auth`.
    package let method: String
    /// The values that injection may use: `access_token`, or what the user typed.
    package let values: [String: Secret<String>]
    /// For mutual TLS.
    package let clientCertificate: ConnectionIdentity.ClientCertificate?
    /// Grows with each renewal, so that a rejected one can be told from its successor.
    package let version: Int
    /// What was put into the last request, and by what it was made.
    private let injected = Mutex<(method: AuthMethod, variables: JSONObject, values: InjectedValues)?>(nil)

    /// Bundles an account's access.
    package init(
        method: String,
        values: [String: Secret<String>],
        clientCertificate: ConnectionIdentity.ClientCertificate? = nil,
        version: Int = 0
    ) {
        self.method = method
        self.values = values
        self.clientCertificate = clientCertificate
        self.version = version
    }

    /// What a way to connect puts into requests of an account with `variables`.
    ///
    /// - Throws: `Problem` (`credential_unavailable`), whose text never holds a secret.
    func injection(by method: AuthMethod, _ variables: JSONObject) throws -> InjectedValues {
        let known = injected.withLock { known in
            known.flatMap { $0.method === method && $0.variables == variables ? $0.values : nil }
        }
        if let known { return known }
        let injection = method.injection
        let scope = scope(variables)
        let values = try InjectedValues(
            headers: injection.headers,
            query: injection.query,
            members: injection.body,
            basic: injection.basic
        ) { try scope.secretText($0) }
        // The next request gets the same: templates know nothing of time and chance, JSONata does.
        if injection.expressions.allSatisfy(\.isTemplate) {
            injected.withLock { $0 = (method, variables, values) }
        }
        return values
    }
}

/// Where the engine gets an account's access from: a cache in front of the broker, or a fixed value in tests.
package protocol AccessSource: Sendable {
    /// The access to use now.
    func current() async throws -> UsableAccess
    /// A newer access than `rejected`, which the vendor has refused; the same one when there is none.
    func renewed(after rejected: UsableAccess) async throws -> UsableAccess
    /// Keeps the token that a vendor's answer has brought in place of `used`, which is worth nothing any more.
    func keep(_ token: Secret<String>, inPlaceOf used: UsableAccess)
}

extension AccessSource {
    package func keep(_ token: Secret<String>, inPlaceOf used: UsableAccess) {}
}

extension UsableAccess {
    /// The same access with another token.
    package func carrying(_ token: Secret<String>) -> UsableAccess {
        var values = values
        values["access_token"] = token
        return UsableAccess(
            method: method,
            values: values,
            clientCertificate: clientCertificate,
            version: version
        )
    }
}

extension AuthMethod {
    /// The token that an answer brings for the next call; nil where tokens stay.
    package func nextToken(in headers: HeaderFields) -> Secret<String>? {
        nextTokenHeader.flatMap { TokenReader.token(in: $0, of: headers) }.map { Secret($0) }
    }
}

/// One access that never changes.
package struct FixedAccess: AccessSource {
    private let access: UsableAccess

    /// Wraps an access.
    package init(_ access: UsableAccess) {
        self.access = access
    }

    package func current() async throws -> UsableAccess { access }
    package func renewed(after rejected: UsableAccess) async throws -> UsableAccess { access }
}
