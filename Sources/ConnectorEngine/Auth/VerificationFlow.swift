package import ConnectorConfig
package import HTTPExchange
package import JSONValue
package import Vocabulary

/// Whether credentials that an account was just given work: a request to be sent and an answer to be read.
package struct VerificationFlow: Sendable {
    /// What the vendor thinks of the credentials.
    package enum Outcome: Sendable {
        /// They work.
        case accepted(accountName: String?, variables: JSONObject)
        /// They do not, with what to tell the user.
        case rejected(message: String)
        /// The vendor could not tell now.
        case unknown(Problem)
    }

    private let connector: ConnectorDocument
    private let method: AuthMethod
    private let verification: Verification
    private let variables: JSONObject

    /// Starts from a connector's way to connect.
    ///
    /// - Returns: nil when the way has no verification.
    package init?(connector: ConnectorDocument, method: String, variables: JSONObject) {
        guard let method = connector.authMethod(method), let verification = method.verification else { return nil }
        self.connector = connector
        self.method = method
        self.verification = verification
        self.variables = connector.withDefaults(variables)
    }

    /// The request, with the credentials put in.
    ///
    /// `tools`: for credentials that are different in each request.
    package func request(
        access: UsableAccess,
        partition: String,
        tools: SigningTools? = nil
    ) throws -> OutboundRequest {
        let builder = RequestBuilder(connector: connector, scope: ExpressionScope(["context": .object(variables)]))
        var request = try builder.request(verification.request)
        try Authenticator(method: method, access: access, tools: tools)
            .sign(&request, variables: variables, connector: connector)
        return try request.outbound(
            connector: connector,
            identity: connector.http.identity(
                partition: partition,
                method: method,
                certificate: access.clientCertificate
            )
        )
    }

    /// What the answer means.
    package func outcome(of response: InboundResponse) -> Outcome {
        let reader = BodyReader(
            format: verification.request.answer.format ?? connector.http.responseFormat,
            bytesMax: connector.http.responseBytesMax
        )
        let isUsual = (200...299).contains(response.status)
        let body = isUsual ? (try? reader.document(response)?.root.value) ?? .null : reader.errorBody(response)
        let scope = ResponseScope.scope(response, body: body).adding("context", .object(variables))
        let isOK: Bool
        do {
            isOK = try (verification.okWhen ?? verification.request.answer.success)?.isTrue(in: scope) ?? isUsual
        } catch {
            return .unknown(Problem(.configInvalid, "verify/ok_when: \(error.message)", underlying: error))
        }
        guard isOK else {
            let problem = ErrorClassifier(connector: connector, variables: variables)
                .verdict(on: response, body: body).problem
            switch problem.code {
            case .remoteUnavailable, .remoteTimeout, .remoteRateLimited: return .unknown(problem)
            default: return .rejected(message: verification.message ?? "the vendor does not accept these credentials")
            }
        }
        var kept = JSONObject()
        for (variable, path) in verification.keep {
            if let value = path.value(in: body), !value.isNull { kept[variable] = value }
        }
        let name = try? verification.accountName?.text(in: scope)
        return .accepted(accountName: name ?? nil, variables: kept)
    }
}
