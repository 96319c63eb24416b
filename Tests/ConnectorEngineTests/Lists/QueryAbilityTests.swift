import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import Testing
import UnifiedModel
import Vocabulary

/// What callers can ask of a list beside pages: filters that nobody pushes down, forms, fields, side loads.
struct QueryAbilityTests {
    private static let vendor = ListVendor(40, sharing: 2)

    private func walk(_ mapping: JSONValue = [:], list: JSONValue = [:]) throws -> ListWalk {
        let paging: JSONValue = [
            "kind": "offset", "cursor_param": "skip", "limit_param": "size", "limit_max": 10, "max_pages": 10,
        ]
        return try ListWalk(ListVendor.document(paging, list: list, mapping: mapping)) {
            request,
            _ throws(ExchangeError) in
            let rows = Self.vendor.found(request).dropFirst(Int(request.query("skip") ?? "") ?? 0)
            return ListVendor.page(rows.prefix(Int(request.query("size") ?? "") ?? 0))
        }
    }

    @Test(arguments: [1, 2, 3, 7, 50])
    func `a filter that the vendor lacks is applied by the engine when the caller does not insist`(
        limit: Int
    ) async throws {
        let walk = try walk()
        let query = [("strict_query", "false"), ("last_name[contains]", "p1"), ("id[in]", Self.ids(0..<30))]
        let names = try await walk.names(limit: limit, query)
        #expect(names == ["P1"] + (10...19).map { "P\($0)" })
        let page = try await walk.page([("limit", "3")] + query)
        #expect(page["meta"]?["filters"] == ["last_name[contains]": "applied_locally", "id[in]": "pushed_down"])
        #expect(page["total_count"] == .null)
        await #expect { _ = try await walk.page([("last_name[contains]", "p1")]) } throws: {
            ($0 as? Problem)?.code == .filterNotSupported
        }
    }

    private static func ids(_ range: Range<Int>) -> String {
        vendor.people[range].compactMap { $0["id"]?.string }.joined(separator: ",")
    }

    @Test(arguments: [
        ("updated_at[gt]", "2026-05-01T00:00:18Z", 2), ("updated_at[gte]", "2026-05-01T02:00:18+02:00", 4),
        ("updated_at[lt]", "2026-05-01T00:00:01.5Z", 4), ("updated_at[lte]", "2026-05-01T00:00:01Z", 4),
        ("last_name", "P7", 1), ("id", "nobody", 0),
    ])
    func `times, texts and identifiers are compared as what they are`(
        name: String,
        value: String,
        count: Int
    ) async throws {
        let walk = try walk(["filters": ["id": nil, "last_name": nil, "updated_at": nil]])
        let page = try await walk.page([("limit", "100"), ("strict_query", "false"), (name, value)])
        #expect(page["result_count"]?.int == count)
    }

    @Test func `a field that the mapping does not give is ignored, and so are search and order`() async throws {
        let page = try await walk().page([
            ("limit", "5"), ("strict_query", "false"), ("owner[id]", "9"), ("search", "x"),
            ("sort_by[first_name]", "asc"),
        ])
        #expect(page["result_count"] == 5)
        #expect(
            page["meta"]?["filters"] == [
                "owner[id][eq]": "ignored", "search": "ignored", "sort_by[first_name]": "ignored",
            ]
        )
        let forbidden = try await walk(["local_filters": false]).page([
            ("limit", "5"), ("strict_query", "false"), ("last_name[contains]", "p1"),
        ])
        #expect(forbidden["meta"]?["filters"] == ["last_name[contains]": "ignored"])
    }

    @Test func `a value of the wrong kind is refused also where the engine would compare it`() async throws {
        let walk = try walk(["filters": ["updated_at": nil]])
        await #expect { _ = try await walk.page([("strict_query", "false"), ("updated_after", "soon")]) } throws: {
            ($0 as? Problem)?.code == .invalidRequest
        }
        #expect(walk.sender.requests.isEmpty)
    }

    @Test func `other names of fields and parameters are understood`() async throws {
        let walk = try walk()
        let page = try await walk.page([
            ("page_size", "2"), ("strict_query", "false"), ("emails[email]", "a@b.example"),
            ("truto_ignore_remote_data", "true"), ("truto_exclude_fields[]", "updated_at"),
        ])
        #expect(page["meta"]?["filters"] == ["email_addresses[email][eq]": "ignored"])
        #expect(page["result"]?[0]?.object?.keys == ["id", "last_name"])
        let next = try await walk.page([
            ("limit", "2"), ("strict_query", "false"), ("emails[email]", "a@b.example"),
            ("cursor", page["next_cursor"]?.string ?? ""),
        ])
        #expect(next["result"]?[0]?["last_name"] == "P3")
    }

    @Test func `records come raw, unified or in the model's whole form`() async throws {
        let raw = try await walk().page([("limit", "1"), ("response_format", "raw")])
        #expect(raw["result"] == [Self.vendor.people[0]])
        let whole = try await walk().page([("limit", "1"), ("truto_response_format", "normalized")])
        let record = whole["result"]?[0]
        #expect(record?["last_name"] == "P1")
        #expect(record?["first_name"] == .null)
        #expect(record?["remote_data"] == nil)
        #expect(try TestWorld.model().resource("crm", "contacts")?.schema.failures(of: record ?? .null) == [])
    }

    @Test func `only native fields that the wanted ones need are asked for`() async throws {
        let walk = try walk(["select": ["name": true, "changed": true, "title": true, "shoe_size": true]])
        func asked(_ query: [(name: String, value: String)]) async throws -> String? {
            _ = try await walk.page(query)
            return walk.sender.requests.last?.query("fields")
        }
        #expect(try await asked([]) == "name,changed,title,shoe_size")
        #expect(try await asked([("fields", "last_name,title")]) == "name,title")
        #expect(try await asked([("fields", "last_name,remote_data")]) == "name,changed,title,shoe_size")
        #expect(try await asked([("exclude_fields", "remote_data,custom_fields,title")]) == "name,changed")
        #expect(
            try await asked([("fields", "title"), ("strict_query", "false"), ("last_name[contains]", "P")])
                == "name,title"
        )
    }

    @Test(
        arguments: [
            ("fields", "id,frist_name", "'frist_name' is no field of contacts; did you mean 'first_name'?"),
            ("exclude_fields", "tilte", "'tilte' is no field of contacts; did you mean 'title'?"),
            ("fields", "emails", "'emails' is no field of contacts; did you mean 'email_addresses'?"),
            ("fields", "account.name", "is no field of contacts; whole fields are named, such as 'account'"),
            ("fields", "zzzzzzzz", "'zzzzzzzz' is no field of contacts, but account"),
        ]
    )
    func `a field that no record has is refused with the nearest one`(
        parameter: String,
        value: String,
        message: String
    ) async throws {
        let walk = try walk()
        await #expect { _ = try await walk.page([(parameter, value)]) } throws: { error in
            guard let problem = error as? Problem, let failure = problem.failures.first else { return false }
            #expect(failure.message.contains(message) && problem.message.hasPrefix("'\(parameter)': "))
            return problem.code == .invalidRequest && failure.pointer == parameter
        }
        #expect(walk.sender.requests.isEmpty)
    }

    @Test func `fields of an override, of what is included and single custom fields can be named`() async throws {
        let walk = try walk([
            "response_mapping": [
                "$jsonata":
                    "response.{'id': id, 'tier': name, 'custom_fields': {'shoe_size': 43, 'hat_size': 58}, 'title': 'x'}"
            ],
            "side_loads": [
                "pets": ["request": ["resource": "contacts"], "join": ["local": "id", "into": "animals"]]
            ],
        ])
        let only: [(name: String, value: String)] = [("limit", "1"), ("ignore_remote_data", "true")]
        func record(_ query: [(name: String, value: String)]) async throws -> JSONValue? {
            try await walk.page(only + query)["result"]?[0]
        }
        let id = Self.vendor.people[0]["id"] ?? .null
        #expect(try await record([("fields", "tier")]) == ["id": id, "tier": "P1"])
        #expect(
            try await record([("fields", "custom_fields.shoe_size")])
                == ["id": id, "custom_fields": ["shoe_size": 43]]
        )
        #expect(
            try await record([("exclude_fields", "custom_fields.shoe_size,title,tier")])
                == ["id": id, "custom_fields": ["hat_size": 58]]
        )
        await #expect { _ = try await record([("fields", "animals")]) } throws: {
            ($0 as? Problem)?.code == .invalidRequest
        }
        await #expect { _ = try await record([("fields", "animals"), ("include", "pet")]) } throws: {
            ($0 as? Problem)?.code == .invalidRequest
        }
        await #expect { _ = try await record([("include", "pet")]) } throws: {
            ($0 as? Problem)?.message == "'pet' cannot be included; known are pets; did you mean 'pets'?"
        }
    }

    @Test func `what is included is fetched in portions and joined by its key`() async throws {
        let paging: JSONValue = ["kind": "none"]
        let document = ListVendor.document(
            paging,
            mapping: [
                "response_mapping": ["$jsonata": "{\"id\": response.id, \"account\": {\"id\": response.company}}"],
                "side_loads": [
                    "account": ["request": ["resource": "accounts", "max": 2], "join": ["local": "account.id"]],
                    "colleagues": [
                        "request": ["resource": "accounts", "max": 2],
                        "join": ["local": "account.id", "into": "colleagues", "many": true],
                    ],
                ],
            ]
        ).overlaid(by: [
            "resources": ["companies": ["list": ["path": "/companies", "records_path": "companies"]]],
            "mappings": [
                "crm": [
                    "accounts": [
                        "list": [
                            "resource": "companies", "method": "list",
                            "query_mapping": ["$jsonata": "{\"ids\": query.filters[0].value}"],
                            "filters": ["id": ["ops": ["in"]]],
                            "response_mapping": ["$jsonata": "{\"id\": response.id, \"name\": response.name}"],
                        ]
                    ]
                ]
            ],
        ])
        let walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            if request.path == "/v1/companies" {
                let ids = (request.query("ids") ?? "").split(separator: ",").map(String.init)
                #expect((1...2).contains(ids.count))
                return .json(["companies": .array(ids.map { ["id": .string($0), "name": .string("Co \($0)")] })])
            }
            return ListVendor.page(
                (0..<7).map { index in
                    ["id": .string("p\(index)"), "name": "P", "company": .string("c\(index % 5)")]
                }
            )
        }
        let page = try await walk.page([("include", "account,colleagues")])
        #expect(page["result"]?[6]?["account"] == ["id": "c1", "name": "Co c1"])
        #expect(page["result"]?[3]?["colleagues"] == [["id": "c3", "name": "Co c3"]])
        // Five companies in portions of two, for each of the two side loads.
        #expect(walk.sender.requests.count == 1 + 3 + 3)
        await #expect { _ = try await walk.page([("include", "pets")]) } throws: {
            ($0 as? Problem)?.code == .filterNotSupported
        }
    }

    @Test func `what lists can include, one record can have beside it too`() async throws {
        let document = OrchardVendor.document(more: [
            "resources": ["trees": ["get": ["path": "/trees/{{id}}"]]],
            "mappings": [
                "crm": [
                    "contacts": [
                        "get": ["response_mapping": "response.{\"id\": id, \"account\": {\"id\": grove}}"],
                        "list": [
                            "side_loads": [
                                "account": ["request": ["resource": "accounts"], "join": ["local": "account.id"]]
                            ]
                        ],
                    ],
                    "accounts": [
                        "list": [
                            "resource": "trees", "method": "list",
                            "query_mapping": ["$jsonata": "{\"ids\": query.filters[0].value}"],
                            "filters": ["id": ["ops": ["in"]]],
                            "response_mapping": "response.{\"id\": id, \"name\": name}",
                        ]
                    ],
                ]
            ],
        ])
        let sender = ScriptedSender { request, _ throws(ExchangeError) in
            request.path == "/v1/trees"
                ? .json([["id": .string(request.query("ids") ?? ""), "name": "Old grove"]])
                : .json(["id": "7", "grove": "g3"])
        }
        let record = try await OrchardVendor.call(document, sender, method: "get", query: [("include", "account")])
        #expect(record["account"] == ["id": "g3", "name": "Old grove"])
        await #expect {
            _ = try await OrchardVendor.call(document, sender, method: "get", query: [("include", "pets")])
        } throws: { ($0 as? Problem)?.code == .filterNotSupported }
        #expect(sender.requests.count == 2)
    }
}

