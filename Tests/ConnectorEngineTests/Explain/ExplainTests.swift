import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import Testing
import Vocabulary

/// What `explain=true` tells.
struct ExplainTests {
    private static let base: JSONValue = [
        "name": "acme", "hosts": ["api.acme.example"],
        "auth": ["key": ["kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Bearer "]],
        "http": ["base_url": "https://api.acme.example/v1"],
        "budget": [["name": "burst", "seconds": 10, "amount": 50]], "retry": ["wait": 0],
        "resources": [
            "people": ["list": ["path": "/people", "records_path": "people"], "get": ["path": "/people/{{id}}"]]
        ],
        "mappings": [
            "crm": [
                "contacts": [
                    "*": ["response_mapping": "response.{\"id\": $string(id), \"name\": name}"],
                    "list": [
                        "resource": "people", "method": "list",
                        "query_mapping": "{\"named\": query.filters[field = \"last_name\"].value, \"v\": 1}",
                        "filters": ["last_name": ["ops": ["eq"]]],
                    ], "get": ["resource": "people", "method": "get"],
                ]
            ]
        ],
    ]
    private static let account: JSONValue = [
        "mappings": [
            "crm": [
                "contacts": [
                    "*": ["response_mapping": "response.{\"customer_tier\": tier, \"name\": nick}"],
                    "list": ["query_mapping": "{\"v\": 2}"],
                ]
            ]
        ]
    ]

    private func answer(
        _ sender: ScriptedSender,
        method: String = "list",
        query: [(name: String, value: String)] = [("explain", "true"), ("last_name", "Ek")]
    ) async throws -> JSONValue {
        let connector = try TestWorld.connector(
            Self.base,
            layers: [ConfigLayer(level: .account, version: 7, document: Self.account)]
        )
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: method,
                id: method == "get" ? "1" : nil,
                query: method == "get" ? [("explain", "true")] : query,
                account: TestWorld.account
            ),
            connector: connector,
            variables: [:],
            access: FixedAccess(TestWorld.access("s3cret"))
        )
        return try JSONValue(parsing: result.body)
    }

    private static let person: JSONValue = ["id": 1, "name": "Ada Ek", "nick": "A", "tier": "gold"]

    @Test func `a list tells layers, requests, levels of fields, filters, budget and times`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 503), .json(["people": [Self.person]]))
        let explain = try #require(try await answer(sender)["meta"]?["explain"])
        #expect(
            explain["config"]?["layers"] == [
                ["level": "platform", "version": 1], ["level": "account", "version": 7],
            ]
        )
        #expect(explain["config"]?["overrides"]?.array?.count == 3)
        let requests = explain["requests"]?.array ?? []
        #expect(requests.map { $0["status"]?.int } == [503, 200])
        #expect(requests.map { $0["outcome"]?.string } == ["remote_unavailable", "good"])
        #expect(requests.allSatisfy { $0["headers"]?["Authorization"] == "***" && $0["milliseconds"] != nil })
        #expect(requests[0]["url"] == "https://api.acme.example/v1/people?named=Ek&v=2")
        #expect(
            explain["mappings"]?["response_mapping"]?["fields"] == [
                "id": "platform", "name": "account", "customer_tier": "account",
            ]
        )
        #expect(explain["mappings"]?["query_mapping"]?["fields"] == ["named": "platform", "v": "account"])
        #expect(explain["filters"] == ["last_name[eq]": "pushed_down"])
        #expect(explain["paging"]?["kind"] == "none")
        #expect(explain["budget"]?["limit"] == 50 && explain["budget"]?["remaining"] == 48)
        #expect(explain["timings"]?["total_milliseconds"] != nil)
        #expect(!explain.text().contains("s3cret"))
    }

    @Test func `a record tells it as meta, and stays what it is`() async throws {
        let body = try await answer(ScriptedSender(.json(Self.person)), method: "get")
        #expect(body["id"] == "1" && body["name"] == "A" && body["customer_tier"] == "gold")
        #expect(body["meta"]?["explain"]?["route"] == ["resource": "people", "method": "get"])
        #expect(body["meta"]?["explain"]?["requests"]?.array?.count == 1)
    }

    @Test func `what fails tells what was sent`() async throws {
        let problem = await #expect(throws: Problem.self) {
            try await answer(ScriptedSender(.json(["why": "no"], status: 403)))
        }
        let requests = problem?.insight?["explain"]?["requests"]?.array ?? []
        #expect(requests.map { $0["outcome"]?.string } == ["remote_forbidden"])
    }

    @Test func `who does not ask is not told`() async throws {
        let body = try await answer(ScriptedSender(.json(["people": [Self.person]])), query: [])
        #expect(body["meta"]?["explain"] == nil)
    }

    @Test func `offline the same is told without requests`() throws {
        let connector = try TestWorld.connector(
            Self.base,
            layers: [ConfigLayer(level: .account, version: 7, document: Self.account)]
        )
        let preview = ConnectorPreview(connector: connector, model: try TestWorld.model(), variables: [:])
        let bytes = try preview.map(
            category: "crm",
            resource: "contacts",
            method: "list",
            body: JSONValue.object(["people": [Self.person]]).bytes(),
            explains: true
        )
        let explain = try JSONValue(parsing: bytes)["meta"]?["explain"]
        #expect(explain?["mappings"]?["response_mapping"]?["fields"]?["name"] == "account")
        #expect(explain?["requests"] == nil && explain?["timings"] == nil)
        let request = try preview.request(
            category: "crm",
            resource: "contacts",
            method: "list",
            query: [("last_name", "Ek")],
            explains: true
        )
        #expect(request["explain"]?["mappings"]?["query_mapping"]?["fields"]?["v"] == "account")
    }
}
