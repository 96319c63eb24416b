import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct WriteTests {
    private let person = InboundResponse.json(BirchVendor.person())

    @Test func `of a list that the vendor keeps one of, more are refused, or the main one is kept`() async throws {
        let sender = ScriptedSender(.json(BirchVendor.person()))
        let patch = BirchVendor.method("create", ["max_items": ["/email_addresses": 1], "read_back": false])
        let body: JSONValue = [
            "last_name": "Birk",
            "email_addresses": [["email": "a@b.example"], ["email": "b@b.example", "is_primary": true]],
        ]
        let problem = await BirchVendor.problem(sender, "create", body: body, patch: patch)
        #expect(problem?.code == .remoteValidationFailed)
        #expect(problem?.failures.map(\.pointer) == ["/email_addresses/1"])
        #expect(sender.requests.isEmpty)
        let result = try await BirchVendor.execute(
            sender,
            "create",
            body: body,
            query: [("strict_body", "false")],
            patch: patch
        )
        #expect(sender.requests[0].json?["mails"]?.array?.compactMap { $0["address"]?.string } == ["b@b.example"])
        #expect(result.warnings.map(\.code) == ["too_many"])
        let described = try await TestWorld.engine(sender).describe(
            category: "crm",
            resource: "contacts",
            method: "create",
            connector: TestWorld.connector(BirchVendor.document(patch)),
            asking: nil
        )
        #expect(described.body?["properties"]?["email_addresses"]?["maxItems"] == 1)
    }

    @Test func `a create sends the mapped body once and answers the record read back`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"], status: 201), person)
        let result = try await BirchVendor.execute(
            sender,
            "create",
            body: [
                "first_name": "Ada", "last_name": "Birk",
                "email_addresses": [["email": "ada@b.example", "type": "work"]],
            ]
        )
        #expect(sender.requests.count == 2)
        #expect(sender.requests[0].method == .post)
        #expect(sender.requests[0].replay == .never)
        #expect(
            sender.requests[0].json == [
                "first": "Ada", "last": "Birk", "mails": [["address": "ada@b.example", "kind": "OFFICE"]],
            ]
        )
        #expect(sender.requests[1].path == "/v2/people/p1")
        #expect(result.json["id"] == "p1")
        #expect(result.json["email_addresses"]?[0]?["type"] == "work")
        #expect(result.json["remote_data"] == BirchVendor.person())
    }

    @Test func `an answer that is the whole record is not read again`() async throws {
        let sender = ScriptedSender(person)
        let mapping: JSONValue = ["response_mapping": "response.{\"id\": id, \"last_name\": last}"]
        let result = try await BirchVendor.execute(
            sender,
            "create",
            body: ["last_name": "Birk"],
            patch: BirchVendor.method("create", mapping)
        )
        #expect(sender.requests.count == 1)
        #expect(result.json["last_name"] == "Birk")
    }

    @Test func `an answer without a whole record is read back although there is a mapping`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), person)
        let result = try await BirchVendor.execute(
            sender,
            "update",
            id: "p1",
            body: ["last_name": "Birk"],
            patch: BirchVendor.method("update", ["response_mapping": "response.{\"id\": person_id}"])
        )
        #expect(sender.requests.count == 2)
        #expect(result.json["first_name"] == "Ada")
    }

    private static let namings: [(place: JSONValue, answer: InboundResponse)] = [
        (["path": "made.key"], .json(["made": ["key": "p1"]], status: 201)),
        (
            ["header": "Location", "pattern": "/people/([^/?]+)"],
            InboundResponse(status: 201, headers: [.location: "https://api.birch.example/v2/people/p1?fresh=1"])
        ),
        (["expr": ["$jsonata": "\"p\" & response.number"]], .json(["number": 1])),
    ]

    @Test(arguments: 0..<3)
    func `the id of a new record comes from the body, a header or an expression`(_ index: Int) async throws {
        let sender = ScriptedSender(Self.namings[index].answer, person)
        let result = try await BirchVendor.execute(
            sender,
            "create",
            body: ["last_name": "Birk"],
            patch: BirchVendor.method("create", ["record_id": Self.namings[index].place])
        )
        #expect(sender.requests.last?.path == "/v2/people/p1")
        #expect(result.json["id"] == "p1")
    }

    @Test func `a record whose id the vendor does not tell counts as written`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 201))
        let problem = await BirchVendor.problem(sender, "create", body: ["last_name": "Birk"])
        #expect(problem?.code == .remoteBadResponse)
        #expect(problem?.outcome == "applied")
    }

    @Test func `a failed reading back is a warning, not a failure`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), .json(["error": "gone"], status: 404))
        let result = try await BirchVendor.execute(sender, "create", body: ["last_name": "Birk"])
        #expect(result.json == ["id": "p1"])
        #expect(result.warnings.map(\.code) == ["read_back_failed"])
    }

    @Test func `a connector may do without reading back`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]))
        let patch = BirchVendor.method("create", ["read_back": false])
        let result = try await BirchVendor.execute(sender, "create", body: ["last_name": "Birk"], patch: patch)
        #expect(result.json == ["id": "p1"])
        #expect(sender.requests.count == 1)
    }

    @Test func `an update changes the fields that are given, and null empties one`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 204), person)
        let result = try await BirchVendor.execute(
            sender,
            "update",
            id: "p1",
            body: ["first_name": nil, "birthday": "1990-02-03"]
        )
        #expect(sender.requests[0].method == .patch)
        #expect(sender.requests[0].json?["first"] == .null)
        #expect(sender.requests[0].json?["born"] == "1990-02-03")
        #expect(sender.requests[0].json?["last"] == nil)
        #expect(result.json["id"] == "p1")
    }

    @Test func `a delete answers the id`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 204))
        let result = try await BirchVendor.execute(sender, "delete", id: "p1")
        #expect(result.json == ["id": "p1"])
        #expect(sender.requests.map(\.method) == [.delete])
    }

    @Test func `a method of the connector's own has a schema, a request and a result`() async throws {
        let sender = ScriptedSender(.json(["outcome": ["id": "p1"]]))
        let result = try await BirchVendor.execute(sender, "merge", body: ["winner": "p1"])
        #expect(sender.requests[0].json == ["keep": "p1"])
        #expect(result.json == ["result": ["kept": "p1"]])
        let problem = await BirchVendor.problem(sender, "merge", body: ["loser": "p2"])
        #expect(problem?.code == .missingRequiredField)
        #expect(sender.requests.count == 1)
    }

    @Test func `native members are laid over the mapped body, null included`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), person)
        _ = try await BirchVendor.execute(
            sender,
            "create",
            body: [
                "first_name": "Ada", "last_name": "Birk",
                "remote_data": ["first": nil, "flags": ["vip": true], "mails": ["x"]],
            ],
            query: [("remote_query[notify]", "none"), ("remote_headers[X-Birch-Mode]", "draft")]
        )
        let request = sender.requests[0]
        #expect(request.json == ["first": nil, "last": "Birk", "mails": ["x"], "flags": ["vip": true]])
        #expect(request.query("notify") == "none")
        #expect(request.headers[HTTPField.Name("X-Birch-Mode")!] == "draft")
        #expect(sender.requests[1].query("notify") == nil)
    }

    @Test(arguments: ["Authorization", "X-Other"])
    func `header fields that are not allowed are refused`(_ name: String) async throws {
        let sender = ScriptedSender(person)
        let problem = await BirchVendor.problem(
            sender,
            "create",
            body: ["last_name": "B", "remote_headers": .object([name: "x"])]
        )
        #expect(problem?.code == .invalidRequest)
        #expect(sender.requests.isEmpty)
    }

    @Test func `custom fields go where they are read from, and others are refused`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), person)
        _ = try await BirchVendor.execute(
            sender,
            "create",
            body: ["last_name": "B", "custom_fields": ["x_tier": "gold", "x_old": nil]]
        )
        #expect(sender.requests[0].json?["extra"] == ["x_tier": "gold", "x_old": nil])
        let problem = await BirchVendor.problem(
            sender,
            "create",
            body: ["last_name": "B", "custom_fields": ["last": "C"]]
        )
        #expect(problem?.code == .readOnlyField)
        #expect(problem?.failures.map(\.pointer) == ["/custom_fields/last"])
    }

    @Test func `short forms are understood: bare references, emails, singular lists, bare addresses`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), person)
        _ = try await BirchVendor.execute(
            sender,
            "create",
            body: ["last_name": "B", "account": "a1", "emails": ["b@b.example"], "accounts": ["a1", ["id": "a2"]]]
        )
        let json = sender.requests[0].json
        #expect(json?["company"] == "a1")
        #expect(json?["mails"] == [["address": "b@b.example"]])
        #expect(json?["companies"] == ["a1", "a2"])
    }

    @Test func `values of closed sets are written in the vendor's words, and the caller's own win`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), person)
        _ = try await BirchVendor.execute(
            sender,
            "create",
            body: [
                "last_name": "B",
                "email_addresses": [
                    ["email": "a@b.example", "type": "personal"], ["email": "b@b.example", "type": "other"],
                ], "remote_values": ["/email_addresses/1/type": "DESK"],
            ]
        )
        #expect(sender.requests[0].json?["mails"]?[0]?["kind"] == "PRIVATE")
        #expect(sender.requests[0].json?["mails"]?[1]?["kind"] == "DESK")
        let problem = await BirchVendor.problem(
            sender,
            "create",
            body: ["last_name": "B", "email_addresses": [["email": "a@b.example", "type": "billing"]]]
        )
        #expect(problem?.code == .invalidRequest)
        #expect(problem?.failures.first?.pointer == "/email_addresses/0/type")
    }

    @Test func `defaults fill what a create leaves out`() async throws {
        let patch = BirchVendor.method("create", ["defaults": ["last_name": "Unnamed", "/account/id": "{{region}}"]])
        let sender = ScriptedSender(.json(["id": "p1"]), person, .json(["id": "p1"]), person)
        _ = try await BirchVendor.execute(sender, "create", body: [:], patch: patch)
        #expect(sender.requests[0].json?["last"] == "Unnamed")
        #expect(sender.requests[0].json?["company"] == "eu")
        _ = try await BirchVendor.execute(sender, "create", body: ["account": "a9"], patch: patch)
        #expect(sender.requests[2].json?["company"] == "a9")
    }

    @Test(
        arguments: [
            (["first_name": "A"], .missingRequiredField, "/last_name"),
            (["last_name": nil], .missingRequiredField, "/last_name"),
            (["last_name": "B", "created_at": "2026-01-01T00:00:00Z"], .readOnlyField, "/created_at"),
            (["last_name": "B", "department": "Sales"], .readOnlyField, "/department"),
            (["last_name": "B", "lastname": "C"], .readOnlyField, "/lastname"),
            (["last_name": 7], .invalidRequest, "/last_name"),
            (["last_name": "B", "birthday": "3 May"], .invalidRequest, "/birthday"),
            (["last_name": "B", "email_addresses": [[:]]], .missingRequiredField, "/email_addresses/0/email"),
            (["last_name": "B", "emails": ["a@b"], "email_addresses": []], .invalidRequest, "/email_addresses"),
            (["last_name": "B", "remote_data": 1], .invalidRequest, "/remote_data"),
            (["last_name": "B", "remote_values": ["status": "x"]], .invalidRequest, "/remote_values"),
            ([], .invalidRequest, nil),
        ] as [(JSONValue, ErrorCode, String?)]
    )
    func `a bad body is refused with its places before anything is sent`(
        _ body: JSONValue,
        _ code: ErrorCode,
        _ pointer: String?
    ) async throws {
        let sender = ScriptedSender(person)
        let problem = await BirchVendor.problem(sender, "create", body: body)
        #expect(problem?.code == code)
        #expect(problem?.failures.first?.pointer == pointer)
        #expect(sender.requests.isEmpty)
    }

    @Test func `a caller who is not strict is told what was left out`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), person)
        let result = try await BirchVendor.execute(
            sender,
            "create",
            body: ["last_name": "B", "created_at": "2026-01-01T00:00:00Z", "department": "Sales"],
            query: [("strict_body", "false")]
        )
        #expect(result.warnings.map(\.pointer) == ["/created_at", "/department"])
        #expect(sender.requests[0].json == ["last": "B", "mails": []])
    }

    @Test func `a version is handed on where the vendor checks it, and refused where it does not`() async throws {
        let sender = ScriptedSender(.json(["error": "old"], status: 412))
        let problem = await BirchVendor.problem(sender, "update", id: "p1", body: ["last_name": "B"], ifMatch: "\"v1\"")
        #expect(problem?.code == .preconditionFailed)
        #expect(sender.requests[0].headers[.ifMatch] == "\"v1\"")
        let refusal = await BirchVendor.problem(sender, "delete", id: "p1", ifMatch: "\"v1\"")
        #expect(refusal?.code == .invalidRequest)
        #expect(sender.requests.count == 1)
        var headers = HeaderFields()
        headers[.eTag] = "\"v2\""
        let second = ScriptedSender(
            InboundResponse(status: 204),
            .json(BirchVendor.person(), headers: headers)
        )
        let result = try await BirchVendor.execute(second, "update", id: "p1", body: ["last_name": "B"])
        #expect(result.etag == "\"v2\"")
    }

    @Test func `the caller's key is handed on where the vendor takes one`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), person)
        let patch: JSONValue = ["resources": ["people": ["create": ["idempotency_header": "X-Once"]]]]
        _ = try await BirchVendor.execute(sender, "create", body: ["last_name": "B"], key: "k1", patch: patch)
        #expect(sender.requests[0].headers[HTTPField.Name("X-Once")!] == "k1")
    }
}
