import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct BatchTests {
    private func world() throws -> ExecutorWorld {
        try ExecutorWorld { (request) throws(ExchangeError) in
            if request.method == .get, request.url.hasSuffix("/people") {
                return InboundResponse(status: 200, body: Array(#"{"people":[{"id":5,"name":"A"}]}"#.utf8))
            }
            if request.url.contains("/people/missing") { return InboundResponse(status: 404, body: Array("{}".utf8)) }
            let name = request.body.flatMap { try? JSONValue(parsing: $0) }?["name"]?.string ?? "N"
            return InboundResponse(status: 200, body: Array(#"{"id":9,"name":"\#(name)"}"#.utf8))
        }
    }

    private func send(
        _ world: ExecutorWorld,
        _ requests: JSONValue,
        key: String = "trib_own"
    ) async throws -> (status: Int, headers: HeaderFields, json: JSONValue, text: String) {
        try await world.write(.post, "batch", ["requests": requests], key: key)
    }

    @Test func `requests are answered in their order, with values of earlier answers`() async throws {
        let world = try world()
        let answer = try await send(
            world,
            [
                ["id": "find", "method": "GET", "path": "/unified/crm/contacts"],
                [
                    "id": "make", "method": "POST", "path": "/unified/crm/contacts",
                    "body": ["name": "from {{find.result.0.name}}"],
                ],
                ["id": "read", "method": "GET", "path": "/unified/crm/contacts/{{make.result.id}}"],
                [
                    "id": "pick", "method": "GET", "path": "/unified/crm/contacts/{{find.result.result[0].id}}",
                    "query": ["fields": "name"],
                ],
            ]
        )
        #expect(answer.status == 200)
        let responses = answer.json["responses"]?.array ?? []
        #expect(responses.map { $0["id"] } == ["find", "make", "read", "pick"])
        #expect(responses.map { $0["status"] } == [200, 201, 200, 200])
        #expect(responses[1]["body"]?["name"] == "from A")
        #expect(responses[1]["headers"]?["content-type"] == "application/json")
        #expect(world.vendor.requests.contains { $0.url.hasSuffix("/people/9") })
        #expect(world.vendor.requests.contains { $0.url.hasSuffix("/people/5") })
        #expect(responses[3]["body"]?.object?.keys.contains("name") == true)
    }

    @Test func `what depends on a failed request is 424, the rest goes on`() async throws {
        let world = try world()
        let answer = try await send(
            world,
            [
                ["id": "gone", "method": "GET", "path": "/unified/crm/contacts/missing"],
                ["id": "after", "method": "DELETE", "path": "/unified/crm/contacts/1", "depends_on": ["gone"]],
                ["id": "later", "method": "GET", "path": "/unified/crm/contacts/{{after.result.id}}"],
                ["id": "free", "method": "GET", "path": "/unified/crm/contacts/1"],
                ["id": "blank", "method": "GET", "path": "/unified/crm/contacts/{{free.result.nothing}}"],
            ]
        )
        let responses = answer.json["responses"]?.array ?? []
        #expect(responses.map { $0["status"] } == [404, 424, 424, 200, 400])
        #expect(responses[1]["body"]?["code"] == "dependency_failed")
        #expect(!world.vendor.requests.contains { $0.method == .delete })
    }

    @Test func `inner requests have the checks of outer ones`() async throws {
        let world = try world()
        try world.addKey("trib_reader", world.own, ["unified:read"])
        let requests: JSONValue = [
            ["id": "read", "method": "GET", "path": "/unified/crm/contacts/1"],
            ["id": "write", "method": "DELETE", "path": "/unified/crm/contacts/1"],
            [
                "id": "foreign", "method": "GET", "path": "/unified/crm/contacts/1",
                "query": ["integrated_account_id": .string(world.foreign.account.description)],
            ], ["id": "nowhere", "method": "GET", "path": "/unified/crm"],
            ["id": "proxy", "method": "GET", "path": "/unified/crm/contacts/..%2f..%2fproxy"],
        ]
        let answer = try await send(world, requests, key: "trib_reader")
        #expect(answer.json["responses"]?.array?.map { $0["status"] } == [200, 403, 404, 404, 200])
        #expect(try await send(world, [], key: "trib_none").status == 401)
    }

    @Test func `a key makes an inner write happen once`() async throws {
        let world = try world()
        let request: JSONValue = [
            [
                "id": "make", "method": "POST", "path": "/unified/crm/contacts", "body": ["name": "N"],
                "headers": ["Idempotency-Key": "k"],
            ]
        ]
        _ = try await send(world, request)
        let again = try await send(world, request)
        #expect(again.json["responses"]?[0]?["headers"]?["idempotency-replayed"] == "true")
        #expect(world.vendor.requests.count == 1)
    }

    @Test(
        arguments: [
            [["id": "a", "method": "PUT", "path": "/unified/x/y"]],
            [["id": "a", "method": "GET", "path": "/proxy/x"]],
            [["id": "a", "method": "POST", "path": "/unified/batch"]],
            [["id": "a b", "method": "GET", "path": "/unified/x/y"]],
            [
                ["id": "a", "method": "GET", "path": "/unified/x/y"],
                ["id": "a", "method": "GET", "path": "/unified/x/y"],
            ],
            [["id": "a", "method": "GET", "path": "/unified/x/y", "depends_on": ["a"]]],
            [["id": "a", "method": "GET", "path": "/unified/x/{{b.result.id}}"]],
            [["id": "a", "method": "GET", "path": "/unified/x/y", "verb": 1]], "none",
        ] as [JSONValue]
    )
    func `a batch that makes no sense is refused as a whole`(_ requests: JSONValue) async throws {
        let world = try world()
        let status = try await send(world, requests).status
        #expect(status == 400 || status == 422)
        #expect(world.vendor.requests.isEmpty)
    }

    @Test func `a batch has at most fifty requests`() async throws {
        let world = try world()
        let one: (Int) -> JSONValue = { ["id": .string("r\($0)"), "method": "GET", "path": "/unified/crm/contacts/1"] }
        #expect(try await send(world, .array((0..<51).map(one))).status == 400)
        let full = try await send(world, .array((0..<50).map(one)))
        #expect(full.json["responses"]?.array?.allSatisfy { $0["status"] == 200 } == true)
    }
}
