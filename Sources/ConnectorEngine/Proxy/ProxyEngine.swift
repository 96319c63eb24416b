package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
package import JSONValue
import Vocabulary

/// Does proxy calls: the caller's words, the account's credentials, the vendor's answer as it comes.
package struct ProxyEngine: Sendable {
    private let sender: any HTTPSender
    private let traffic: TrafficControl

    /// Makes an engine over a sender.
    ///
    /// `traffic`: the gate that all calls to vendors go through.
    package init(sender: any HTTPSender, traffic: TrafficControl) {
        self.sender = sender
        self.traffic = traffic
    }

    /// Does one call.
    ///
    /// - Throws: `Problem` when the call may not be made or no answer comes. A vendor's error is an answer.
    package func execute(
        _ call: ProxyCall,
        connector: CompiledConnector,
        variables: JSONObject,
        access source: any AccessSource
    ) async throws -> ProxyResult {
        let document = connector.document
        let variables = document.withDefaults(variables)
        let (request, headers) = try ProxyPlan.request(call, connector: document, variables: variables)
        let access = try await source.current()
        let response = try await send(request, headers, call, access, document, variables)
        guard response.status == 401 || response.status == 403 else { return result(response, document) }

        // The start of a refusal tells whether a newer token may help.
        let refusal = try await collected(response)
        let verdict = ErrorClassifier(connector: document, variables: variables)
            .verdict(on: refusal, body: (try? JSONValue(parsing: refusal.body, policy: .vendor)) ?? .null)
        let mayHelp =
            verdict.retry == .refreshThenRetry
            || (response.status == 401 && document.authMethod(access.method)?.onUnauthorized == .refreshOnce)
        if mayHelp {
            let renewed = try await source.renewed(after: access)
            if renewed.version != access.version {
                return result(try await send(request, headers, call, renewed, document, variables), document)
            }
        }
        let (body, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        continuation.yield(refusal.body)
        continuation.finish()
        return result(StreamedResponse(status: refusal.status, headers: refusal.headers, body: body), document)
    }

    private func send(
        _ request: NativeRequest,
        _ headers: HTTPFields,
        _ call: ProxyCall,
        _ access: UsableAccess,
        _ connector: ConnectorDocument,
        _ variables: JSONObject
    ) async throws -> StreamedResponse {
        guard let method = connector.authMethod(access.method) else {
            throw Problem(.configInvalid, "the connector has no way to connect named '\(access.method)'")
        }
        let signed = try Authenticator(method: method, access: access).sign(request, variables: variables)
        var outbound = try signed.outbound(
            connector: connector,
            identity: ConnectionIdentity(
                partition: call.account.description,
                clientCertificate: access.clientCertificate
            )
        )
        for field in headers where !outbound.headers.contains(field.name) { outbound.headers.append(field) }
        outbound.body = call.body.flatMap { $0.isEmpty && request.isIdempotent ? nil : $0 }
        let trafficCall = TrafficCall(
            connector: connector,
            account: call.account,
            subject: call.traffic,
            rateClass: request.rateClass,
            variables: variables
        )
        do {
            return try await traffic.stream(trafficCall) { try await sender.stream(outbound) }
        } catch let error as ExchangeError {
            throw Problem(error, isWrite: !request.isIdempotent)
        }
    }

    private func collected(_ response: StreamedResponse) async throws -> InboundResponse {
        var body: [UInt8] = []
        do {
            for try await piece in response.body {
                body += piece
                if body.count > 1_048_576 { break }
            }
        } catch let error as ExchangeError {
            throw Problem(error, isWrite: false)
        }
        return InboundResponse(status: response.status, headers: response.headers, body: body)
    }

    private func result(_ response: StreamedResponse, _ connector: ConnectorDocument) -> ProxyResult {
        ProxyResult(
            status: response.status,
            headers: ProxyHeaders.incoming(response.headers, config: connector.proxy),
            body: response.body
        )
    }
}
