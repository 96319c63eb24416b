import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import UnifiedModel
import Vocabulary

struct DescribeTests {
    private static let fields: JSONValue = [
        "fields": [
            ["key": "last", "title": "Surname", "must": true],
            [
                "key": "x_tier", "title": "Tier", "kind": "enum", "must": true,
                "values": [["v": "gold", "t": "Gold"], ["v": "tin", "t": "Tin"]],
            ],
            ["key": "x_score", "title": "Score", "kind": "integer"],
            ["key": "x_seen", "title": "Seen", "kind": "datetime", "fixed": true],
            ["key": "internal", "own": false],
        ]
    ]
    private static let mapping = """
        response.fields.{"name": key, "field": $lookup({"last": "/last_name"}, key), "label": title, "type": kind,
            "required": must, "read_only": fixed, "custom": own, "options": [values.{"value": v, "label": t}]}
        """

    private static let patch = BirchVendor.method(
        "create,update",
        [
            "describe": [
                "request": ["resource": "people", "method": "describe"],
                "fields_mapping": ["$jsonata": .string(mapping)], "ttl_seconds": 60,
            ]
        ]
    ).overlaid(by: ["resources": ["people": ["describe": ["path": "/people/fields"]]]])

    private func sender() -> ScriptedSender {
        ScriptedSender { (request, _) throws(ExchangeError) in
            request.path == "/v2/people/fields" ? .json(Self.fields) : .json(BirchVendor.person())
        }
    }

    private func describe(_ method: String, _ sender: ScriptedSender, isAccount: Bool = true) async throws -> JSONValue
    {
        try await TestWorld.engine(sender).describe(
            category: "crm",
            resource: "contacts",
            method: method,
            connector: TestWorld.connector(BirchVendor.document(Self.patch)),
            asking: isAccount
                ? Engine.DescribedAccount(
                    id: TestWorld.account,
                    variables: [:],
                    access: FixedAccess(TestWorld.access())
                ) : nil
        ).json
    }

    @Test func `a create's schema has what can be written, what must be, and the account's own fields`() async throws {
        let schema = try await describe("create", sender())["body_schema"]
        let properties = schema?["properties"]
        #expect(properties?["last_name"]?["title"] == "Surname")
        #expect(properties?["first_name"]?["title"] == "First name")
        #expect(properties?["department"] == nil)
        #expect(properties?["created_at"] == nil)
        #expect(schema?["required"] == ["last_name", "custom_fields"])
        #expect(schema?["additionalProperties"] == false)
        let custom = properties?["custom_fields"]
        #expect(custom?["required"] == ["x_tier"])
        #expect(custom?["properties"]?["x_tier"]?["enum"] == ["gold", "tin", nil])
        #expect(custom?["properties"]?["x_tier"]?["x-options"]?[0] == ["value": "gold", "label": "Gold"])
        #expect(custom?["properties"]?["x_score"]?["type"] == ["integer", "null"])
        #expect(custom?["properties"]?["x_seen"] == nil)
        #expect(custom?["properties"]?["internal"] == nil)
        #expect(properties?["account"]?["anyOf"]?[0]?["type"] == "string")
        #expect(!(schema?.text().contains("$ref") ?? true))
    }

    @Test func `the schema takes the bodies that the engine takes`() async throws {
        let document = try #require(try await describe("create", sender())["body_schema"])
        let schema = try JSONSchema(named: "body", in: ["body": document])
        let good: JSONValue = [
            "last_name": "B", "account": "a1", "custom_fields": ["x_tier": "gold"],
            "email_addresses": [["email": "a@b.example", "type": "work"]],
        ]
        #expect(schema.failures(of: good).isEmpty)
        #expect(!schema.failures(of: ["first_name": "A"]).isEmpty)
    }

