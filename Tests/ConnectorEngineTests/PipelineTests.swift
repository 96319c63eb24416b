import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing
import Vocabulary

struct PipelineTests {
    private let ok = InboundResponse.json(BirchVendor.person())
    private let body: JSONValue = ["last_name": "Birk"]

    /// A connector whose create sends the members of `mapping` and has these steps.
    private func patch(_ steps: JSONValue, mapping: String = "{\"n\": steps}", more: JSONValue = [:]) -> JSONValue {
        let calls: JSONValue = [
            "resources": [
                "teams": [
                    "list": ["path": "/teams", "records_path": "teams"], "get": ["path": "/teams/{{id}}"],
                    "link": ["method": "POST", "path": "/teams/{{path.team}}/people", "body": ["who": "{{id}}"]],
                ]
            ]
        ]
        let method: JSONValue = [
            "request_body_mapping": ["$jsonata": .string(mapping)], "before": steps,
            "writable_fields": ["last_name", "accounts"],
        ]
        return BirchVendor.method("create", method.overlaid(by: more)).overlaid(by: calls)
    }

    @Test func `a step asks the vendor, and what it gives is part of the request`() async throws {
        let sender = ScriptedSender(.json(["lead": ["id": "u9"]]), ok, ok)
        let steps: JSONValue = [
            [
                "id": "lead", "request": ["resource": "teams", "method": "get", "id": "{{region}}"],
                "output": "response.lead.id",
            ]
        ]
        _ = try await BirchVendor.execute(sender, "create", body: body, patch: patch(steps))
        #expect(sender.requests[0].path == "/v2/teams/eu")
        #expect(sender.requests[1].json == ["n": ["lead": "u9"]])
    }

    @Test func `a step is left out when its condition does not hold`() async throws {
        let sender = ScriptedSender(ok)
        let steps: JSONValue = [
            [
                "id": "lead", "run_if": "$exists(body.owner)",
                "request": ["resource": "teams", "method": "get", "id": "1"],
            ]
        ]
        _ = try await BirchVendor.execute(sender, "create", body: body, patch: patch(steps))
        #expect(sender.requests[0].method == .post)
    }

    @Test func `steps compute, set context and branch`() async throws {
        let sender = ScriptedSender(ok)
        let steps: JSONValue = [
            ["id": "length", "transform": "$length(body.last_name)"],
            ["set_context": ["size": "{{steps.length|int}}"]],
            [
                "cond": [
                    "when": "steps.length > 3", "then": [["id": "kind", "transform": "\"long\""]],
                    "else": [["id": "kind", "transform": "\"short\""]],
                ]
            ],
        ]
        let mapping = "{\"kind\": steps.kind, \"size\": context.size}"
        _ = try await BirchVendor.execute(sender, "create", body: body, patch: patch(steps, mapping: mapping))
        #expect(sender.requests[0].json == ["kind": "long", "size": 4])
    }

