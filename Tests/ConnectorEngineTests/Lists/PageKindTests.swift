import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// Every way of paging over 23 people, with odd sizes of the vendor and of the caller.
struct PageKindTests {
    private static let vendor = ListVendor(23)
    private static let limits = [1, 3, 10, 23, 100]

    private func expectAll(_ names: [String]) {
        #expect(names.count == 23)
        #expect(Set(names) == Self.vendor.names)
    }

    @Test(arguments: limits)
    func `a cursor in a header goes into a path`(limit: Int) async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "cursor", "cursor_header": "X-Next", "cursor_param": ["in": "path", "name": "cursor"],
                "limit_param": ["in": "header", "name": "X-Size"], "limit_max": 7,
            ])
        ) { request, _ throws(ExchangeError) in
            let size = HTTPField.Name("X-Size").flatMap { request.headers[$0] }.flatMap { Int($0) } ?? 0
            let start = Int(request.path.split(separator: "/").last ?? "") ?? 0
            let end = min(start + size, 23)
            var page = ListVendor.page(Self.vendor.people[start..<end])
            if end < 23, let name = HTTPField.Name("X-Next") { page.headers[name] = String(end) }
            return page
        }
        expectAll(try await walk.names(limit: limit))
    }

    @Test func `a page that the caller gives no size is as large as the connector says`() async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "offset", "cursor_param": "skip", "limit_param": "size", "limit_default": 9, "limit_max": 5,
            ])
        ) { request, _ throws(ExchangeError) in
            let start = request.query("skip").flatMap { Int($0) } ?? 0
            let size = request.query("size").flatMap { Int($0) } ?? 0
            return ListVendor.page(Self.vendor.people[start..<min(start + size, 23)])
        }
        #expect(try await walk.page([])["result_count"] == 9)
        #expect(walk.sender.requests.map { $0.query("size") } == ["5", "4"])
        #expect(try await walk.page([("limit", "2")])["result_count"] == 2)
    }

    @Test(arguments: limits)
    func `ranges are counted in a header and end where the vendor says`(limit: Int) async throws {
        let walk = try ListWalk(
            ListVendor.document(["kind": "range", "range_unit": "rows", "limit_max": 9])
        ) { request, _ throws(ExchangeError) in
            let ends = (request.headers[.range] ?? "").dropFirst("rows=".count).split(separator: "-").compactMap {
                Int($0)
            }
            guard ends.count == 2, ends[0] < 23 else { return InboundResponse(status: 416) }
            let end = min(ends[1] + 1, 23)
            var page = ListVendor.page(Self.vendor.people[ends[0]..<end])
            page.status = 206
            page.headers[.contentRange] = "rows \(ends[0])-\(end - 1)/23"
            return page
        }
        expectAll(try await walk.names(limit: limit))
        #expect(try await walk.page([("limit", "4")])["total_count"] == 23)
    }

    @Test(arguments: limits)
    func `an offset can count pages, and an empty answer ends the list`(limit: Int) async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "offset", "step": "pages", "cursor_param": "skip", "limit_param": "size", "limit_max": 6,
                "short_page_ends": false,
            ])
        ) { request, _ throws(ExchangeError) in
            let size = Int(request.query("size") ?? "") ?? 0
            let start = (Int(request.query("skip") ?? "") ?? 0) * size
            guard start < 23 else { return InboundResponse(status: 204) }
            return ListVendor.page(Self.vendor.people[start..<min(start + size, 23)])
        }
        expectAll(try await walk.names(limit: limit))
    }

    @Test(arguments: limits)
    func `short pages in the middle do not end a list that says so`(limit: Int) async throws {
        // Every second record of a page is hidden from the caller of this vendor.
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "offset", "step": "size", "cursor_param": "skip", "limit_param": "size", "limit_max": 5,
                "limit_min": 5, "short_page_ends": false,
            ])
        ) { request, _ throws(ExchangeError) in
            let start = Int(request.query("skip") ?? "") ?? 0
            let rows = Self.vendor.people.enumerated().dropFirst(start).prefix(5)
            return ListVendor.page(rows.filter { $0.offset % 2 == 0 }.map(\.element))
        }
        let names = try await walk.names(limit: limit)
        #expect(names == (0..<23).filter { $0 % 2 == 0 }.map { "P\($0 + 1)" })
    }

    @Test(arguments: limits)
    func `expressions decide where nothing else fits`(limit: Int) async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "dynamic", "initial": ["$jsonata": "{\"from\": 1}"],
                "next": [
                    "$jsonata":
                        "last_page_size = 4 and page_index < 100 ? {\"from\": $number($substring(last_record.name, 1)) + 1}"
                ],
                "cursor_out": ["$jsonata": "\"row-\" & paging.state.from"], "cursor_param": "at",
                "values": ["pages": ["$jsonata": "($exists(values.pages) ? values.pages : 0) + 1"]],
            ])
        ) { request, _ throws(ExchangeError) in
            let start = (Int((request.query("at") ?? "").dropFirst(4)) ?? 0) - 1
            return ListVendor.page(Self.vendor.people.dropFirst(start).prefix(4))
        }
        expectAll(try await walk.names(limit: limit))
    }

    @Test(arguments: limits)
    func `a list goes on by the last value, with times that many records share`(limit: Int) async throws {
        let vendor = ListVendor(23, sharing: 5)
        for key: JSONValue in [
            ["native": "id", "unique": true],
            ["native": "changed", "type": "datetime", "id": ["native": "id"]],
        ] {
            let walk = try ListWalk(
                ListVendor.document(["kind": "keyset", "limit_param": "size", "limit_max": 4, "key": key])
            ) { request, _ throws(ExchangeError) in
                ListVendor.page(vendor.found(request).prefix(Int(request.query("size") ?? "") ?? 0))
            }
            expectAll(try await walk.names(limit: limit))
        }
    }

    @Test(arguments: limits)
    func `identifiers are asked for in portions, from a call or from the caller`(limit: Int) async throws {
        let paging: JSONValue = [
            "kind": "id_chunk", "ids": ["resource": "people", "method": "ids", "path": "ids"], "ids_max": 4,
            "ids_param": "ids",
        ]
        let document = ListVendor.document(paging).overlaid(
            by: ["resources": ["people": ["ids": ["path": "/ids"]]]]
        )
        let script: ScriptedSender.Script = { request, _ throws(ExchangeError) in
            if request.path == "/v1/ids" {
                return .json(["ids": .array(Self.vendor.people.compactMap { $0["id"] })])
            }
            let wanted = (request.query("ids") ?? "").split(separator: ",").map(String.init)
            #expect((1...4).contains(wanted.count))
            return ListVendor.page(Self.vendor.people.filter { wanted.contains($0["id"]?.string ?? "") })
        }
        expectAll(try await ListWalk(document, script).names(limit: limit))
        let own = ListVendor.document(["id_batching": ["max": 4]])
        let walk = try ListWalk(own) { request, _ throws(ExchangeError) in ListVendor.page(Self.vendor.found(request)) }
        let ids = Self.vendor.people.compactMap { $0["id"]?.string }
        expectAll(try await walk.names(limit: limit, [("id[in]", (ids + ids.prefix(3)).joined(separator: ","))]))
    }

    @Test(arguments: limits)
    func `a list that the vendor makes ready is waited for, in several calls if need be`(limit: Int) async throws {
        let paging: JSONValue = [
            "kind": "async_job", "within": "offset", "cursor_param": "skip", "limit_param": "size", "limit_max": 10,
            "job": [
                "create": ["resource": "exports", "method": "create"],
                "poll": ["resource": "exports", "method": "get"], "max_polls": 2,
                "done_when": ["$jsonata": "response.state = \"done\""],
                "failed_when": ["$jsonata": "response.state = \"failed\""],
            ],
        ]
        let document = ListVendor.document(paging, list: ["path": "/exports/{{job.id}}/rows"]).overlaid(by: [
            "resources": [
                "exports": [
                    "create": ["method": "POST", "path": "/exports"], "get": ["path": "/exports/{{job.id}}"],
                ]
            ]
        ])
        let polls = Mutex(0)
        let walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            switch request.path {
            case "/v1/exports": return .json(["id": "x1"], status: 201)
            case "/v1/exports/x1":
                let count = polls.withLock { count in
                    count += 1
                    return count
                }
                return .json(["state": count < 4 ? "running" : "done"])
            case "/v1/exports/x1/rows":
                let start = Int(request.query("skip") ?? "") ?? 0
                let size = Int(request.query("size") ?? "") ?? 0
                return ListVendor.page(Self.vendor.people.dropFirst(start).prefix(size))
            default: return InboundResponse(status: 404)
            }
        }
        expectAll(try await walk.names(limit: limit))
        #expect(walk.sender.requests.filter { $0.method == .post }.count == 1)
    }

    @Test func `a list that the vendor cannot make ready is refused`() async throws {
        let paging: JSONValue = [
            "kind": "async_job",
            "job": [
                "create": ["resource": "people", "method": "list"], "poll": ["resource": "people", "method": "list"],
                "done_when": false, "failed_when": true,
            ],
        ]
        let walk = try ListWalk(ListVendor.document(paging)) { _, _ throws(ExchangeError) in .json(["id": 1]) }
        await #expect { _ = try await walk.page([]) } throws: { ($0 as? Problem)?.code == .remoteUnavailable }
    }

    @Test(arguments: [("offset", "skip"), ("page", "page")])
    func `pages go back as they went forward`(kind: String, parameter: String) async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": .string(kind), "cursor_param": .string(parameter), "limit_param": "size", "limit_max": 50,
            ])
        ) { request, _ throws(ExchangeError) in
            let size = Int(request.query("size") ?? "") ?? 0
            let number = Int(request.query(parameter) ?? "") ?? 0
            let start = kind == "page" ? (number - 1) * size : number
            return ListVendor.page(Self.vendor.people.dropFirst(start).prefix(size))
        }
        let first = try await walk.page([("limit", "5")])
        #expect(first["prev_cursor"] == .null)
        let second = try await walk.page([("limit", "5"), ("next_cursor", first["next_cursor"]?.string ?? "")])
        let third = try await walk.page([("limit", "5"), ("next_cursor", second["next_cursor"]?.string ?? "")])
        let back = try await walk.page([("limit", "5"), ("prev_cursor", third["prev_cursor"]?.string ?? "")])
        #expect(back["result"] == second["result"])
        let front = try await walk.page([("limit", "5"), ("prev_cursor", back["prev_cursor"]?.string ?? "")])
        #expect(front["result"] == first["result"])
        #expect(front["prev_cursor"] == .null)
    }

    @Test func `a list without pages goes back too`() async throws {
        let walk = try ListWalk(ListVendor.document(["kind": "none"])) { _, _ throws(ExchangeError) in
            ListVendor.page(Self.vendor.people)
        }
        let first = try await walk.page([("limit", "9")])
        let second = try await walk.page([("limit", "9"), ("next_cursor", first["next_cursor"]?.string ?? "")])
        let back = try await walk.page([("limit", "9"), ("prev_cursor", second["prev_cursor"]?.string ?? "")])
        #expect(back["result"] == first["result"])
    }

    @Test func `the first and the later requests can differ`() async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "cursor", "cursor_path": "next", "cursor_param": "after", "limit_param": "size",
                "limit_max": 10, "first_limit_max": 3, "omit_on_first": ["size"], "omit_on_next": ["*"],
            ])
        ) { request, _ throws(ExchangeError) in
            let start = Int(request.query("after") ?? "") ?? 0
            let end = min(start + (start == 0 ? 3 : 10), 23)
            return ListVendor.page(Self.vendor.people[start..<end], end < 23 ? ["next": .number(JSONNumber(end))] : [:])
        }
        expectAll(try await walk.names(limit: 100))
        let requests = walk.sender.requests
        #expect(requests[0].query("size") == nil && requests[0].query("filter") != nil)
        #expect(requests[1].query("after") == "3" && requests[1].query("filter") == nil)
    }

    @Test func `a cursor that the vendor has forgotten is refused before anything is sent`() async throws {
        var walk = try ListWalk(
            ListVendor.document([
                "kind": "cursor", "cursor_path": "next", "cursor_param": "after", "limit_param": "size",
                "cursor_ttl_seconds": 30,
            ])
        ) { _, _ throws(ExchangeError) in ListVendor.page(Self.vendor.people.prefix(2), ["next": "x"]) }
        let cursor = try await walk.page([("limit", "2")])["next_cursor"]?.string ?? ""
        walk.clock = EngineClock(now: { 1_800_000_031 }, wait: { _ in })
        let late = walk
        await #expect { _ = try await late.page([("next_cursor", cursor)]) } throws: {
            ($0 as? Problem)?.code == .cursorMismatch
        }
        #expect(walk.sender.requests.count == 1)
    }

    @Test func `records that come again on the next page are left out`() async throws {
        let walk = try ListWalk(
            ListVendor.document(
                ["kind": "page", "cursor_param": "page", "limit_param": "size", "limit_max": 5],
                list: ["dedupe_key": "id"]
            )
        ) { request, _ throws(ExchangeError) in
            // Somebody adds a record at the front between two pages: each page starts one too early.
            let page = (Int(request.query("page") ?? "") ?? 1) - 1
            return ListVendor.page(Self.vendor.people.dropFirst(max(0, page * 5 - page)).prefix(5))
        }
        for limit in [3, 5, 50] { expectAll(try await walk.names(limit: limit)) }
    }
}

