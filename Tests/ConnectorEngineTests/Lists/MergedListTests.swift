import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import Testing
import Vocabulary

/// Several native lists about the same things, and records that only a whole page tells.
struct MergedListTests {
    /// People and their payroll, both known by their addresses; the payroll comes three at a time.
    private static func document(_ more: JSONValue = [:], get: JSONValue = [:]) -> JSONValue {
        let branches: JSONValue = [
            ["resource": "people", "method": "list"],
            [
                "resource": "payroll", "method": "list",
                "response_mapping":
                    "response.{\"id\": number, \"title\": job, \"last_name\": surname, \"email_addresses\": [{\"email\": mail}]}",
            ],
        ]
        let merge: JSONValue = ["merge_by": "/email_addresses/0/email", "branches": branches]
        let read: JSONValue = ["path": "/people/{{id}}"]
        let paid: JSONValue = ["path": "/payroll/{{id}}"]
        return ListVendor.document(["kind": "none"]).overlaid(by: [
            "resources": [
                "people": ["get": read],
                "payroll": [
                    "get": paid,
                    "list": [
                        "path": "/payroll", "records_path": "people",
                        "pagination": [
                            "kind": "offset", "cursor_param": "skip", "limit_param": "size", "limit_max": 3,
                        ],
                    ],
                ],
            ],
            "mappings": [
                "crm": [
                    "contacts": [
                        "*": [
                            "response_mapping":
                                "response.{\"id\": id, \"first_name\": name, \"last_name\": null, \"email_addresses\": [{\"email\": mail}]}"
                        ],
                        "list": [
                            "resource": nil, "method": nil, "fan_out": merge.overlaid(by: more),
                        ],
                        "get": [
                            "fan_out": merge.overlaid(by: [
                                "branches": [
                                    ["resource": "people", "method": "get"],
                                    [
                                        "resource": "payroll", "method": "get",
                                        "response_mapping": "response.{\"id\": number, \"title\": job}",
                                    ],
                                ]
                            ])
                        ],
                    ]
                ]
            ],
        ])
    }

    private static func vendor(
        people: Int = 5,
        payroll: ClosedRange<Int> = 3...9
    ) -> @Sendable (OutboundRequest, Int) throws(ExchangeError) -> InboundResponse {
        { request, _ throws(ExchangeError) in
            func person(_ number: Int) -> JSONValue {
                ["id": .string("p\(number)"), "name": .string("N\(number)"), "mail": .string("\(number)@acme.example")]
            }
            func paid(_ number: Int) -> JSONValue {
                [
                    "number": .string("pay\(number)"), "job": .string("Job \(number)"),
                    "surname": .string("S\(number)"),
                    "mail": .string("\(number)@acme.example"),
                ]
            }
            switch request.path {
            case "/v1/people": return ListVendor.page((1...people).map(person))
            case "/v1/people/7": return .json(person(7))
            case "/v1/payroll/7": return .json(paid(7))
            case "/v1/payroll/8": return .json(paid(8))
            case "/v1/payroll":
                let rows = payroll.map(paid).dropFirst(request.query("skip").flatMap { Int($0) } ?? 0)
                return ListVendor.page(rows.prefix(request.query("size").flatMap { Int($0) } ?? 0))
            default: return .json([:], status: 404)
            }
        }
    }