    @Test(arguments: [("a", "/v2/people/move"), ("b", "/v2/people"), ("c", "none")])
    func `the way is chosen by what steps have found, and a refusal of theirs comes first`(
        kind: String,
        path: String
    ) async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            request.path == "/v2/kind" ? .json(["kind": .string(kind)]) : .json(BirchVendor.person())
        }
        let patch: JSONValue = [
            "resources": [
                "kinds": ["get": ["path": "/kind"]],
                "people": ["move": ["method": "POST", "path": "/people/move"]],
            ],
            "mappings": [
                "crm": [
                    "contacts": [
                        "create": [
                            "read_back": false, "resource": .null, "method": .null,
                            "route": [
                                [
                                    "when": ["$jsonata": "steps.kind.kind = \"a\""], "resource": "people",
                                    "method": "move",
                                ],
                                [
                                    "when": ["$jsonata": "steps.kind.kind = \"b\""], "resource": "people",
                                    "method": "create",
                                ],
                            ],
                            "before": [
                                ["id": "kind", "request": ["resource": "kinds", "method": "get"]],
                                [
                                    "fail": [
                                        "when": "steps.kind.kind = \"c\"", "as": "remote_validation_failed",
                                        "message": "no such kind", "pointer": "/title",
                                    ]
                                ],
                            ],
                        ]
                    ]
                ]
            ],
        ]
        let problem = await BirchVendor.problem(sender, "create", body: ["last_name": "Birk"], patch: patch)
        #expect(problem?.code == (kind == "c" ? .remoteValidationFailed : nil))
        #expect(sender.requests.map(\.path) == ["/v2/kind"] + (kind == "c" ? [] : [path]))
    }

    @Test func `a lookup is kept for the account until its time is over`() async throws {
        let clock = Mutex(1000)
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            request.path == "/v2/teams"
                ? .json(["teams": [["key": "a", "name": "Alpha"], ["key": "b", "name": "Beta"]]])
                : .json(BirchVendor.person())
        }
        let steps: JSONValue = [
            [
                "id": "teams",
                "lookup": [
                    "request": ["resource": "teams", "method": "list"], "by": "name", "value": "key",
                    "ttl_seconds": 60,
                ],
            ]
        ]
        let engine = Engine(
            model: try TestWorld.model(),
            sender: sender,
            digests: ToyDigests(),
            cursorKey: Secret(Array(repeating: 7, count: 32)),
            traffic: TestWorld.traffic(),
            clock: EngineClock(now: { clock.withLock { $0 } }, wait: { (_) in })
        )
        func create(_ account: AccountID) async throws {
            let document = BirchVendor.document(patch(steps, mapping: "{\"team\": steps.teams.Beta}"))
            _ = try await engine.execute(
                UnifiedCall(category: "crm", resource: "contacts", method: "create", body: body, account: account),
                connector: try TestWorld.connector(document),
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        }
        func lookups() -> Int { sender.requests.count { $0.path == "/v2/teams" } }
        try await create(TestWorld.account)
        try await create(TestWorld.account)
        #expect(sender.requests.first { $0.method == .post }?.json == ["team": "b"])
        #expect(lookups() == 1)
        try await create(.random())
        #expect(lookups() == 2)
        clock.withLock { $0 += 61 }
        try await create(TestWorld.account)
        #expect(lookups() == 3)
    }

    @Test func `steps are done for each element, several at once, and their values keep the order`() async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            request.method == .post ? .json(BirchVendor.person()) : .json(["got": .string(request.path)])
        }
        let steps: JSONValue = [
            [
                "id": "all",
                "foreach": [
                    "items": "body.accounts.id", "as": "account", "parallel": 2,
                    "steps": [
                        [
                            "id": "one", "request": ["resource": "teams", "method": "get", "id": "{{account}}"],
                            "output": "response.got & index",
                        ]
                    ],
                ],
            ]
        ]
        let body: JSONValue = ["last_name": "B", "accounts": ["1", "2", "3", "4", "5"]]
        _ = try await BirchVendor.execute(sender, "create", body: body, patch: patch(steps))
        let expected: JSONValue = ["/v2/teams/10", "/v2/teams/21", "/v2/teams/32", "/v2/teams/43", "/v2/teams/54"]
        #expect(sender.requests.last { $0.method == .post }?.json == ["n": ["all": expected]])
        let few = patch([["id": "x", "foreach": ["items": "body.accounts.id", "max": 2, "steps": []]]])
        let problem = await BirchVendor.problem(sender, "create", body: body, patch: few)
        #expect(problem?.code == .invalidRequest)
    }

    @Test func `a connector words its own refusals, with a place`() async throws {
        let sender = ScriptedSender(ok)
        let steps: JSONValue = [
            [
                "id": "check",
                "fail": [
                    "when": "body.last_name = \"Birk\"", "as": "remote_validation_failed", "message": "no Birks here",
                    "pointer": "/last_name",
                ],
            ]
        ]
        let problem = await BirchVendor.problem(sender, "create", body: body, patch: patch(steps))
        #expect(problem?.code == .remoteValidationFailed)
        #expect(problem?.message == "step 'check': no Birks here")
        #expect(problem?.failures.first?.pointer == "/last_name")
        #expect(sender.requests.isEmpty)
        _ = try await BirchVendor.execute(sender, "create", body: ["last_name": "C"], patch: patch(steps))
    }

    @Test func `a step waits until the vendor is ready, but not for ever`() async throws {
        let waits = Mutex(0)
        let step: JSONValue = [
            "id": "ready",
            "wait_until": [
                "request": ["resource": "teams", "method": "get", "id": "1"], "until": "response.ready",
                "max_attempts": 3,
            ],
        ]
        func run(_ sender: ScriptedSender) async throws {
            _ = try await Engine(
                model: TestWorld.model(),
                sender: sender,
                digests: ToyDigests(),
                cursorKey: Secret(Array(repeating: 7, count: 32)),
                traffic: TestWorld.traffic(),
                clock: EngineClock(now: { 0 }, wait: { (_) in waits.withLock { $0 += 1 } })
            ).execute(
                UnifiedCall(
                    category: "crm",
                    resource: "contacts",
                    method: "create",
                    body: body,
                    account: TestWorld.account
                ),
                connector: TestWorld.connector(BirchVendor.document(patch([step]))),
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        }
        try await run(ScriptedSender(.json(["ready": false]), .json(["ready": true]), ok, ok))
        #expect(waits.withLock { $0 } == 1)
        let problem = await #expect(throws: Problem.self) { try await run(ScriptedSender(.json(["ready": false]))) }
        #expect(problem?.code == .remoteTimeout)
        #expect(problem?.message.hasPrefix("step 'ready'") == true)
        #expect(waits.withLock { $0 } == 3)
    }

    @Test func `a failed step names itself, or is passed over, or has another value`() async throws {
        let step: JSONValue = ["id": "lead", "request": ["resource": "teams", "method": "get", "id": "1"]]
        let gone = InboundResponse.json(["error": "gone"], status: 404)
        let problem = await BirchVendor.problem(ScriptedSender(gone), "create", body: body, patch: patch([step]))
        #expect(problem?.code == .remoteNotFound)
        #expect(problem?.message.hasPrefix("step 'lead': ") == true)
        let passing = ScriptedSender(gone, ok, ok)
        let passedOver = step.overlaid(by: ["on_error": "ignore"])
        _ = try await BirchVendor.execute(passing, "create", body: body, patch: patch([passedOver]))
        #expect(passing.requests[1].json == [:])
        let other = ScriptedSender(gone, ok, ok)
        let replaced = step.overlaid(by: ["on_error": ["value": "{{error.code}}"]])
        _ = try await BirchVendor.execute(other, "create", body: body, patch: patch([replaced]))
        #expect(other.requests[1].json == ["n": ["lead": "remote_not_found"]])
    }

    @Test func `steps make no more calls than the budget allows`() async throws {
        let steps: JSONValue = [
            [
                "id": "all",
                "foreach": [
                    "items": "[1..9]",
                    "steps": [["id": "one", "request": ["resource": "teams", "method": "get", "id": "1"]]],
                ],
            ]
        ]
        let sender = ScriptedSender(ok)
        let problem = await BirchVendor.problem(
            sender,
            "create",
            body: body,
            patch: patch(steps, more: ["call_budget": 4])
        )
        #expect(problem?.code == .configInvalid)
        #expect(sender.requests.count == 4)
    }

    @Test func `steps on an answer see it and the new record, and feed the response mapping`() async throws {
        let sender = ScriptedSender(.json(["id": "p1", "team": "t7"]), .json(["done": true]))
        let more: JSONValue = [
            "response_mapping": "{\"id\": response.id, \"title\": $string(steps.link.done)}",
            "after": [
                [
                    "id": "link",
                    "request": ["resource": "teams", "method": "link", "path": ["team": "{{response.team}}"]],
                ]
            ],
        ]
        let result = try await BirchVendor.execute(sender, "create", body: body, patch: patch([], more: more))
        #expect(sender.requests[1].path == "/v2/teams/t7/people")
        #expect(sender.requests[1].json == ["who": "p1"])
        #expect(result.json["title"] == "true")
    }

    @Test func `a failed step after a write says that the write took place`() async throws {
        let sender = ScriptedSender(.json(["id": "p1"]), .json(["error": "x"], status: 403))
        let more: JSONValue = [
            "after": [["id": "link", "request": ["resource": "teams", "method": "get", "id": "1"]]]
        ]
        let problem = await BirchVendor.problem(sender, "create", body: body, patch: patch([], more: more))
        #expect(problem?.code == .remoteForbidden)
        #expect(problem?.outcome == "applied")
    }

    @Test func `lists and gets have steps too`() async throws {
        let steps: JSONValue = [
            "before": [["id": "one", "transform": "\"x\""]],
            "after": [["id": "two", "transform": "$count(response.people)"]],
            "response_mapping": "{\"id\": response.id, \"title\": steps.one & steps.two}",
        ]
        let sender = ScriptedSender(.json(["people": [["id": "1"], ["id": "2"]]]))
        let page = try await BirchVendor.execute(sender, "list", patch: BirchVendor.method("list", steps))
        #expect(page.json["result"]?.array?.map { $0["title"] } == ["x2", "x2"])
        let record = try await BirchVendor.execute(
            ScriptedSender(ok),
            "get",
            id: "p1",
            patch: BirchVendor.method("get", steps)
        )
        #expect(record.json["title"] == "x0")
    }

    @Test(
        arguments: [
            [["id": "x"]], [["transform": "1", "fail": ["message": "m"]]],
            [["request": ["resource": "nobody", "method": "get"]]], [["transform": "1", "on_error": "perhaps"]],
        ] as [JSONValue]
    )
    func `steps that make no sense are refused with the configuration`(_ steps: JSONValue) {
        #expect(throws: ConnectorConfigError.self) { try TestWorld.connector(BirchVendor.document(patch(steps))) }
    }
}
