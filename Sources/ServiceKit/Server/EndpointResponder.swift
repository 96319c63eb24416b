import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import Vocabulary

/// Turns requests into answers: finds the endpoint, checks caller, query and body, runs the handler, and writes what
/// it throws as the error envelope.
struct EndpointResponder: Sendable {
    let limits: ApplicationConfig.Limits
    private let endpoints: [RoutedEndpoint]
    private let router: Router
    private let authenticator: any CallerAuthenticator
    let metrics: RequestMetrics
    private let logger: Logger

    /// Puts a responder together.
    ///
    /// - Throws: `Router.TemplateError` when two endpoints are the same or a template is malformed.
    init(
        endpoints: [Endpoint],
        authenticator: any CallerAuthenticator,
        limits: ApplicationConfig.Limits,
        metrics: PrometheusMetrics,
        logger: Logger
    ) throws {
        self.endpoints = endpoints.enumerated().map { RoutedEndpoint(index: $0.offset, value: $0.element) }
        self.authenticator = authenticator
        self.limits = limits
        self.logger = logger
        self.metrics = RequestMetrics(operations: endpoints.map(\.operationID), factory: metrics)
        router = try Router(endpoints)
    }

    // MARK: From the head alone

    /// Decides from the head whether and how far the body is read.
    func admit(_ head: RequestHead) -> Admission {
        var refusal: Problem?
        var allow: String?
        var found: RoutedEndpoint?
        var pathParameters: PathParameters = [:]
        switch router.match(head.method, head.path) {
        case .endpoint(let index, let values):
            found = endpoints[index]
            pathParameters = values
            refusal = bodyObjection(head, endpoints[index])
        case .otherMethods(let methods):
            allow = methods.map(\.rawValue).joined(separator: ", ")
            refusal = Problem(
                .methodNotSupported,
                "\(head.method) does not work here; use \(allow ?? "another method")"
            )
        case .none: refusal = Problem(.notFound, "there is nothing at this path")
        }
        let bodyBytesMax = found?.value.body?.bytesMax ?? 0
        if refusal == nil, let length = head.contentLength, length > bodyBytesMax { refusal = tooLarge(bodyBytesMax) }
        let now = ContinuousClock.now
        let asked = head.headers[.deadline].flatMap { Int($0) }.map { Duration.milliseconds(max(1, $0)) }
        return Admission(
            head: head,
            endpoint: found,
            pathParameters: pathParameters,
            bodyBytesMax: bodyBytesMax,
            refusal: refusal,
            allow: allow,
            trace: TraceIDs(head.headers),
            started: now,
            deadline: now + min(asked ?? limits.requestTimeout, limits.requestTimeout)
        )
    }

    /// What a body larger than the endpoint's limit is answered with.
    func tooLarge(_ bodyBytesMax: Int) -> Problem {
        guard bodyBytesMax > 0 else { return Problem(.invalidRequest, "this operation takes no body") }
        return Problem(.payloadTooLarge, "the body is larger than \(bodyBytesMax) bytes")
    }

    private func bodyObjection(_ head: RequestHead, _ endpoint: RoutedEndpoint) -> Problem? {
        guard head.contentLength != 0, let body = endpoint.value.body, !body.contentTypes.contains("*/*") else {
            return nil
        }
        if let coding = head.headers[.contentEncoding], coding.lowercased() != "identity" {
            return Problem(.unsupportedMediaType, "send the body without Content-Encoding")
        }
        guard let type = head.headers[.contentType] else { return nil }
        let essence = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        guard !body.contentTypes.contains(essence) else { return nil }
        return Problem(
            .unsupportedMediaType,
            "send the body with Content-Type: \(body.contentTypes.joined(separator: " or "))"
        )
    }

    // MARK: From the whole request

