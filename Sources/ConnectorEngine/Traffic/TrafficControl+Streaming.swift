import ConnectorConfig
package import HTTPExchange
import JSONValue
import Vocabulary

extension TrafficControl {
    /// Makes one call whose answer is handed on as it comes.
    ///
    /// What the answer means is read off its status and header fields; the place is free again when they are there.
    ///
    /// - Parameters:
    ///   - call: what it counts against.
    ///   - send: sends.
    /// - Returns: the vendor's answer, whatever its status.
    /// - Throws: `Problem` without having sent anything, or what `send` throws.
    package func stream(
        _ call: TrafficCall,
        _ send: () async throws -> StreamedResponse
    ) async throws -> StreamedResponse {
        var patience = call.patience
        return try await perform(call, patience: &patience) {
            let response = try await send()
            return (response, Self.report(response, call))
        }
    }

    private static func report(_ response: StreamedResponse, _ call: TrafficCall) -> TrafficReport {
        let head = InboundResponse(status: response.status, headers: response.headers)
        let isGood = (200...299).contains(response.status)
        guard RateSignal.mayTell(head, config: call.connector.rateLimit, isRefusal: !isGood) else {
            return TrafficReport(.answered)
        }
        let signal = RateSignal(head, config: call.connector.rateLimit, body: { .null }, isRefusal: !isGood)
        guard !isGood || signal.isLimited else { return TrafficReport(.answered, signal: signal) }
        if signal.isLimited { return TrafficReport(.limited, signal: signal) }
        let verdict = ErrorClassifier(connector: call.connector, variables: call.variables)
            .verdict(on: head, body: .null)
        switch verdict.problem.code {
        case .remoteRateLimited: return TrafficReport(.limited, signal: signal)
        case .remoteUnavailable, .remoteTimeout: return TrafficReport(.failed, signal: signal)
        default: return TrafficReport(.answered, signal: signal)
        }
    }
}
