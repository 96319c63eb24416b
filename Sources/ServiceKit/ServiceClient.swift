package import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// Calls another service over HTTP, with a signed token, the caller's request id and the time that is left.
package struct ServiceClient: ServiceCalling {
    private let sender: any HTTPSender
    private let baseURL: String
    private let signer: ServiceTokenSigner
    private let audience: ServiceName

    /// Points at a service.
    ///
    /// - Parameters:
    ///   - sender: sends the requests.
    ///   - baseURL: scheme, host and port, such as `http://127.0.0.1:7401`.
    ///   - signer: signs as the service that calls.
    ///   - audience: the service that is called.
    package init(sender: any HTTPSender, baseURL: String, signer: ServiceTokenSigner, audience: ServiceName) {
        self.sender = sender
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.signer = signer
        self.audience = audience
    }

    package func call(_ call: ServiceCall) async throws -> InboundResponse {
        let request = try request(call)
        let response: InboundResponse
        do {
            response = try await sender.send(request)
        } catch {
            if error.reason == .cancelled { throw CancellationError() }
            throw Problem(
                .serviceUnavailable,
                "the \(audience.rawValue) service does not answer",
                retryAfter: .seconds(1),
                outcome: error.requestMayHaveBeenSent && request.replay == .never ? "unknown" : nil,
                underlying: error
            )
        }
        guard (200..<300).contains(response.status) || response.status == 304 else { throw problem(response) }
        return response
    }

    private func request(_ call: ServiceCall) throws -> OutboundRequest {
        var headers = call.headers
        headers[.authorization] = "Bearer \(try signer.token(for: audience).reveal())"
        if call.body != nil { headers[.contentType] = "application/json" }
        if let requestID = call.requestID { headers[.requestID] = requestID }
        headers[.deadline] = String(max(1, Int(clamping: call.timeout.milliseconds)))
        var url = baseURL + call.path
        for (index, item) in call.query.enumerated() {
            url += index == 0 ? "?" : "&"
            url += "\(PercentEncoding.encoded(item.name))=\(PercentEncoding.encoded(item.value))"
        }
        let isRepeatable = [.get, .head, .put, .delete].contains(call.method)
        return OutboundRequest(
            method: call.method,
            url: url,
            headers: headers,
            body: call.body,
            identity: ConnectionIdentity(partition: "service-\(audience.rawValue)"),
            destination: .service,
            replay: isRepeatable ? .allowed : .never,
            connectTimeout: .seconds(2),
            totalTimeout: call.timeout
        )
    }

    private func problem(_ response: InboundResponse) -> Problem {
        guard let body = try? JSONValue(parsing: response.body), let problem = ErrorEnvelope.problem(from: body) else {
            return Problem(
                response.status >= 500 ? .serviceUnavailable : .internalError,
                "the \(audience.rawValue) service gave an answer that is not ours (status \(response.status))"
            )
        }
        // That our own token is refused is no fault of the caller's credentials.
        if problem.code == .unauthorized || problem.code == .forbiddenScope {
            return Problem(.internalError, "the \(audience.rawValue) service refuses our token", underlying: problem)
        }
        return problem
    }
}

extension Duration {
    /// Whole milliseconds.
    fileprivate var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
