import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import Postgres
import ServiceKit
import SyncService
import TestSupport
import Testing

struct SyncReadinessTests {
    static func ready(_ config: PostgresConfig) async throws -> (status: Int, body: JSONValue) {
        let pool = PostgresPool(config)
        defer { pool.close() }
        let service = SyncService(pool: pool, verifier: nil)
        let sender = try TributaryApplication(
            name: .sync,
            endpoints: service.endpoints,
            authenticator: service.authenticator,
            config: ApplicationConfig(port: 0),
            readiness: service.readiness,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ).inProcessSender()
        let identity = ConnectionIdentity(partition: "test")
        let answer = try await sender.send(OutboundRequest(method: .get, url: "/health/ready", identity: identity))
        return (answer.status, try JSONValue(parsing: answer.body))
    }

    @Test func `the service is ready when its role may use the migrated schema`() async throws {
        let config = try await TestDatabase.make([.init("sync")], role: "tributary_sync")
        let answer = try await Self.ready(config)
        #expect(answer.status == 200)
        #expect(answer.body["checks"]?["database"] == "ok")
    }

    @Test func `the service is not ready before its migrations or without its database`() async throws {
        let empty = try await TestDatabase.make([], role: "tributary_sync")
        #expect(try await Self.ready(empty).status == 503)
        let nowhere = PostgresConfig(url: "postgresql://127.0.0.1:1/none", connectTimeout: .seconds(1))
        let answer = try await Self.ready(nowhere)
        #expect(answer.status == 503)
        #expect(answer.body["insight"]?["checks"]?["database"] == "failed")
        #expect(!answer.body.text().contains("127.0.0.1"))
    }
}
