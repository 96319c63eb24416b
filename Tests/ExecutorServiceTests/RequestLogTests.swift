import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Synchronization
import Testing
import Vocabulary

@testable import ExecutorService

/// What callers ask is noted beside the request, and told to the registry later.
struct RequestLogTests {
    private let log = FakeRequestLog()

    private func list(_ world: ExecutorWorld, _ query: String = "") async throws -> Int {
        try await world.call(.get, "/unified/crm/contacts?integrated_account_id=\(world.own.account)\(query)").status
    }

    @Test func `a request is told with its account, its outcome and who asked, without query or body`() async throws {
        let world = try ExecutorWorld(requestLog: log)
        #expect(try await list(world, "&ignore_remote_data=true") == 200)
        #expect(try await list(world, "&colour=red") == 400)
        #expect(log.records.isEmpty, "nothing is told on a request's way")
        await world.executor.log.tell()
        let records = log.records
        #expect(records.map(\.status) == [200, 400])
        #expect(records.map(\.code) == [nil, "unknown_parameter"])
        let first = try #require(records.first)
        #expect(first.tenantID == world.own.id)
        #expect(first.environmentID == world.own.environment)
        #expect(first.accountID == world.own.account)
        #expect(first.apiKeyID == world.own.keyID)
        #expect(first.operation == "listUnifiedRecords")
        #expect(first.method == "GET")
        #expect(first.path == "/unified/crm/contacts")
        #expect(!first.requestID.isEmpty)
        await world.executor.log.tell()
        #expect(log.records.count == 2, "each is told once")
    }

    @Test func `a proxied call is noted under its caller, found on the way`() async throws {
        let world = try ExecutorWorld(requestLog: log)
        let good = try await world.call(.get, "/proxy/@\(world.own.account)/v1/people")
        #expect(good.status == 200)
        let foreign = try await world.call(.get, "/proxy/@\(world.foreign.account)/v1/people")
        #expect(foreign.status == 404)
        _ = try await world.call(.get, "/proxy/@\(world.own.account)/v1/people", key: nil)
        await world.executor.log.tell()
        #expect(log.records.map(\.operation) == ["proxyGetByAccount", "proxyGetByAccount"])
        #expect(log.records.map(\.status) == [200, 404])
        #expect(log.records.allSatisfy { $0.tenantID == world.own.id }, "whoever has no key has no record")
    }

    @Test func `of good reads some are noted each second, of failures all`() async throws {
        let world = try ExecutorWorld(requestLog: log)
        for _ in 0..<30 { _ = try await list(world) }
        for _ in 0..<30 { _ = try await list(world, "&colour=red") }
        world.clock.advance(.seconds(1))
        _ = try await list(world)
        await world.executor.log.tell()
        #expect(log.records.count { $0.status == 200 } == RequestLog.readsPerSecond + 1)
        #expect(log.records.count { $0.status == 400 } == 30)
    }

    @Test func `requests of a batch are noted one by one`() async throws {
        let world = try ExecutorWorld(requestLog: log)
        let request = #"{"id":"a","method":"GET","path":"/unified/crm/contacts"}"#
        let answer = try await world.call(
            .post,
            "/unified/batch?integrated_account_id=\(world.own.account)",
            headers: [.contentType: "application/json"],
            body: Array(#"{"requests":[\#(request)]}"#.utf8)
        )
        #expect(answer.status == 200)
        await world.executor.log.tell()
        #expect(log.records.map(\.operation) == ["listUnifiedRecords"])
        #expect(log.records.first?.requestID.hasSuffix(".a") == true)
    }

    @Test func `what is written for the registry reads back as it was`() throws {
        let full = RequestRecord(
            tenantID: .random(),
            environmentID: .random(),
            accountID: .random(),
            apiKeyID: .random(),
            requestID: "r \"1\"",
            operation: "getUnifiedRecord",
            method: "GET",
            path: "/unified/crm/contacts/1",
            status: 404,
            code: "not_found",
            milliseconds: 0.000_012_5,
            at: 1_764_131_918.25
        )
        var sparse = full
        (sparse.environmentID, sparse.accountID, sparse.code, sparse.milliseconds) = (nil, nil, nil, 12)
        let bytes = RequestRecords(records: [full, sparse]).bytes
        let read = try JSONValueDecoder().decode(RequestRecords.self, from: JSONValue(parsing: bytes))
        #expect(read.records == [full, sparse])
    }

    @Test func `records wait for a registry that is down, and one that refuses them loses them`() async throws {
        let world = try ExecutorWorld(requestLog: log)
        _ = try await list(world)
        log.state.withLock { $0.problem = Problem(.serviceUnavailable, "down") }
        await world.executor.log.tell()
        _ = try await list(world, "&colour=red")
        log.state.withLock { $0.problem = nil }
        await world.executor.log.tell()
        #expect(log.records.map(\.status) == [200, 400])
        log.state.withLock { $0.problem = Problem(.invalidRequest, "no") }
        _ = try await list(world)
        await world.executor.log.tell()
        log.state.withLock { $0.problem = nil }
        await world.executor.log.tell()
        #expect(log.records.count == 2)
    }
}