    /// Answers an admitted request; never fails.
    ///
    /// JSON bodies come back as bytes.
    func respond(to admission: Admission, body: [UInt8], upload: ByteStream?) async -> EndpointResponse {
        guard let found = admission.endpoint else {
            return refusal(Problem(.notFound, "there is nothing at this path"), admission)
        }
        metrics.begin()
        var response: EndpointResponse
        do {
            response = try await found.value.handler(request(admission, found, body, upload))
            if case .json(let value) = response.body { response.body = .bytes(value.bytes()) }
        } catch {
            response = failure(error, admission, found.value)
        }
        metrics.end(found.index, status: response.status, duration: ContinuousClock.now - admission.started)
        logger.debug(
            "request answered",
            metadata: [
                "request_id": "\(admission.trace.requestID)", "operation": "\(found.value.operationID)",
                "status": "\(response.status)",
            ]
        )
        return response
    }

    /// Answers a request that no endpoint gets to see.
    func refusal(_ problem: Problem, _ admission: Admission?) -> EndpointResponse {
        let requestID = admission?.trace.requestID ?? TraceIDs([:]).requestID
        var response = ErrorEnvelope.response(problem, requestID: requestID, accept: admission?.head.headers[.accept])
        if let allow = admission?.allow { response.headers[.allow] = allow }
        if admission == nil { response.headers[.requestID] = requestID }
        metrics.refused(problem.code)
        return response
    }

    /// Notes that the body of an answer broke off.
    func streamBroke(_ admission: Admission, _ error: any Error) {
        logger.warning(
            "answer broke off",
            metadata: [
                "request_id": "\(admission.trace.requestID)",
                "operation": "\(admission.endpoint?.value.operationID ?? "")",
                "error": "\(String(reflecting: error).prefix(500))",
            ]
        )
    }

    private func request(_ admission: Admission, _ endpoint: RoutedEndpoint, _ body: [UInt8], _ upload: ByteStream?)
        async throws -> EndpointRequest
    {
        let caller: CallerIdentity
        switch endpoint.value.access {
        case .public, .apiKeyWithin: caller = .anonymous
        default:
            caller = try await authenticator.identify(admission.head.headers)
            try AccessCheck.check(caller, endpoint.value.access)
        }
        let query = try QueryItems(parsing: (admission.head.rawQuery ?? "").utf8Span.span)
        try QueryCheck.check(query, endpoint.value)
        if endpoint.value.body?.isRequired == true, body.isEmpty, upload == nil {
            throw Problem(.invalidRequest, "the body is missing")
        }
        return EndpointRequest(
            method: admission.head.method,
            path: admission.head.path,
            pathParameters: admission.pathParameters,
            query: query,
            rawQuery: admission.head.rawQuery,
            headers: admission.head.headers,
            body: body,
            upload: upload,
            caller: caller,
            requestID: admission.trace.requestID,
            deadline: admission.deadline,
            logger: logger
        )
    }

    private func failure(_ error: any Error, _ admission: Admission, _ endpoint: Endpoint) -> EndpointResponse {
        let problem: Problem
        if Task.isCancelled || error is CancellationError {
            // Whatever it was, the cause is that nobody waits for the answer any more.
            let isLate = ContinuousClock.now >= admission.deadline
            logger.log(
                level: isLate ? .warning : .info,
                isLate ? "request not answered within its time" : "request given up by its client",
                metadata: [
                    "request_id": "\(admission.trace.requestID)", "operation": "\(endpoint.operationID)",
                ]
            )
            problem = Problem(.serviceUnavailable, "the request was given up")
        } else {
            problem = Problem(of: error)
        }
        if problem.code.status == 500 || problem.underlying != nil {
            logger.log(
                level: problem.code.status == 500 ? .error : .warning,
                "request failed",
                metadata: [
                    "request_id": "\(admission.trace.requestID)", "operation": "\(endpoint.operationID)",
                    "code": "\(problem.code.rawValue)",
                    "error": "\(problem.debugDescription.prefix(1000))",
                ]
            )
        }
        return ErrorEnvelope.response(
            problem,
            requestID: admission.trace.requestID,
            accept: admission.head.headers[.accept]
        )
    }
}