/// One page out of several requests, and one list out of several native ones.
struct JoiningTests {
    @Test(arguments: [["count": 3], ["chars": 24]] as [JSONValue], ["chunks_first", "parallel"])
    func `fields that do not fit into one request are asked for in several and put together`(
        limit: JSONValue,
        order: String
    ) async throws {
        let names = (1...8).map { "field\($0)" }
        let document = ListVendor.document(
            ["kind": "cursor", "cursor_path": "next", "cursor_param": "after", "limit_param": "size"],
            list: [
                "field_chunking": [
                    "param": "fields", "limit": limit, "always_include": ["id"], "order": .string(order),
                ]
            ],
            mapping: ["select": .array((["id"] + names).map(JSONValue.string))]
        )
        let walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            let fields = (request.query("fields") ?? "").split(separator: ",").map(String.init)
            #expect(fields.first == "id" && fields.count <= 4)
            let start = Int(request.query("after") ?? "") ?? 0
            return ListVendor.page(
                (start..<min(start + 2, 5)).map { index in
                    .object(
                        JSONObject(
                            [("name", .string("P\(index)"))]
                                + fields.map { name in
                                    (name, .string(name == "id" ? "p\(index)" : "\(name) of \(index)"))
                                }
                        )
                    )
                },
                start + 2 < 5 ? ["next": .string(String(start + 2))] : [:]
            )
        }
        let page = try await walk.page([("limit", "4"), ("response_format", "raw")])
        #expect(page["result_count"] == 4)
        for (index, record) in (page["result"]?.array ?? []).enumerated() {
            for name in names { #expect(record[name] == .string("\(name) of \(index)")) }
        }
        // All parts of a page come before the next page.
        let afters = walk.sender.requests.map { $0.query("after") }
        #expect(afters == afters.filter { $0 == nil } + afters.filter { $0 != nil })
    }