    @Test func `an update requires nothing, a list has filters and no body, an own method its schema`() async throws {
        #expect(try await describe("update", sender())["body_schema"]?["required"] == nil)
        let list = try await describe("list", sender())
        #expect(list["body_schema"] == .null)
        #expect(list["query_schema"]?["properties"]?["email_addresses[email][eq]"] == ["type": "string"])
        #expect(try await describe("merge", sender())["body_schema"]?["required"] == ["winner"])
        let problem = await #expect(throws: Problem.self) { try await describe("convert", sender()) }
        #expect(problem?.code == .methodNotSupported)
    }

    @Test func `without an account nothing is asked`() async throws {
        let sender = sender()
        let schema = try await describe("create", sender, isAccount: false)["body_schema"]
        #expect(schema?["required"] == ["last_name"])
        #expect(sender.requests.isEmpty)
    }

    @Test(
        arguments: [
            (["last_name": "B"], .missingRequiredField, "/custom_fields/x_tier"),
            (["last_name": "B", "custom_fields": ["x_tier": "lead"]], .invalidRequest, "/custom_fields/x_tier"),
            (
                ["last_name": "B", "custom_fields": ["x_tier": "tin", "x_score": "many"]], .invalidRequest,
                "/custom_fields/x_score"
            ),
            (
                ["last_name": "B", "custom_fields": ["x_tier": "tin", "x_seen": "2026-01-01T00:00:00Z"]],
                .readOnlyField, "/custom_fields/x_seen"
            ),
        ] as [(JSONValue, ErrorCode, String)]
    )
    func `a body that the vendor would refuse is refused before it is asked`(
        _ body: JSONValue,
        _ code: ErrorCode,
        _ pointer: String
    ) async throws {
        let sender = sender()
        let problem = await BirchVendor.problem(sender, "create", body: body, patch: Self.patch)
        #expect(problem?.code == code)
        #expect(problem?.failures.map(\.pointer) == [pointer])
        #expect(!sender.requests.contains { $0.method == .post })
    }

    @Test func `native members count as given, and descriptions are kept for the account`() async throws {
        let sender = sender()
        let engine = try TestWorld.engine(sender)
        let connector = try TestWorld.connector(BirchVendor.document(Self.patch))
        for body in [
            ["last_name": "B", "remote_data": ["extra": ["x_tier": "tin"]]],
            ["last_name": "B", "custom_fields": ["x_tier": "gold", "x_score": 3]],
        ] as [JSONValue] {
            _ = try await engine.execute(
                UnifiedCall(
                    category: "crm",
                    resource: "contacts",
                    method: "create",
                    body: body,
                    account: TestWorld.account
                ),
                connector: connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        }
        #expect(sender.requests.count { $0.path == "/v2/people/fields" } == 1)
    }

    @Test func `a write goes on when the description cannot be had`() async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            request.path == "/v2/people/fields" ? .json(["error": "x"], status: 403) : .json(BirchVendor.person())
        }
        _ = try await BirchVendor.execute(sender, "create", body: ["last_name": "B"], patch: Self.patch)
        #expect(sender.requests.contains { $0.method == .post })
    }

    @Test func `capabilities are read off the configuration`() throws {
        let connector = try TestWorld.connector(BirchVendor.document(Self.patch).overlaid(by: ["version": "2026-11"]))
        let document = try Capabilities(connector: connector, model: TestWorld.model()).document()
        #expect(document["version"] == "2026-11")
        let methods = document["categories"]?["crm"]?["contacts"]?["methods"]
        #expect(methods?.object?.keys == ["create", "delete", "get", "list", "merge", "update"])
        #expect(methods?["list"]?["filters"] == ["email_addresses[email]": ["eq"]])
        let absent = methods?["get"]?["absent_fields"]?.array ?? []
        #expect(absent.contains("department"))
        #expect(!absent.contains("first_name"))
        #expect(!absent.contains("custom_fields"))
        #expect(methods?["create"]?["required_fields"] == ["last_name"])
        #expect(methods?["create"]?["writable_fields"]?.array?.contains("birthday") == true)
        #expect(methods?["update"]?["if_match"] == true)
        #expect(methods?["merge"] == ["is_custom": true])
    }
}
