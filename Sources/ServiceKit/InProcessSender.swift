import HTTPExchange
import HTTPTypes
import JSONValue
import NIOHTTP1

/// Hands requests to a service's endpoints without a socket, through the same checks.
struct InProcessSender: HTTPSender {
    let responder: EndpointResponder

    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        let streamed = try await stream(request)
        var body: [UInt8] = []
        do {
            for try await piece in streamed.body { body += piece }
        } catch {
            throw ExchangeError(.connectionLost, "the answer broke off", requestMayHaveBeenSent: true)
        }
        return InboundResponse(status: streamed.status, headers: streamed.headers, body: body)
    }

    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        let body = request.body ?? []
        var fields = HTTPHeaders([("Host", "in-process"), ("Content-Length", String(body.count))])
        for field in request.headers { fields.add(name: field.name.rawName, value: field.value) }
        let decoded = HTTPRequestHead(
            version: .http1_1,
            method: .RAW(value: request.method.rawValue),
            uri: request.url,
            headers: fields
        )
        let head: RequestHead
        do {
            head = try RequestHead(decoded, targetBytesMax: responder.limits.targetBytesMax)
        } catch {
            throw ExchangeError(.invalidRequest, error.message, requestMayHaveBeenSent: false)
        }
        let admission = responder.admit(head)
        let response: EndpointResponse =
            if let refusal = admission.refusal {
                responder.refusal(refusal, admission)
            } else if body.count > admission.bodyBytesMax {
                responder.refusal(responder.tooLarge(admission), admission)
            } else {
                await responder.respond(to: admission, body: body)
            }
        return StreamedResponse(status: response.status, headers: response.headers, body: response.body.pieces)
    }
}

extension EndpointResponse.Body {
    /// The body in pieces.
    fileprivate var pieces: AsyncThrowingStream<[UInt8], any Error> {
        let whole: [UInt8]
        switch self {
        case .stream(let pieces): return pieces
        case .none: whole = []
        case .bytes(let bytes): whole = bytes
        case .json(let value): whole = value.bytes()
        }
        return AsyncThrowingStream { continuation in
            if !whole.isEmpty { continuation.yield(whole) }
            continuation.finish()
        }
    }
}
