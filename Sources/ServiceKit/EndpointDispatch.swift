import Logging
import Vocabulary

/// Answers requests that arrive inside of others, such as those of a batch, with the checks of the endpoint that each
/// is for: path, method, scopes, query and size of the body.
package struct EndpointDispatch: Sendable {
    private let endpoints: [Endpoint]
    private let router: Router?

    /// Serves `endpoints`, which the service has routed already.
    package init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
        router = try? Router(endpoints)
    }

    /// The answer; never fails.
    ///
    /// The caller is the one of the outer request.
    package func respond(to request: EndpointRequest) async -> EndpointResponse {
        do {
            return try await answer(to: request)
        } catch {
            let problem = Problem(of: error)
            if problem.code.status == 500 {
                request.logger.error("request failed", metadata: ["code": "\(problem.code.rawValue)"])
            }
            return .problem(problem, requestID: request.requestID)
        }
    }

    private func answer(to request: EndpointRequest) async throws -> EndpointResponse {
        let endpoint: Endpoint
        var request = request
        switch router?.match(request.method, request.path) {
        case .endpoint(let index, let parameters)?:
            endpoint = endpoints[index]
            request.pathParameters = parameters
        case .otherMethods?: throw Problem(.methodNotSupported, "there is no such method at this path")
        default: throw Problem(.notFound, "there is nothing at this path")
        }
        try AccessCheck.check(request.caller, endpoint.access)
        try QueryCheck.check(request.query, endpoint)
        guard let body = endpoint.body else {
            if !request.body.isEmpty { throw Problem(.invalidRequest, "this operation takes no body") }
            return try await endpoint.handler(request)
        }
        if body.isRequired, request.body.isEmpty { throw Problem(.invalidRequest, "the body is missing") }
        guard request.body.count <= body.bytesMax else {
            throw Problem(.payloadTooLarge, "the body is larger than \(body.bytesMax) bytes")
        }
        return try await endpoint.handler(request)
    }
}
