package import ConnectorConfig
package import HTTPExchange
import HTTPTypes
package import JSONValue
import Vocabulary

/// Does proxy calls: the caller's words, the account's credentials, the vendor's answer as it comes.
package struct ProxyEngine: Sendable {
    private let sender: any HTTPSender
    private let traffic: TrafficControl
    private let tools: SigningTools?
    /// The largest body that credentials are put into, or that is signed.
    private static let envelopeBytesMax = 16 * 1024 * 1024
    /// The largest refusal that is looked into.
    private static let refusalBytesMax = 8 * 1024 * 1024
    /// The largest good answer that is looked into.
    private static let sessionRefusalBytesMax = 64 * 1024

    /// Makes an engine over a sender.
    ///
    /// `traffic`: the gate that all calls to vendors go through.
    /// `tools`: for credentials that are different in each request.
    package init(sender: any HTTPSender, traffic: TrafficControl, tools: SigningTools? = nil) {
        self.sender = sender
        self.traffic = traffic
        self.tools = tools
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
        let method = document.authMethod(access.method)
        let traffic = TrafficCall(
            connector: document,
            account: call.account,
            subject: call.traffic,
            rateClass: request.native?.rateClass,
            variables: variables
        )
        let response = try await send(request, headers, call, source, access, traffic)
        guard response.status == 401 || response.status == 403 || Self.mayKnowNoSession(response, method) else {
            return result(response, call, traffic)
        }

        // The start of a refusal tells whether a newer token may help.
        let refusal = try await collected(response)
        let body = (try? JSONValue(parsing: refusal.body, policy: .vendor)) ?? .null
        let classifier = ErrorClassifier(connector: document, variables: variables)
        let verdict =
            (200...299).contains(response.status)
            ? classifier.verdict(onGood: refusal, body: body) : classifier.verdict(on: refusal, body: body)
        let mayHelp =
            verdict?.retry == .refreshThenRetry
            || (response.status == 401 && method?.onUnauthorized == .refreshOnce)
        if mayHelp {
            // For a body that is gone the newer token is of use to the next call.
            let renewed = try await source.renewed(after: access)
            if renewed.version != access.version, call.body.isRepeatable {
                return result(try await send(request, headers, call, source, renewed, traffic), call, traffic)
            }
        }
        return result(
            StreamedResponse(status: refusal.status, headers: refusal.headers, body: .whole(refusal.body)),
            call,
            traffic
        )
    }

    /// Whether a short answer may be the one that means that a session is over, with the status of a good one.
    private static func mayKnowNoSession(_ response: StreamedResponse, _ method: AuthMethod?) -> Bool {
        guard let method, method.invalidSessions.contains(where: { $0.condition.statuses.contains(response.status) })
        else { return false }
        let length =
            switch response.body {
            case .whole(let bytes): bytes.count
            case .pieces: response.headers[.contentLength].flatMap { Int($0) } ?? Int.max
            }
        return length <= sessionRefusalBytesMax
    }

    private func send(
        _ request: NativeRequest,
        _ headers: [HeaderField],
        _ call: ProxyCall,
        _ source: any AccessSource,
        _ access: UsableAccess,
        _ charged: TrafficCall
    ) async throws -> StreamedResponse {
        guard let method = charged.connector.authMethod(access.method) else {
            throw Problem(.configInvalid, "the connector has no way to connect named '\(access.method)'")
        }
        do {
            return try await traffic.stream(charged) {
                // A token that is good for one call is the one that the call before has brought.
                let access = method.nextTokenHeader == nil ? access : try await source.current()
                let response = try await sender.stream(
                    outbound(request, headers, call, method, access, charged.connector, charged.variables)
                )
                if let token = method.nextToken(in: response.headers) { source.keep(token, inPlaceOf: access) }
                return response
            }
        } catch let error as ExchangeError {
            throw Problem(error, isWrite: !request.isIdempotent)
        }
    }

    private func outbound(
        _ request: NativeRequest,
        _ headers: [HeaderField],
        _ call: ProxyCall,
        _ method: AuthMethod,
        _ access: UsableAccess,
        _ connector: ConnectorDocument,
        _ variables: JSONObject
    ) async throws -> OutboundRequest {
        let authenticator = Authenticator(method: method, access: access, tools: tools)
        var signed = request
        try authenticator.sign(&signed, variables: variables)
        var outbound = try signed.outbound(
            connector: connector,
            identity: connector.http.identity(of: call.account, method: method, certificate: access.clientCertificate),
            adding: headers
        )
        try await put(call.body, into: &outbound, signed, isSigned: !method.signatures.isEmpty)
        for field in try authenticator.signatureFields(of: outbound, variables: variables) {
            if let name = HTTPField.Name(field.name) { outbound.headers[name] = field.value }
        }
        return outbound
    }

    /// Puts the caller's body into the request; credentials inside of it become the account's.
    ///
    /// `isSigned`: whether the whole body must be there before it is sent.
    private func put(
        _ body: ProxyCall.Body,
        into outbound: inout OutboundRequest,
        _ signed: NativeRequest,
        isSigned: Bool
    ) async throws {
        outbound.body = nil
        switch body {
        case .none: return
        case .bytes(let bytes): outbound.body = bytes
        case .stream(let stream): outbound.upload = stream
        }
        let security = Self.isXML(outbound.headers) ? signed.soapSecurity : nil
        let members = signed.credentials?.members ?? JSONObject()
        guard security != nil || isSigned || !members.isEmpty else { return }
        if case .stream(let stream) = body {
            guard let whole = try await stream.collected(upTo: Self.envelopeBytesMax) else {
                throw Problem(.payloadTooLarge, "a signed body may have at most \(Self.envelopeBytesMax) bytes")
            }
            outbound.body = whole
            outbound.upload = nil
        }
        if let security { outbound.body = try security.inject(into: outbound.body ?? []) }
        if !members.isEmpty {
            guard let object = try? JSONValue(parsing: outbound.body ?? [], policy: .vendor), object.object != nil
            else {
                throw Problem(.invalidRequest, "the account's key goes into the body, which must be a JSON object")
            }
            outbound.body = object.overlaid(by: .object(members)).bytes()
        }
    }

    private static func isXML(_ headers: HeaderFields) -> Bool {
        headers[.contentType].map { $0.lowercased().contains("xml") } ?? true
    }

    private func collected(_ response: StreamedResponse) async throws -> InboundResponse {
        let body: [UInt8]?
        do {
            body = try await response.collected(upTo: Self.refusalBytesMax)
        } catch let error as ExchangeError {
            throw Problem(error, isWrite: false)
        }
        guard let body else { throw Problem(.remoteResponseTooLarge, "the vendor's refusal is too large") }
        return InboundResponse(status: response.status, headers: response.headers, body: body)
    }

    private func result(_ response: StreamedResponse, _ call: ProxyCall, _ charged: TrafficCall) -> ProxyResult {
        let config = charged.connector.rateLimit
        let signal =
            config.windows.isEmpty
            ? nil
            : RateSignal(
                InboundResponse(status: response.status, headers: response.headers),
                config: config,
                body: { .null },
                isRefusal: false
            )
        return ProxyResult(
            status: response.status,
            headers: ProxyHeaders.incoming(response.headers, config: charged.connector.proxy),
            length: call.method == .head ? response.headers[.contentLength].flatMap { Int($0) } : nil,
            body: response.body,
            rateLimit: traffic.standing(of: charged),
            remoteRateLimit: signal?.strictest.map(UnifiedResult.RemoteRateLimit.init)
        )
    }
}
