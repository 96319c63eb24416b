import FoundationEssentials
import HTTPTypes
import JSONValue
import Postgres
import RegistryContract
import ServiceKit
import Testing
import Vocabulary

struct IdempotencyTests {
    private let key = String(repeating: "ab", count: 32)
    private let request = String(repeating: "01", count: 32)

    private func write(_ tenant: RegistryWorld.Tenant, run: IdempotentRunID = .random()) -> JSONValue {
        [
            "tenant_id": .string(tenant.id), "key_sha256": .string(key), "request_sha256": .string(request),
            "run_id": .string(run.description),
        ]
    }

    private func begin(_ write: JSONValue, _ world: RegistryWorld) async throws -> JSONValue {
        try await world.ask(.post, "/internal/v1/idempotent-writes/begin", write, as: .service(.executor)).body
    }

    private func end(_ write: JSONValue, answer: JSONValue = .null, _ world: RegistryWorld) async throws -> Int {
        try await world.ask(
            .post,
            "/internal/v1/idempotent-writes/end",
            ["write": write, "answer": answer],
            as: .service(.executor)
        ).status
    }

    private func rewind(_ column: Query, _ tenant: RegistryWorld.Tenant, _ world: RegistryWorld) async throws {
        try await world.pool.transaction(context: ["app.tenant_id": tenant.id]) { transaction in
            let changed = try await transaction.execute(
                "update registry.idempotency_record set \(column) = now() - interval '1 second'"
            )
            #expect(changed == 1)
        }
    }

    @Test func `a key begins once, is running, and then gives the kept answer`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("one")
        let first = write(tenant)
        #expect(try await begin(first, world)["state"] == "begun")
        #expect(try await begin(write(tenant), world)["state"] == "running")
        let answer: JSONValue = ["status": 201, "headers": ["etag": "\"1\""], "body": "eyJpZCI6IjEifQ=="]
        #expect(try await end(first, answer: answer, world) == 204)
        let again = try await begin(write(tenant), world)
        #expect(again["state"] == "answered")
        #expect(again["answer"] == answer)
    }

    @Test func `of many who begin with one key a single one may run`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("many")
        let states = try await withThrowingTaskGroup(of: JSONValue.self) { group in
            for _ in 0..<12 { group.addTask { try await begin(write(tenant), world)["state"] ?? .null } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(states.count { $0 == "begun" } == 1)
        #expect(states.count { $0 == "running" } == 11)
    }

    @Test func `a key with another request is told apart`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("other")
        _ = try await begin(write(tenant), world)
        var other = write(tenant).object ?? [:]
        other["request_sha256"] = .string(String(repeating: "02", count: 32))
        #expect(try await begin(.object(other), world)["state"] == "reused")
    }

    @Test func `what did nothing is forgotten, but only by the run that began`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("release")
        let first = write(tenant)
        _ = try await begin(first, world)
        _ = try await end(write(tenant), world)
        #expect(try await begin(write(tenant), world)["state"] == "running")
        _ = try await end(first, world)
        #expect(try await begin(write(tenant), world)["state"] == "begun")
    }

    @Test func `a run whose process died is of unknown outcome, until its answer comes after all`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("crash")
        let first = write(tenant)
        _ = try await begin(first, world)
        try await rewind("lease_ends_at", tenant, world)
        #expect(try await begin(write(tenant), world)["state"] == "unknown")
        #expect(try await begin(write(tenant), world)["state"] == "unknown")
        _ = try await end(first, answer: ["status": 200, "headers": [:], "body": ""], world)
        #expect(try await begin(write(tenant), world)["state"] == "answered")
    }

    @Test func `a key is free again after a day`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("day")
        _ = try await begin(write(tenant), world)
        try await rewind("expires_at", tenant, world)
        #expect(try await begin(write(tenant), world)["state"] == "begun")
    }

    @Test func `the same key of two tenants is two keys`() async throws {
        let world = try await RegistryWorld()
        let (one, two) = (try await world.tenant("left"), try await world.tenant("right"))
        let first = write(one)
        _ = try await begin(first, world)
        _ = try await end(first, answer: ["status": 200, "headers": [:], "body": "c2VjcmV0"], world)
        #expect(try await begin(write(two), world)["state"] == "begun")
        let seen = try await world.pool.transaction(context: ["app.tenant_id": two.id]) { transaction in
            try await transaction.query("select tenant_id from registry.idempotency_record")
        }
        #expect(try seen.map { try $0.get("tenant_id", as: UUID.self).uuidString.lowercased() } == [two.id])
    }

    @Test func `only the executor may ask`() async throws {
        let world = try await RegistryWorld()
        let tenant = try await world.tenant("door")
        for caller in [CallerIdentity.anonymous, .service(.broker), RegistryWorld.platform] {
            let path = "/internal/v1/idempotent-writes/begin"
            let answer = try await world.ask(.post, path, write(tenant), as: caller)
            #expect(answer.status == 401 || answer.status == 403)
        }
        var bad = write(tenant).object ?? [:]
        bad["key_sha256"] = "short"
        #expect(try await begin(.object(bad), world)["code"] == "invalid_request")
    }
}
