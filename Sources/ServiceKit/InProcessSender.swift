import HTTPExchange
import HTTPTypes
import JSONValue
import NIOHTTP1

/// Hands requests to a service's endpoints without a socket, through the same checks.
struct InProcessSender: HTTPSender {
    let responder: EndpointResponder

    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        let streamed = try await stream(request)
        do {
            let body = try await streamed.collected(upTo: .max) ?? []
            return InboundResponse(status: streamed.status, headers: streamed.headers, body: body)
        } catch {
            throw ExchangeError(.connectionLost, "the answer broke off", requestMayHaveBeenSent: true)
        }
    }

    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        let body: [UInt8]
        do {
            body = try await request.upload?.collected(upTo: .max) ?? request.body ?? []
        } catch {
            throw ExchangeError(.cancelled, "the body broke off", requestMayHaveBeenSent: false)
        }
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
                responder.refusal(responder.tooLarge(admission.bodyBytesMax), admission)
            } else {
                await responder.respond(to: admission, body: body, upload: nil)
            }
        do {
            let body = try await response.body.streamed()
            return StreamedResponse(status: response.status, headers: response.headers, body: body)
        } catch {
            throw ExchangeError(.connectionLost, "the answer broke off", requestMayHaveBeenSent: true)
        }
    }
}

extension EndpointResponse.Body {
    /// The body as a client gets it; pieces that are made by a task are put together here.
    fileprivate func streamed() async throws -> StreamedResponse.Body {
        switch self {
        case .pipe(let stream): return .pieces(stream)
        case .none: return .whole([])
        case .bytes(let bytes): return .whole(bytes)
        case .json(let value): return .whole(value.bytes())
        case .stream(let pieces):
            var body: [UInt8] = []
            for try await piece in pieces { body += piece }
            return .whole(body)
        }
    }
}
