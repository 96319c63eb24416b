import CoreMetrics
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import ServiceKit
import Testing
import Vocabulary

struct TelemetryTests {
    @Test func `a log event is one line of JSON`() throws {
        let lines = LogLines()
        var logger = lines.logger()
        logger[metadataKey: "request_id"] = "r-1"
        logger.info("listening\n", metadata: ["port": "7401", "list": ["a", "b"], "map": ["k": "v"], "level": "x"])
        logger.trace("not written")
        let text = lines.text
        #expect(text.split(separator: "\n").count == 1)
        let expected = """
            {"time":"2023-11-14T22:13:20.250Z","level":"info","service":"test","message":"listening\\n",\
            "list":["a","b"],"map":{"k":"v"},"port":"7401","request_id":"r-1"}

            """
        #expect(text == expected)
    }

    @Test func `what looks like a secret never reaches the log`() {
        let lines = LogLines()
        lines.logger().info(
            "key trib_AAAA seen",
            metadata: [
                "authorization": "Basic canary1", "client_secret": "canary2", "nested": ["password": "canary3"],
                "header": "Authorization: Bearer canary4, next", "text": "a trib_canary5 and trib_link_canary6.",
                "error": "failed for \"trib_canary7\"",
            ]
        )
        #expect(!lines.text.contains("canary"))
        #expect(!lines.text.contains("AAAA"))
        #expect(lines.text.contains("next"))
    }

    @Test func `metrics are written in the text format`() {
        let metrics = PrometheusMetrics()
        let counter = Counter(label: "jobs.done_total", dimensions: [("queue", "a\"b")], factory: metrics)
        counter.increment(by: 2)
        Counter(label: "jobs.done_total", dimensions: [("queue", "a\"b")], factory: metrics).increment()
        Gauge(label: "depth", dimensions: [], factory: metrics).record(7.5)
        let timer = CoreMetrics.Timer(label: "wait_seconds", dimensions: [], factory: metrics)
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(60_000_000_000)
        let text = metrics.text()
        #expect(text.contains("# TYPE jobs_done_total counter\njobs_done_total{queue=\"a\\\"b\"} 3\n"))
        #expect(text.contains("# TYPE depth gauge\ndepth 7.5\n"))
        #expect(text.contains("# TYPE wait_seconds histogram\nwait_seconds_bucket{le=\"0.0005\"} 0\n"))
        #expect(text.contains("wait_seconds_bucket{le=\"0.0025\"} 1\n"))
        #expect(text.contains("wait_seconds_bucket{le=\"+Inf\"} 2\nwait_seconds_sum 60.002\nwait_seconds_count 2\n"))
    }

    @Test func `requests are counted by operation and status, and refusals by code`() async throws {
        let metrics = PrometheusMetrics()
        let service = try InProcess([.test(.get, "/x") { _ in throw Problem(.conflict, "x") }], metrics: metrics)
        for target in ["/x", "/x", "/nothing"] { _ = try await service.send(.get, target) }
        let text = String(decoding: try await service.send(.get, "/metrics").body, as: UTF8.self)
        #expect(text.contains("tributary_http_requests_total{operation=\"get/x\",status=\"409\"} 2\n"))
        #expect(text.contains("tributary_http_request_seconds_count{operation=\"get/x\"} 2\n"))
        #expect(text.contains("tributary_http_requests_refused_total{code=\"not_found\"} 1\n"))
        #expect(text.contains("tributary_http_requests_in_flight 1\n"))
    }

    @Test func `a service is live, and ready when its checks hold`() async throws {
        struct Down: Error {}
        let service = try InProcess([], readiness: [HealthCheck("database") {}])
        #expect(try await service.send(.get, "/health/live").json == ["status": "live", "service": "registry"])
        #expect(
            try await service.send(.get, "/health/ready").json
                == ["status": "ready", "service": "registry", "checks": ["database": "ok"]]
        )
        let failing = try InProcess([], readiness: [HealthCheck("database") {}, HealthCheck("keys") { throw Down() }])
        #expect(try await failing.send(.get, "/health/live").status == 200)
        let answer = try await failing.send(.get, "/health/ready")
        #expect(answer.status == 503)
        #expect(answer.headers[.retryAfter] == "1")
        #expect(try answer.json["message"] == "not ready: keys")
        #expect(try answer.json["insight"] == ["checks": ["database": "ok", "keys": "failed"]])
    }
}
