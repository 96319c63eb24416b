import HTTPTypes
import JSONValue
import Postgres
import RegistryContract
import ServiceKit
import Testing
import Vocabulary

/// The request log: told by executors, seen by administrators.
struct RequestLogTests {
    private let account = AccountID.random()

    private func record(
        _ tenant: RegistryWorld.Tenant,
        _ request: String,
        status: Int = 200,
        account: AccountID? = nil,
        environment: String? = nil
    ) -> JSONValue {
        [
            "tenant_id": .string(tenant.id), "environment_id": environment.map { .string($0) } ?? .null,
            "account_id": account.map { .string($0.description) } ?? .null,
            "api_key_id": .string(APIKeyID.random().description), "request_id": .string(request),
            "operation": "listUnifiedRecords", "method": "GET", "path": "/unified/crm/contacts",
            "status": .number(JSONNumber(status)), "code": status < 400 ? .null : "not_found", "milliseconds": 1.5,
            "at": 4_000_000_000.25,
        ]
    }

    private func keep(_ records: [JSONValue], _ world: RegistryWorld) async throws -> Int {
        try await world.ask(
            .post,
            "/internal/v1/request-log",
            ["records": .array(records)],
            as: .service(.executor)
        ).status
    }

    private func requests(_ world: RegistryWorld, _ query: String = "", key: String? = nil) async throws -> [String] {
        let answer = try await world.ask(.get, "/admin/v1/request-log" + query, key: key)
        return (answer.body["result"]?.array ?? []).compactMap { $0["request_id"]?.string }
    }

    @Test func `a tenant sees its own requests, newest first, and the platform all`() async throws {
        let world = try await RegistryWorld()
        let (one, two) = (try await world.tenant("one"), try await world.tenant("two"))
        let records = [
            record(one, "r1", account: account), record(two, "r2"), record(one, "r3", status: 404, account: account),
        ]
        #expect(try await keep(records, world) == 204)
        #expect(try await requests(world) == ["r3", "r2", "r1"])
        #expect(try await requests(world, key: one.key) == ["r3", "r1"])
        #expect(try await requests(world, key: two.key) == ["r2"])
        let line = try await world.ask(.get, "/admin/v1/request-log?request_id=r3", key: one.key).body["result"]?[0]
        #expect(line?["status"] == 404 && line?["code"] == "not_found" && line?["milliseconds"] == 1.5)
        #expect(line?["integrated_account_id"] == .string(account.description))
        #expect(line?["path"] == "/unified/crm/contacts" && line?["method"] == "GET")
        #expect(line?["answered_at"] == "2096-10-02T07:06:40.25Z")
    }

    @Test func `lines are found by account, by request and by whether they failed, page by page`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("one")
        let records = [
            record(tenant, "r1", account: account), record(tenant, "r2", status: 404), record(tenant, "r3"),
        ]
        #expect(try await keep(records, world) == 204)
        #expect(try await requests(world, "?integrated_account_id=\(account)", key: tenant.key) == ["r1"])
        #expect(try await requests(world, "?request_id=r2", key: tenant.key) == ["r2"])
        #expect(try await requests(world, "?is_error=true", key: tenant.key) == ["r2"])
        #expect(try await requests(world, "?is_error=false", key: tenant.key) == ["r3", "r1"])
        let first = try await world.ask(.get, "/admin/v1/request-log?limit=2", key: tenant.key).body
        let cursor = try #require(first["next_cursor"]?.string)
        #expect(try await requests(world, "?limit=2&next_cursor=\(cursor)", key: tenant.key) == ["r1"])
        for query in ["?next_cursor=x", "?is_error=perhaps", "?colour=red"] {
            #expect(try await world.ask(.get, "/admin/v1/request-log" + query, key: tenant.key).status == 400)
        }
        let strange = try await world.ask(.get, "/admin/v1/request-log?integrated_account_id=x", key: tenant.key)
        #expect(strange.code == "not_found")
    }

    @Test func `lines are kept for a week, and by executors alone`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("one")
        #expect(try await keep([record(tenant, "old")], world) == 204)
        try await world.pool.transaction(context: ["app.scope": "service"]) { transaction in
            // The role may not change lines; an old one is written.
            try await transaction.execute(
                """
                insert into registry.request_log (tenant_id, api_key_id, request_id, operation, method, path, status,
                    milliseconds, at)
                select tenant_id, api_key_id, 'older', operation, method, path, status, milliseconds,
                    now() - interval '8 days' from registry.request_log
                """
            )
        }
        #expect(try await requests(world) == ["older", "old"])
        #expect(try await keep([record(tenant, "new")], world) == 204)
        #expect(try await requests(world).contains("older") == false)
        let many = Array(repeating: record(tenant, "many"), count: RequestRecords.max + 1)
        #expect(try await keep(many, world) == 400)
        for caller in [CallerIdentity.service(.broker), .anonymous] {
            let answer = try await world.ask(.post, "/internal/v1/request-log", ["records": []], as: caller)
            #expect([401, 403].contains(answer.status))
        }
    }
}
