import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import ServiceKit
import Synchronization

/// Calls endpoints without a socket.
struct InProcess {
    let sender: any HTTPSender

    init(
        _ endpoints: [Endpoint],
        authenticator: any CallerAuthenticator = OpenDoor(),
        readiness: [HealthCheck] = [],
        metrics: PrometheusMetrics = PrometheusMetrics(),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws {
        sender = try TributaryApplication(
            name: .registry,
            endpoints: endpoints,
            authenticator: authenticator,
            config: ApplicationConfig(port: 0),
            readiness: readiness,
            metrics: metrics,
            logger: logger
        ).inProcessSender()
    }

    /// Sends a request; the body is JSON unless `headers` say otherwise.
    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        headers: HeaderFields = [:],
        body: String? = nil
    ) async throws -> InboundResponse {
        var headers = headers
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await sender.send(
            OutboundRequest(
                method: method,
                url: target,
                headers: headers,
                body: body.map { Array($0.utf8) },
                identity: ConnectionIdentity(partition: "test")
            )
        )
    }
}

extension InboundResponse {
    /// The body as JSON.
    var json: JSONValue {
        get throws { try JSONValue(parsing: body) }
    }
}

/// Says who calls by the text of one header field.
struct NamedCallers: CallerAuthenticator {
    let callers: [String: CallerIdentity]

    func identify(_ headers: HeaderFields) async throws -> CallerIdentity {
        headers[.authorization].flatMap { callers[$0] } ?? .anonymous
    }
}

/// Keeps the lines of a log.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined() } }

    func logger(level: Logger.Level = .debug) -> Logger {
        Logger(label: "test") { [self] _ in
            JSONLogHandler(service: "test", level: level, now: { .init(timeIntervalSince1970: 1_700_000_000.25) }) {
                line in
                self.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
    }
}