/// Vendors that mean no good, or know no better.
struct HostileListTests {
    private static let people = ListVendor(40).people

    @Test(arguments: [2, 3, 5, 13])
    func `a circle is found out before a record comes twice`(length: Int) async throws {
        let walk = try ListWalk(
            ListVendor.document(["kind": "cursor", "cursor_path": "next", "cursor_param": "after"])
        ) { request, _ throws(ExchangeError) in
            let at = Int(request.query("after") ?? "") ?? 0
            return ListVendor.page(
                Self.people.dropFirst(at * 2).prefix(2),
                ["next": .number(JSONNumber(at % length + 1))]
            )
        }
        var names: [String] = []
        await #expect {
            var cursor: String?
            repeat {
                let page = try await walk.page([("limit", "2")] + (cursor.map { [("next_cursor", $0)] } ?? []))
                names += (page["result"]?.array ?? []).compactMap { $0["last_name"]?.string }
                cursor = page["next_cursor"]?.string
            } while cursor != nil
        } throws: {
            ($0 as? Problem)?.code == .remoteBadResponse
        }
        #expect(Set(names).count == names.count && names.count == length * 2, "\(names)")
    }

    private func expectEnd(_ paging: JSONValue, _ script: @escaping ScriptedSender.Script) async throws {
        let walk = try ListWalk(ListVendor.document(paging), script)
        await #expect { _ = try await walk.names(limit: 10, maxCalls: 200) } throws: {
            ($0 as? Problem)?.code == .remoteBadResponse
        }
        #expect(walk.sender.requests.count < 60)
    }

    @Test(arguments: [2, 3, 5, 13])
    func `a circle of cursors of any length is found out`(length: Int) async throws {
        try await expectEnd([
            "kind": "cursor", "cursor_path": "next", "cursor_param": "after", "limit_param": "size",
        ]) { request, _ throws(ExchangeError) in
            let at = Int(request.query("after") ?? "") ?? 0
            return ListVendor.page(Self.people.prefix(10), ["next": .number(JSONNumber(at % length + 1))])
        }
    }

    @Test(arguments: ["offset", "page"])
    func `a vendor that does not heed the number is not asked for ever`(kind: String) async throws {
        try await expectEnd([
            "kind": .string(kind), "cursor_param": "at", "limit_param": "size", "limit_max": 10,
        ]) { _, _ throws(ExchangeError) in ListVendor.page(Self.people.prefix(10)) }
    }

    @Test(arguments: [JSONValue.number(JSONNumber(-5)), "many", nil, 1.5])
    func `a total that cannot be is not believed`(total: JSONValue) async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "offset", "cursor_param": "at", "limit_param": "size", "limit_max": 7, "total_path": "total",
            ])
        ) { request, _ throws(ExchangeError) in
            let start = Int(request.query("at") ?? "") ?? 0
            return ListVendor.page(Self.people.dropFirst(start).prefix(7), ["total": total])
        }
        #expect(try await walk.names(limit: 9).count == 40)
        #expect(try await walk.page([])["total_count"] == .null)
    }

    @Test func `a cursor that is too large to be carried is a bad answer`() async throws {
        let walk = try ListWalk(
            ListVendor.document(["kind": "cursor", "cursor_path": "next", "cursor_param": "after"])
        ) { _, _ throws(ExchangeError) in
            ListVendor.page(Self.people.prefix(10), ["next": .string(String(repeating: "x", count: 9000))])
        }
        await #expect { _ = try await walk.page([("limit", "10")]) } throws: {
            ($0 as? Problem)?.code == .remoteBadResponse
        }
    }

    @Test func `a list without an end is cut by the number of pages of one call`() async throws {
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "cursor", "cursor_path": "next", "cursor_param": "after", "max_pages": 5,
            ])
        ) { request, _ throws(ExchangeError) in
            ListVendor.page([], ["next": .number(JSONNumber((Int(request.query("after") ?? "") ?? 0) + 1))])
        }
        let page = try await walk.page([("limit", "10")])
        #expect(page["result"] == [])
        #expect(page["next_cursor"]?.string != nil)
        #expect(walk.sender.requests.count == 5)
    }
}
