import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing

struct IdempotencyKeyTests {
    private static let key = name("Idempotency-Key")
    private static let replayed = name("Idempotency-Replayed")

    private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .accept }

    private func create(
        _ world: ExecutorWorld,
        _ body: JSONValue = ["name": "N"],
        key: String = "k-1"
    ) async throws -> (status: Int, headers: HeaderFields, json: JSONValue, text: String) {
        try await world.write(.post, "crm/contacts", body, headers: [Self.key: key])
    }

    private func world(status: Int = 200, _ body: String = #"{"id":9,"name":"N"}"#) throws -> ExecutorWorld {
        try ExecutorWorld { (_) throws(ExchangeError) in InboundResponse(status: status, body: Array(body.utf8)) }
    }

    @Test func `a repeated write is done once and answered again`() async throws {
        let world = try world()
        let first = try await create(world)
        let second = try await create(world)
        #expect(first.status == 201)
        #expect(second.status == 201)
        #expect(second.text == first.text)
        #expect(first.headers[Self.replayed] == nil)
        #expect(second.headers[Self.replayed] == "true")
        #expect(second.headers[.contentType] == "application/json")
        #expect(world.vendor.requests.count == 1)
        _ = try await create(world, key: "k-2")
        #expect(world.vendor.requests.count == 2)
    }

    @Test func `the same key with another body is refused`() async throws {
        let world = try world()
        _ = try await create(world)
        let answer = try await create(world, ["name": "M"])
        #expect(answer.status == 422)
        #expect(answer.json["code"] == "idempotency_key_reused")
        #expect(world.vendor.requests.count == 1)
    }

    @Test func `while the first runs the second is a conflict, and after a crash the outcome is unknown`() async throws
    {
        let world = try world()
        _ = try await create(world)
        world.writes.entries.withLock { entries in
            for key in entries.keys { entries[key]?.answer = nil }
        }
        let running = try await create(world)
        #expect(running.status == 409)
        #expect(running.json["code"] == "conflict")
        world.writes.interruptAll()
        let unknown = try await create(world)
        #expect(unknown.status == 504)
        #expect(unknown.json["outcome"] == "unknown")
        #expect(unknown.json["retryable"] == false)
        #expect(world.vendor.requests.count == 1)
    }

    @Test func `what the vendor refused is answered again, what never reached it is not kept`() async throws {
        let refusing = try world(status: 400, #"{"error":"bad"}"#)
        #expect(try await create(refusing).json["code"] == "remote_validation_failed")
        #expect(try await create(refusing).headers[Self.replayed] == "true")
        #expect(refusing.vendor.requests.count == 1)
        let own = try world()
        #expect(try await create(own, ["id": "1"]).json["code"] == "read_only_field")
        #expect(try await create(own).status == 201)
        let limited = try world(status: 429, "{}")
        #expect(try await create(limited).status == 429)
        #expect(limited.writes.entries.withLock { $0.isEmpty })
    }

    @Test func `a write without an answer stays unknown for its key`() async throws {
        let world = try ExecutorWorld { (_) throws(ExchangeError) in
            throw ExchangeError(.timeout, "slow", requestMayHaveBeenSent: true)
        }
        #expect(try await create(world).json["outcome"] == "unknown")
        let again = try await create(world)
        #expect(again.json["outcome"] == "unknown")
        #expect(again.headers[Self.replayed] == "true")
        #expect(world.vendor.requests.count == 1)
    }

    @Test func `nothing is written while the keys cannot be kept, and without a key nobody is asked`() async throws {
        let world = try world()
        world.writes.isDown.withLock { $0 = true }
        #expect(try await create(world).status == 503)
        #expect(world.vendor.requests.isEmpty)
        #expect(try await world.write(.post, "crm/contacts", ["name": "N"]).status == 201)
    }

    @Test func `tenants do not share keys, and a key is printable`() async throws {
        let world = try world()
        _ = try await create(world)
        let foreign = try await world.call(
            .post,
            "/unified/crm/contacts?integrated_account_id=\(world.foreign.account)",
            key: "trib_foreign",
            headers: [Self.key: "k-1", .contentType: "application/json"],
            body: Array(#"{"name":"N"}"#.utf8)
        )
        #expect(foreign.status == 201)
        #expect(foreign.headers[Self.replayed] == nil)
        #expect(try await create(world, key: "two words").status == 400)
    }
}