    private func all(_ walk: ListWalk, limit: Int) async throws -> [JSONValue] {
        var records: [JSONValue] = []
        var cursor: String?
        repeat {
            let query = [("limit", String(limit))] + (cursor.map { [("next_cursor", $0)] } ?? [])
            let page = try await walk.page(query)
            #expect(page["total_count"] == 9)
            records += page["result"]?.array ?? []
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        return records
    }

    @Test(arguments: [1, 2, 4, 100])
    func `records of several lists are one where their keys are, whatever the size of pages`(limit: Int) async throws {
        let walk = try ListWalk(Self.document(), Self.vendor())
        let records = try await all(walk, limit: limit)
        #expect(records.map { $0["id"]?.string } == ["p1", "p2", "p3", "p4", "p5", "pay6", "pay7", "pay8", "pay9"])
        #expect(records[0]["last_name"]?.isNull != false && records[0]["title"]?.isNull != false)
        // What the first list says stands; what it lacks comes from the second.
        #expect(records[2]["first_name"] == "N3" && records[2]["last_name"] == "S3" && records[2]["title"] == "Job 3")
        #expect(records[2]["email_addresses"]?.array?.count == 1)
        #expect(records[2]["remote_data"]?["people"]?["id"] == "p3")
        #expect(records[2]["remote_data"]?["payroll"]?["number"] == "pay3")
        #expect(records[8]["remote_data"]?["people"] == nil)
    }

    @Test func `a filter that no vendor knows counts for the merged record, and too many records are refused`()
        async throws
    {
        let walk = try ListWalk(Self.document(), Self.vendor())
        let page = try await walk.page([("title", "Job 4"), ("strict_query", "false")])
        #expect(page["result"]?.array?.compactMap { $0["first_name"]?.string } == ["N4"])
        #expect(page["meta"]?["filters"]?["title[eq]"] == "applied_locally")
        let small = try ListWalk(Self.document(["max_records": 11]), Self.vendor())
        await #expect { _ = try await small.page([]) } throws: {
            ($0 as? Problem)?.code == .remoteResponseTooLarge
        }
        #expect(try await ListWalk(Self.document(["max_records": 12]), Self.vendor()).page([])["total_count"] == 9)
    }

