import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Steps when an account comes or goes, coarse times, refusals with a method's own meaning, and recorded calls.
struct AccountLifeTests {
    @Test func `what the steps of a new account find is kept as its variables`() async throws {
        let document = BirchVendor.document([
            "post_install": [
                "steps": [["id": "me", "request": ["resource": "people", "method": "get", "id": "me"]]],
                "variables": ["organization": ["$jsonata": "steps.me.company"], "plan": "{{region}}-plan"],
            ]
        ])
        let connector = try TestWorld.connector(document)
        let sender = ScriptedSender(.json(BirchVendor.person(["company": "c7"])))
        let hook = try #require(connector.document.lifecycle.postInstall)
        let run = LifecycleRun(
            connector: connector,
            sender: sender,
            digests: ToyDigests(),
            traffic: TestWorld.traffic()
        )
        let given = try await run.variables(
            of: hook,
            account: TestWorld.account,
            variables: ["region": "eu"],
            access: FixedAccess(TestWorld.access())
        )
        #expect(given == ["organization": "c7", "plan": "eu-plan"])
        #expect(sender.requests.first?.path == "/v2/people/me")
        #expect(sender.requests.first?.headers[.authorization] == "Bearer t0ken")
    }

    @Test(arguments: [true, false])
    func `a failure of such steps counts unless the connector passes it over`(ignores: Bool) async throws {
        let word: JSONValue = ignores ? "ignore" : "fail"
        let connector = try TestWorld.connector(
            BirchVendor.document([
                "pre_delete": [
                    "steps": [["request": ["resource": "people", "method": "delete", "id": "me"]]], "on_error": word,
                ]
            ])
        )
        let hook = try #require(connector.document.lifecycle.preDelete)
        let run = LifecycleRun(
            connector: connector,
            sender: ScriptedSender(.json(["error": "no"], status: 403)),
            digests: ToyDigests(),
            traffic: TestWorld.traffic()
        )
        var code: ErrorCode?
        do {
            _ = try await run.variables(
                of: hook,
                account: TestWorld.account,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        } catch let problem as Problem { code = problem.code }
        #expect(code == (ignores ? nil : .remoteForbidden))
    }

    @Test(
        arguments: [
            ("day", 0, "2026-05-01", 2), ("second", 0, nil, 2), ("hour", 3600, "2026-05-01T09:00:00Z", 2),
        ] as [(String, Int, String?, Int)]
    )
    func `a vendor that reads times coarsely is asked from before, and the caller gets what he asked for`(
        granularity: String,
        overlap: Int,
        asked: String?,
        count: Int
    ) async throws {
        let since = "2026-05-01T10:30:00Z"
        let people: [JSONValue] = [
            ["id": "1", "name": "A", "changed": "2026-05-01T10:29:59Z"],
            ["id": "2", "name": "B", "changed": "2026-05-01T10:30:01Z"],
            ["id": "3", "name": "C", "changed": "2026-05-02T00:00:00Z"],
        ]
        let walk = try ListWalk(
            ListVendor.document(
                ["kind": "none"],
                mapping: [
                    "incremental": [
                        "param": "since", "granularity": .string(granularity),
                        "overlap_seconds": .number(JSONNumber(overlap)),
                    ], "filters": ["updated_at": .null],
                ]
            )
        ) { request, _ throws(ExchangeError) in
            let text = request.query("since") ?? ""
            return ListVendor.page(people.filter { ($0["changed"]?.string ?? "") >= text })
        }
        let page = try await walk.page([("updated_after", since)])
        #expect(walk.sender.requests[0].query("since") == asked ?? since)
        #expect(page["result_count"] == .number(JSONNumber(count)))
        #expect(page["meta"]?["filters"]?["updated_at[gt]"] == "pushed_down")
    }

    @Test func `a method says what the vendor's refusals mean to it, level by level`() async throws {
        let patch = BirchVendor.method(
            "create",
            [
                "error_mapping": [
                    "$jsonata": "code = \"DUP\" ? {\"as\": \"remote_conflict\", \"remote_code\": \"twice\"}"
                ]
            ]
        )
        let refusal = ScriptedSender(.json(["error": "DUP", "text": "there is one"], status: 400))
        let problem = await BirchVendor.problem(refusal, "create", body: ["last_name": "Birk"], patch: patch)
        #expect(problem?.code == .remoteConflict)
        #expect(problem?.remote?.code == "twice")
        let other = ScriptedSender(.json(["error": "BAD"], status: 400))
        let plain = await BirchVendor.problem(other, "create", body: ["last_name": "Birk"], patch: patch)
        #expect(plain?.code == .remoteValidationFailed)

        let layer = ConfigLayer(
            level: .account,
            version: 1,
            document: BirchVendor.method("create", ["error_mapping": "{\"message\": \"ours: \" & message}"])
        )
        let connector = try TestWorld.connector(BirchVendor.document(patch), layers: [layer])
        do {
            _ = try await TestWorld.engine(refusal).execute(
                UnifiedCall(
                    category: "crm",
                    resource: "contacts",
                    method: "create",
                    body: ["last_name": "Birk"],
                    account: TestWorld.account
                ),
                connector: connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        } catch let problem as Problem {
            #expect(problem.code == .remoteConflict)
            #expect(problem.message == "ours: there is one")
        }
    }

    private static let recorded: JSONValue = [
        [
            "name": "a person is written",
            "call": ["category": "crm", "resource": "contacts", "method": "create", "body": ["last_name": "Birk"]],
            "exchanges": [
                [
                    "request": ["method": "POST", "path": "/v2/people", "body": ["last": "Birk"]],
                    "response": ["status": 201, "body": ["id": "p1"]],
                ], ["request": ["path": "/v2/people/p1"], "response": ["body": ["id": "p1", "last": "Birk"]]],
            ], "expect": ["result": ["id": "p1", "last_name": "Birk"]],
        ],
        [
            "name": "nobody is there",
            "call": ["category": "crm", "resource": "contacts", "method": "get", "id": "p9"],
            "exchanges": [["response": ["status": 404, "body": ["error": "none"]]]],
            "expect": ["error": "remote_not_found"],
        ],
    ]

    private func faults(_ patch: JSONValue = [:]) async throws -> [[String]] {
        let document = BirchVendor.document().overlaid(by: ["tests": Self.recorded]).overlaid(by: patch)
        return try await ConnectorTestRun(document: document, model: try TestWorld.model(), digests: ToyDigests())
            .outcomes().map(\.faults)
    }

    @Test func `recorded calls hold when the connector does as recorded`() async throws {
        #expect(try await faults() == [[], []])
    }

    @Test func `a connector that asks or maps otherwise than recorded is found out`() async throws {
        let moved = try await faults(["resources": ["people": ["create": ["path": "/persons"]]]])
        #expect(moved[0].contains { $0.contains("expected the path /v2/people, found /v2/persons") })
        let renamed = try await faults(
            BirchVendor.method("get", ["response_mapping": "response.{\"id\": id, \"first_name\": last}"])
        )
        #expect(renamed[0].contains { $0.contains("/last_name: expected \"Birk\"") })
        let silent = try await faults(BirchVendor.method("create", ["read_back": false]))
        #expect(silent[0].contains("1 recorded requests were not made"))
    }

    @Test func `a retired connector tells so with each answer`() throws {
        let document = BirchVendor.document(["deprecated": ["since": "2026-01-01", "sunset": "2026-12-31"]])
        let fields = try TestWorld.connector(document).document.deprecation?.fields ?? []
        #expect(fields.map(\.name) == ["Deprecation", "Sunset"])
        #expect(fields.map(\.value) == ["@1767225600", "Thu, 31 Dec 2026 00:00:00 GMT"])
    }
}
