import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Synchronization
import Testing
import Vocabulary

@testable import ExecutorService

/// Streams, and lists over several accounts.
struct WideListTests {
    /// A vendor with nine people in pages, whose connector pages by number.
    private static let layer: JSONValue = [
        "resources": [
            "people": [
                "list": [
                    "pagination": [
                        "kind": "page", "start": 1, "cursor_param": ["in": "query", "name": "page"],
                        "limit_param": ["in": "query", "name": "size"], "limit_max": 4,
                    ]
                ]
            ]
        ]
    ]

    private static func people(_ request: OutboundRequest, of total: Int = 9) -> InboundResponse {
        let query = URLComponents(string: request.url)?.queryItems ?? []
        func number(_ name: String) -> Int { query.first { $0.name == name }?.value.flatMap { Int($0) } ?? 1 }
        let start = (number("page") - 1) * number("size")
        let numbers = start < total ? Array(start..<min(start + number("size"), total)) : []
        let people = numbers.map { "{\"id\":\($0),\"name\":\"P\($0)\"}" }.joined(separator: ",")
        return InboundResponse(status: 200, body: Array("{\"people\":[\(people)]}".utf8))
    }

    private func world(
        _ script: @escaping FakeVendor.Script = { (request) throws(ExchangeError) in Self.people(request) }
    ) throws -> ExecutorWorld {
        let world = try ExecutorWorld(script)
        world.registry.state.withLock {
            $0.configurations[world.own.account] = world.record(world.own, layer: Self.layer)
        }
        return world
    }

    /// Further accounts of the same tenant.
    private func accounts(_ count: Int, in world: ExecutorWorld) -> [AccountID] {
        (0..<count).map { _ in
            var record = world.record(world.own, layer: Self.layer)
            record.account?.id = .random()
            let id = record.account?.id ?? .random()
            world.registry.state.withLock { $0.configurations[id] = record }
            return id
        }
    }