    @Test func `merged records come in the order that the caller wants, and raw ones are merged as well`() async throws
    {
        let walk = try ListWalk(Self.document(), Self.vendor())
        var names: [String?] = []
        var cursor: String?
        repeat {
            let query = [("limit", "4"), ("sort_by[last_name]", "desc"), ("fields", "id")]
            let page = try await walk.page(query + (cursor.map { [("next_cursor", $0)] } ?? []))
            names += (page["result"]?.array ?? []).map { $0["id"]?.string }
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        // Those without a last name come last.
        #expect(names == ["pay9", "pay8", "pay7", "pay6", "p5", "p4", "p3", "p1", "p2"])
        let raw = try await walk.page([("response_format", "raw")])
        #expect(raw["result_count"] == 9 && raw["result"]?[2]?["payroll"]?["number"] == "pay3")
    }

    @Test func `further pages of lists that may be kept cost no calls`() async throws {
        let kept: JSONValue = ["cacheable": ["ttl_seconds": 60]]
        let document = Self.document().overlaid(by: [
            "resources": ["people": ["list": kept], "payroll": ["list": kept]]
        ])
        let sender = ScriptedSender(Self.vendor())
        let engine = try TestWorld.engine(sender)
        let connector = try TestWorld.connector(document)
        var cursor: String?
        var counts: [Int] = []
        repeat {
            let page = try await engine.execute(
                UnifiedCall(
                    category: "crm",
                    resource: "contacts",
                    method: "list",
                    query: [("limit", "4")] + (cursor.map { [("next_cursor", $0)] } ?? []),
                    account: TestWorld.account
                ),
                connector: connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
            cursor = page.nextCursor
            counts.append(sender.requests.count)
        } while cursor != nil
        #expect(counts == [4, 4, 4])
    }

    @Test func `a list that changed between two pages goes on behind the last record, or says so`() async throws {
        let first = try ListWalk(Self.document(), Self.vendor())
        let cursor = try #require(try await first.page([("limit", "5")])["next_cursor"]?.string)
        let grown = try ListWalk(Self.document(), Self.vendor(people: 6))
        let page = try await grown.page([("next_cursor", cursor)])
        #expect(page["result"]?.array?.compactMap { $0["id"]?.string } == ["p6", "pay7", "pay8", "pay9"])
        let shrunk = try ListWalk(Self.document(), Self.vendor(people: 1, payroll: 6...9))
        await #expect { _ = try await shrunk.page([("next_cursor", cursor)]) } throws: {
            ($0 as? Problem)?.code == .cursorMismatch
        }
    }

    @Test(arguments: [("7", 200), ("8", 200), ("9", 404)])
    func `one record is what all of its calls know of it`(id: String, status: Int) async throws {
        let connector = try TestWorld.connector(Self.document())
        let engine = try TestWorld.engine(ScriptedSender(Self.vendor()))
        let call = UnifiedCall(
            category: "crm",
            resource: "contacts",
            method: "get",
            id: id,
            account: TestWorld.account
        )
        do {
            let result = try await engine.execute(
                call,
                connector: connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
            let record = try JSONValue(parsing: result.body)
            #expect(status == 200 && record["title"] == .string("Job \(id)"))
            #expect(record["id"] == .string(id == "7" ? "p7" : "pay8"))
            #expect(record["remote_data"]?["payroll"]?["number"] == .string("pay\(id)"))
        } catch let problem as Problem {
            #expect(status == 404 && problem.code == .remoteNotFound)
        }
    }

    // MARK: Whole pages

    /// A table: names above, rows below.
    private static func table(_ more: JSONValue = [:]) -> JSONValue {
        let mapping: JSONValue = [
            "response_mapping_scope": "page",
            "response_mapping":
                "response.rows.($row := $; {\"id\": $row[0], \"last_name\": $row[1], \"title\": $$.response.titles[$row[2]]})",
        ]
        return OrchardVendor.document(list: ["records_path": "rows"]).overlaid(by: [
            "mappings": ["crm": ["contacts": ["*": mapping.overlaid(by: more)]]]
        ])
    }

    private static let body = #"{"titles":["CEO","CTO"],"rows":[["1","Ek",1],["2","Ask",0],["3","Lind",1]]}"#

    @Test(arguments: [1, 2, 50])
    func `a mapping of whole pages makes all of its records`(limit: Int) async throws {
        let sender = ScriptedSender(OrchardVendor.answer(Self.body))
        var names: [String] = []
        var cursor: String?
        repeat {
            let query = [("limit", String(limit))] + (cursor.map { [("next_cursor", $0)] } ?? [])
            let page = try await OrchardVendor.call(Self.table(), sender, query: query)
            for record in page["result"]?.array ?? [] {
                names.append("\(record["last_name"]?.string ?? "") \(record["title"]?.string ?? "")")
                #expect(record["remote_data"]?[1] == record["last_name"])
                #expect(record["record"] == nil)
            }
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        #expect(names == ["Ek CTO", "Ask CEO", "Lind CTO"])
        let one = try await OrchardVendor.call(
            Self.table(["response_mapping": "{\"id\": response.rows[0][0], \"last_name\": response.rows[0][1]}"]),
            sender,
            method: "get"
        )
        #expect(one["id"] == "1" && one["last_name"] == "Ek")
    }

    @Test func `a mapping of whole pages takes no overlay, but another one in its place`() throws {
        func layer(_ mapping: JSONValue) -> ConfigLayer {
            let patch: JSONValue = [
                "mappings": ["crm": ["contacts": ["*": ["response_mapping": mapping]]]]
            ]
            return ConfigLayer(level: .account, version: 1, document: patch)
        }
        #expect {
            _ = try TestWorld.connector(Self.table(), layers: [layer("response.{\"title\": \"x\"}")])
        } throws: { "\($0)".contains("takes no overlay") }
        let whole: JSONValue = ["mode": "replace", "mapping": "response.rows.{\"id\": $[0]}"]
        #expect(throws: Never.self) { _ = try TestWorld.connector(Self.table(), layers: [layer(whole)]) }
    }
}
