import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// What a native call says about its request and its answer, and how it is sent.
struct NativeContractTests {
    private static let schema: JSONValue = [
        "type": "object", "required": ["last"],
        "properties": ["last": ["type": "string", "maxLength": 5], "mails": ["type": "array", "maxItems": 1]],
    ]

    private func birch(_ method: String, _ patch: JSONValue) -> JSONValue {
        ["resources": ["people": .object([method: patch])]]
    }

    @Test func `a body that the vendor would refuse is refused first, with the caller's own place`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]))
        let patch = birch("create", ["body_schema": Self.schema])
        let problem = await BirchVendor.problem(
            sender,
            "create",
            body: ["last_name": "Birkenfeld"],
            patch: patch
        )
        #expect(problem?.code == .invalidRequest)
        #expect(problem?.failures.map(\.pointer) == ["/last_name"])
        #expect(sender.requests.isEmpty)
        _ = try await BirchVendor.execute(sender, "create", body: ["last_name": "Birk"], patch: patch)
        #expect(sender.requests.first?.json?["last"] == "Birk")
    }

    @Test func `a query is held against its schema, texts as the values they stand for`() async throws {
        let document: JSONValue = [
            "query": ["size": "{{query.remote_query.size?}}"],
            "query_schema": ["type": "object", "properties": ["size": ["type": "integer", "maximum": 10]]],
        ]
        let sender = ScriptedSender(.json([]))
        let whole = OrchardVendor.document(list: document)
        _ = try await OrchardVendor.call(whole, sender, query: [("remote_query[size]", "9")])
        await #expect {
            _ = try await OrchardVendor.call(whole, sender, query: [("remote_query[size]", "11")])
        } throws: { ($0 as? Problem)?.failures.map(\.pointer) == ["size"] }
        #expect(sender.requests.count == 1)
    }

    @Test func `an answer that differs from its schema is told, and given all the same`() async throws {
        let document = OrchardVendor.document(list: [
            "response_schema": [
                "type": "array", "items": ["type": "object", "properties": ["name": ["type": "string"]]],
            ]
        ])
        let body = try await OrchardVendor.call(document, ScriptedSender(.json([["id": "1", "name": 7]])))
        #expect(body["meta"]?["warnings"]?[0]?["code"] == "schema_drift")
        #expect(body["meta"]?["warnings"]?[0]?["pointer"] == "/0/name")
        #expect(body["result_count"] == 1)
    }

    @Test func `examples that do not keep to the schemas are found when a connector is checked`() throws {
        let document = OrchardVendor.document(list: [
            "query_schema": ["type": "object", "properties": ["size": ["type": "integer"]]],
            "examples": [["title": "good", "query": ["size": 1]], ["title": "bad", "query": ["size": "many"]]],
        ])
        let faults = NativeContract.faults(in: try TestWorld.connector(document).document)
        #expect(faults.filter { $0.hasPrefix("/resources/trees/list/examples/1/query/size") }.count == 1)
        #expect(!faults.contains { $0.contains("examples/0") })
        let broken = OrchardVendor.document(list: ["query_schema": ["sometimes": true]])
        #expect(NativeContract.faults(in: try TestWorld.connector(broken).document).count == 2)
    }

    @Test func `a cacheable answer is asked for once, until a write of the account`() async throws {
        let sender = ScriptedSender { request, _ throws(ExchangeError) in
            request.method == .get ? .json(BirchVendor.person()) : InboundResponse(status: 204)
        }
        let engine = try TestWorld.engine(sender)
        let patch = birch("get", ["cacheable": ["ttl_seconds": 300]])
        let connector = try TestWorld.connector(BirchVendor.document(patch))
        func run(_ method: String, id: String, account: AccountID = TestWorld.account) async throws -> JSONValue {
            try await engine.execute(
                UnifiedCall(category: "crm", resource: "contacts", method: method, id: id, account: account),
                connector: connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            ).json
        }
        let first = try await run("get", id: "p1")
        #expect(try await run("get", id: "p1") == first)
        #expect(sender.requests.count == 1)
        _ = try await run("get", id: "p2")
        _ = try await run("get", id: "p1", account: .random())
        #expect(sender.requests.count == 3)
        _ = try await run("delete", id: "p9")
        _ = try await run("get", id: "p1")
        #expect(sender.requests.count == 5)
    }

    @Test func `only a call that changes nothing can be kept`() {
        let patch = birch("create", ["cacheable": ["ttl_seconds": 300]])
        #expect { _ = try TestWorld.connector(BirchVendor.document(patch)) } throws: { error in
            (error as? ConnectorConfigError)?.description.contains("changes nothing") == true
        }
    }

    @Test func `a body that cannot be read is a bad answer, nothing, or worth another try`() async throws {
        let garbage = OrchardVendor.answer("{\"id\": ")
        #expect(try await OrchardVendor.problem(OrchardVendor.document(), garbage)?.code == .remoteBadResponse)
        let empty = OrchardVendor.document(list: ["unreadable": "empty"])
        #expect(try await OrchardVendor.call(empty, ScriptedSender(garbage))["result"] == [])
        let retry = OrchardVendor.document(list: ["unreadable": "retry"])
        let sender = ScriptedSender(garbage, .json([["id": "1", "name": "Elm"]]))
        #expect(try await OrchardVendor.call(retry, sender)["result"]?[0]?["first_name"] == "Elm")
        #expect(sender.requests.count == 2)
    }

    @Test func `the first base address that has its values is taken`() async throws {
        let http: JSONValue = [
            "base_url": ["https://{{instance}}.orchard.example/v1", "https://api.orchard.example/v2"]
        ]
        let sender = ScriptedSender(.json([]))
        _ = try await OrchardVendor.call(OrchardVendor.document(http: http), sender)
        #expect(sender.requests[0].url.hasPrefix("https://api.orchard.example/v2/trees"))
    }

    @Test func `a connector says how connections are made`() async throws {
        let sender = ScriptedSender(.json([]))
        let http: JSONValue = ["compression": "none", "http_version": 1.1, "tls_min": "1.3"]
        _ = try await OrchardVendor.call(OrchardVendor.document(http: http), sender)
        #expect(!sender.requests[0].acceptsCompression)
        #expect(sender.requests[0].identity.speaksHTTP1)
        #expect(sender.requests[0].identity.needsTLS13)
        #expect { _ = try TestWorld.connector(OrchardVendor.document(http: ["tls_min": "1.0"])) } throws: { error in
            (error as? ConnectorConfigError)?.description.contains("expected \"1.2\" or \"1.3\"") == true
        }
    }
}