    private func lines(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    @Test func `a stream gives all pages and then the rest`() async throws {
        let world = try world()
        let answer = try await world.list("&response_format=stream&limit=4")
        #expect(answer.status == 200 && answer.headers[.contentType] == "application/x-ndjson")
        let lines = try lines(answer.text)
        #expect(lines.dropLast().map { $0["name"]?.string } == (0..<9).map { "P\($0)" })
        #expect(lines.last?["meta"]?["result_count"] == 9)
        #expect(world.vendor.requests.count == 3)
    }

    @Test func `what fails before the first record is an answer like any other`() async throws {
        let world = try world { (_) throws(ExchangeError) in InboundResponse(status: 403) }
        let answer = try await world.list("&response_format=stream")
        #expect(answer.status == 403 && answer.json["code"] == "remote_forbidden")
    }

    @Test func `a stream of several accounts says whose each record is`() async throws {
        let world = try world()
        let ids = accounts(2, in: world)
        let answer = try await world.call(
            .get,
            "/unified/crm/contacts?response_format=stream&integrated_account_ids=\(ids[0]),\(ids[1])"
        )
        let lines = try lines(answer.text)
        #expect(lines.count == 19)
        #expect(Set(lines.dropLast().compactMap { $0["integrated_account_id"]?.string }) == Set(ids.map(\.description)))
    }

    @Test(arguments: [2, 7, 200]) func `pages over many accounts give each record once, whatever the limit`(
        limit: Int
    ) async throws {
        let world = try world()
        let ids = accounts(6, in: world)
        let names = ids.map(\.description).joined(separator: ",")
        var seen: [String] = []
        var cursor = ""
        var pages = 0
        repeat {
            let more = cursor.isEmpty ? "" : "&next_cursor=\(cursor)"
            let answer = try await world.call(
                .get,
                "/unified/crm/contacts?integrated_account_ids=\(names)&limit=\(limit)\(more)"
            )
            #expect(answer.status == 200)
            let records = answer.json["result"]?.array ?? []
            #expect(records.count <= limit)
            seen += records.map { "\($0["integrated_account_id"]?.string ?? "")/\($0["id"]?.string ?? "")" }
            cursor = answer.json["next_cursor"]?.string ?? ""
            #expect(cursor.utf8.count < 4000)
            pages += 1
        } while !cursor.isEmpty && pages < 200
        #expect(seen.count == 54 && Set(seen).count == 54)
    }

    @Test func `one account that fails does not lose the others`() async throws {
        let world = try world()
        let ids = accounts(2, in: world)
        world.registry.state.withLock { state in
            state.configurations[ids[0]]?.account?.status = .needsReauth
        }
        let unknown = AccountID.random()
        let answer = try await world.call(
            .get,
            "/unified/crm/contacts?integrated_account_ids=\(ids[0]),\(unknown),\(ids[1])&limit=3"
        )
        #expect(answer.status == 200)
        #expect(answer.json["result"]?.array?.count == 3)
        let errors = answer.json["meta"]?["errors"]?.array ?? []
        #expect(errors.map { $0["code"]?.string } == ["account_needs_reauth", "not_found"])
        #expect(errors.map { $0["integrated_account_id"]?.string } == [ids[0].description, unknown.description])
    }

    @Test func `a group stands for its accounts, in its tenant only`() async throws {
        let world = try world()
        let ids = accounts(2, in: world)
        for (tenant, status) in [(world.own, 200), (world.foreign, 404)] {
            let group = AccountGroupRecord(
                id: .random(),
                tenantID: tenant.id,
                environmentID: tenant.environment,
                name: "all",
                accountIDs: ids
            )
            world.registry.state.withLock { $0.groups[group.id] = group }
            let answer = try await world.call(.get, "/unified/crm/contacts?account_group_id=\(group.id)&limit=10")
            #expect(answer.status == status)
            if status == 200 { #expect(answer.json["result"]?.array?.count == 10) }
        }
        let before = world.registry.calls("accountGroup")
        let group = try #require(
            world.registry.state.withLock { state in
                state.groups.values.first { $0.tenantID == world.own.id }
            }
        )
        _ = try await world.call(.get, "/unified/crm/contacts?account_group_id=\(group.id)")
        #expect(world.registry.calls("accountGroup") == before)
    }

    @Test(arguments: [
        ("integrated_account_ids=", 400), ("account_group_id=nobody", 404),
        ("integrated_account_ids=a&account_group_id=b", 400), ("integrated_account_ids=a&sort_by[shoe]=asc", 400),
        ("integrated_account_ids=a&sort_by[name]=asc&exclude_fields=name", 400),
        ("integrated_account_ids=a&limit=0", 400), ("integrated_account_ids=a&limit=5000", 400),
    ]) func `what cannot be asked for is refused`(query: String, status: Int) async throws {
        let answer = try await world().call(.get, "/unified/crm/contacts?\(query)")
        #expect(answer.status == status)
    }

    /// Accounts whose people are in order by themselves: of `count` accounts each has every `count`th.
    private func sorted(_ count: Int, of total: Int) throws -> (world: ExecutorWorld, names: String) {
        let world = try world { (request) throws(ExchangeError) in
            let query = URLComponents(string: request.url)?.queryItems ?? []
            func number(_ name: String) -> Int { query.first { $0.name == name }?.value.flatMap { Int($0) } ?? 1 }
            let path = URLComponents(string: request.url)?.path.split(separator: "/").last.flatMap { Int($0) } ?? 0
            let all = (0..<total).filter { $0 % count == path }
            let start = (number("page") - 1) * number("size")
            let mine = start < all.count ? Array(all[start..<min(start + number("size"), all.count)]) : []
            let people = mine.map { "{\"id\":\($0),\"name\":\"P\($0 < 10 ? "0" : "")\($0)\"}" }.joined(separator: ",")
            return InboundResponse(status: 200, body: Array("{\"people\":[\(people)]}".utf8))
        }
        let ids = (0..<count).map { index in
            let own: JSONValue = [
                "resources": ["people": ["list": ["path": .string("/people/\(index)")]]],
                "mappings": ["crm": ["contacts": ["list": ["sort": ["name": "name"]]]]],
            ]
            var record = world.record(world.own, layer: Self.layer.overlaid(by: own))
            record.account?.id = .random()
            let id = record.account?.id ?? .random()
            world.registry.state.withLock { $0.configurations[id] = record }
            return id.description
        }
        return (world, ids.joined(separator: ","))
    }

    @Test(arguments: [1, 2, 5, 7, 100]) func `a list over several accounts can be had in one order`(
        limit: Int
    ) async throws {
        let (world, names) = try sorted(3, of: 23)
        var seen: [String] = []
        var cursor = ""
        repeat {
            let more = cursor.isEmpty ? "" : "&next_cursor=\(cursor)"
            let answer = try await world.call(
                .get,
                "/unified/crm/contacts?integrated_account_ids=\(names)&sort_by[name]=asc&limit=\(limit)\(more)"
            )
            #expect(answer.status == 200, "\(answer.text)")
            let records = answer.json["result"]?.array ?? []
            #expect(records.count <= limit)
            seen += records.compactMap { $0["name"]?.string }
            cursor = answer.json["next_cursor"]?.string ?? ""
        } while !cursor.isEmpty && seen.count < 100
        #expect(seen == (0..<23).map { "P\($0 < 10 ? "0" : "")\($0)" })
    }

    @Test func `a page that changed while it was merged goes on behind the last record given out`() async throws {
        let (world, names) = try sorted(2, of: 8)
        let query = "/unified/crm/contacts?integrated_account_ids=\(names)&sort_by[name]=asc&limit=3"
        let first = try await world.call(.get, query)
        #expect(first.json["result"]?.array?.compactMap { $0["name"]?.string } == ["P00", "P01", "P02"])
        let cursor = try #require(first.json["next_cursor"]?.string)
        // The first account's P00 is gone, so that its page has moved up by one.
        let later: FakeVendor.Script = { (request) throws(ExchangeError) in
            let isFirst = URLComponents(string: request.url)?.path.hasSuffix("/0") == true
            let people = (isFirst ? [2, 4, 6] : [1, 3, 5]).map { "{\"id\":\($0),\"name\":\"P0\($0)\"}" }
            return InboundResponse(status: 200, body: Array("{\"people\":[\(people.joined(separator: ","))]}".utf8))
        }
        world.vendor.script.withLock { $0 = later }
        let next = try await world.call(.get, "\(query)&next_cursor=\(cursor)")
        #expect(next.json["result"]?.array?.compactMap { $0["name"]?.string } == ["P03", "P04", "P05"])
    }

    @Test func `an account that cannot be sorted is told of and not merged, whatever the caller insists on`()
        async throws
    {
        let (world, names) = try sorted(2, of: 6)
        let unsorted = accounts(1, in: world)[0]
        for strict in ["true", "false"] {
            let query = "integrated_account_ids=\(names),\(unsorted)&sort_by[name]=asc&strict_query=\(strict)"
            let answer = try await world.call(.get, "/unified/crm/contacts?\(query)")
            #expect(answer.status == 200, "\(answer.text)")
            let errors = answer.json["meta"]?["errors"]?.array ?? []
            #expect(errors.map { $0["integrated_account_id"] } == [.string(unsorted.description)])
            #expect(errors[0]["code"] == "filter_not_supported")
            #expect(answer.json["result_count"] == 6)
        }
    }

    @Test func `streams and lists over several accounts can be explained`() async throws {
        let world = try world()
        try world.addKey("trib_debug", world.own, ["unified:read", "debug"])
        let stream = try await world.list("&response_format=stream&explain=true", key: "trib_debug")
        let meta = try lines(stream.text).last?["meta"]
        #expect(meta?["explain"]?["requests"]?[0]?["status"] == 200)
        let ids = accounts(2, in: world).map(\.description)
        let group = try await world.call(
            .get,
            "/unified/crm/contacts?integrated_account_ids=\(ids.joined(separator: ","))&explain=true",
            key: "trib_debug"
        )
        for id in ids { #expect(group.json["meta"]?["explain"]?[id]?["requests"]?[0]?["status"] == 200) }
        let plain = try await world.list("&response_format=stream&explain=true")
        #expect(plain.status == 403)
    }

    @Test func `a filter that nobody can evaluate is refused for all`() async throws {
        let world = try world()
        let ids = accounts(2, in: world)
        let answer = try await world.call(
            .get,
            "/unified/crm/contacts?integrated_account_ids=\(ids[0]),\(ids[1])&last_name=Ek"
        )
        #expect(answer.status == 400 && answer.json["code"] == "filter_not_supported")
    }

    @Test func `more than a hundred accounts are too many`() async throws {
        let names = (0...100).map { _ in AccountID.random().description }.joined(separator: ",")
        let answer = try await world().call(.get, "/unified/crm/contacts?integrated_account_ids=\(names)")
        #expect(answer.status == 400)
    }
}
