import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// What every service answers about itself: that it runs, that it can take requests, and its metrics.
struct HealthRoutes: Sendable {
    /// How long one check may take.
    private static let checkTimeout: Duration = .seconds(2)

    let service: ServiceName
    let checks: [HealthCheck]
    let metrics: PrometheusMetrics

    /// The three operations.
    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/health/live",
                operationID: "healthLive",
                summary: "Whether the process runs",
                tags: ["Operations"],
                access: .public,
                responses: [ResponseSpec(200, "It runs", schema: Self.schema)]
            ) { [service] _ in
                .json(["status": "live", "service": .string(service.rawValue)], headers: [.cacheControl: "no-store"])
            },
            Endpoint(
                .get,
                "/health/ready",
                operationID: "healthReady",
                summary: "Whether the service can take requests",
                tags: ["Operations"],
                access: .public,
                responses: [
                    ResponseSpec(200, "All checks hold", schema: Self.schema),
                    ResponseSpec(503, "A check does not hold; `insight.checks` names it"),
                ]
            ) { _ in
                try await ready()
            },
            Endpoint(
                .get,
                "/metrics",
                operationID: "metrics",
                summary: "Metrics in the Prometheus text format",
                tags: ["Operations"],
                access: .public,
                responses: [ResponseSpec(200, "The metrics", schema: ["type": "string"], contentType: "text/plain")]
            ) { [metrics] _ in
                .bytes(Array(metrics.text().utf8), contentType: "text/plain; version=0.0.4; charset=utf-8")
            },
        ]
    }

    private static let schema: JSONValue = [
        "type": "object", "required": ["status", "service"],
        "properties": [
            "status": ["type": "string"], "service": ["type": "string"],
            "checks": ["type": "object", "additionalProperties": ["type": "string"]],
        ],
    ]

    private func ready() async throws -> EndpointResponse {
        let failed = await withTaskGroup(of: (String, (any Error)?).self) { group in
            for check in checks {
                group.addTask {
                    do {
                        try await Self.bounded(check.check)
                        return (check.name, nil)
                    } catch {
                        return (check.name, error)
                    }
                }
            }
            var failed: [String: any Error] = [:]
            for await (name, error) in group { failed[name] = error }
            return failed
        }
        let states = checks.map { ($0.name, JSONValue.string(failed[$0.name] == nil ? "ok" : "failed")) }
        guard let (name, error) = failed.min(by: { $0.key < $1.key }) else {
            return .json(
                ["status": "ready", "service": .string(service.rawValue), "checks": .object(JSONObject(states))],
                headers: [.cacheControl: "no-store"]
            )
        }
        throw Problem(
            .serviceUnavailable,
            "not ready: \(failed.keys.sorted().joined(separator: ", "))",
            insight: ["checks": .object(JSONObject(states))],
            underlying: CheckFailure(name: name, underlying: error)
        )
    }

    private static func bounded(_ check: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await check() }
            group.addTask {
                try await Task.sleep(for: checkTimeout)
                throw Problem(.serviceUnavailable, "the check took longer than \(checkTimeout)")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private struct CheckFailure: Error {
        let name: String
        let underlying: any Error
    }
}