    @Test func `parts of a page that are not about the same records are a bad answer`() async throws {
        let document = ListVendor.document(
            ["kind": "none"],
            list: ["field_chunking": ["param": "fields", "limit": ["count": 1]]],
            mapping: ["select": ["a", "b"]]
        )
        let walk = try ListWalk(document) { _, index throws(ExchangeError) in
            ListVendor.page((0..<(3 - index)).map { ["id": .string("p\($0)")] })
        }
        await #expect { _ = try await walk.page([]) } throws: { ($0 as? Problem)?.code == .remoteBadResponse }
    }

    @Test(arguments: [1, 2, 5, 11, 100])
    func `lists follow each other, without the records that the first one has`(limit: Int) async throws {
        let document = ListVendor.document(["kind": "none"]).overlaid(by: [
            "resources": [
                "leads": [
                    "list": [
                        "path": "/leads", "records_path": "people",
                        "pagination": [
                            "kind": "offset", "cursor_param": "skip", "limit_param": "size", "limit_max": 3,
                        ],
                    ]
                ],
                "gone": ["list": ["path": "/gone", "records_path": "people"]],
            ],
            "mappings": [
                "crm": [
                    "contacts": [
                        "list": [
                            "resource": nil, "method": nil,
                            "fan_out": [
                                ["resource": "people", "method": "list"],
                                ["resource": "gone", "method": "list", "when": false],
                                [
                                    "resource": "leads", "method": "list",
                                    "skip_when": ["$jsonata": "response.converted"],
                                    "response_mapping": [
                                        "$jsonata": "{\"id\": response.id, \"last_name\": \"lead \" & response.name}"
                                    ],
                                ],
                            ],
                        ]
                    ]
                ]
            ],
        ])
        let walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            let isLead = request.path == "/v1/leads"
            #expect(isLead || request.path == "/v1/people")
            let rows = (0..<(isLead ? 8 : 4)).map { index -> JSONValue in
                [
                    "id": .string(isLead ? "l\(index)" : "p\(index)"), "name": .string("N\(index)"),
                    "converted": .bool(index % 2 == 1),
                ]
            }
            guard isLead else { return ListVendor.page(rows) }
            return ListVendor.page(
                rows.dropFirst(Int(request.query("skip") ?? "") ?? 0).prefix(Int(request.query("size") ?? "") ?? 0)
            )
        }
        let names = try await walk.names(limit: limit)
        #expect(names == ["N0", "N1", "N2", "N3", "lead N0", "lead N2", "lead N4", "lead N6"])
    }

    @Test func `records of another call are joined into those of the list before they are mapped`() async throws {
        let document = ListVendor.document(
            ["kind": "none"],
            mapping: [
                "joins": [
                    [
                        "resource": "jobs", "method": "list", "local": "id", "foreign": "person", "into": "job",
                        "ids_max": 2,
                    ]
                ],
                "response_mapping": ["$jsonata": "{\"id\": response.id, \"title\": response.job.title}"],
            ]
        ).overlaid(by: [
            "resources": [
                "jobs": ["list": ["path": "/jobs", "query": ["people": ["$jsonata": "$join(slice.ids, \",\")"]]]]
            ]
        ])
        let walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            guard request.path == "/v1/jobs" else {
                return ListVendor.page((0..<5).map { ["id": .string("p\($0)"), "name": "P"] })
            }
            let ids = (request.query("people") ?? "").split(separator: ",").map(String.init)
            #expect((1...2).contains(ids.count))
            return .json(
                .array(ids.filter { $0 != "p3" }.map { ["person": .string($0), "title": .string("job of \($0)")] })
            )
        }
        let page = try await walk.page([])
        #expect(page["result"]?[4]?["title"] == "job of p4")
        #expect(page["result"]?[4]?["remote_data"]?["job"]?["person"] == "p4")
        #expect(page["result"]?[3]?["title"] == nil)
        #expect(walk.sender.requests.count == 1 + 3)
    }
}
