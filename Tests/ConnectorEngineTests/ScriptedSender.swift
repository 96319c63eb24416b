import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization

/// A vendor that answers by a script, and remembers what it was asked.
final class ScriptedSender: HTTPSender {
    typealias Script = @Sendable (OutboundRequest, Int) throws(ExchangeError) -> InboundResponse

    private let script: Script
    private let seen = Mutex<[OutboundRequest]>([])

    init(_ script: @escaping Script) {
        self.script = script
    }

    /// Gives `answers` one after the other, the last one for ever.
    convenience init(_ answers: InboundResponse...) {
        self.init { (_, index) in answers[min(index, answers.count - 1)] }
    }

    var requests: [OutboundRequest] { seen.withLock { $0 } }

    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        let index = seen.withLock { requests in
            requests.append(request)
            return requests.count - 1
        }
        return try script(request, index)
    }

    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        let response = try await send(request)
        let pipe = BytePipe()
        for start in stride(from: 0, to: response.body.count, by: 7) {
            pipe.write(Array(response.body[start..<min(start + 7, response.body.count)]))
        }
        pipe.finish()
        return StreamedResponse(status: response.status, headers: response.headers, body: .pieces(ByteStream(pipe)))
    }
}

extension InboundResponse {
    /// A JSON answer.
    static func json(_ value: JSONValue, status: Int = 200, headers: HeaderFields = [:]) -> InboundResponse {
        var headers = headers
        headers[.contentType] = "application/json"
        return InboundResponse(status: status, headers: headers, body: value.bytes())
    }
}

extension OutboundRequest {
    /// The query parameter with a name, decoded.
    func query(_ name: String) -> String? {
        guard let mark = url.firstIndex(of: "?") else { return nil }
        for item in url[url.index(after: mark)...].split(separator: "&") {
            let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if halves[0].removingPercentEncoding == name { return halves.last?.removingPercentEncoding }
        }
        return nil
    }

    var path: String {
        let rest = url.dropFirst("https://".count)
        guard let slash = rest.firstIndex(of: "/") else { return "" }
        return String(rest[slash...].prefix { $0 != "?" })
    }

    var json: JSONValue? { body.flatMap { try? JSONValue(parsing: $0) } }
}
