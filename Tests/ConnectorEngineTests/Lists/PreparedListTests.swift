import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// Lists that are paged inside of bodies, made ready first, or ended by a flag.
struct PreparedListTests {
    private static let vendor = ListVendor(23)
    private static let limits = [1, 4, 10, 23, 100]

    private func expectAll(_ names: [String]) {
        #expect(names.count == 23)
        #expect(Set(names) == Self.vendor.names)
    }

    @Test(arguments: limits)
    func `pages of an envelope are counted in the request's body`(limit: Int) async throws {
        let document = ListVendor.document(
            [
                "kind": "soap_page", "cursor_param": "Get_People.Response_Filter.Page",
                "limit_param": "Get_People.Response_Filter.Count", "limit_max": 10,
                "total_pages_path": "Get_People_Response.Results.Total_Pages",
            ],
            list: [
                "method": "POST", "idempotent": true, "body": ["Get_People": ["Version": "1"]],
                "request_format": "soap", "response_format": ["kind": "soap", "force_array": ["Person"]],
                "records_path": "Get_People_Response.Data.Person",
            ]
        )
        let walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            let text = String(decoding: request.body ?? [], as: UTF8.self)
            func number(_ name: String) -> Int {
                let parts = text.split(separator: "<\(name)>").dropFirst().first?.split(separator: "<").first
                return parts.flatMap { Int($0) } ?? 0
            }
            let (page, count) = (number("Page"), number("Count"))
            let rows = Self.vendor.people.dropFirst((page - 1) * count).prefix(count).map { row in
                "<Person><id>\(row["id"]?.string ?? "")</id><name>\(row["name"]?.string ?? "")</name></Person>"
            }
            let pages = (23 + count - 1) / max(1, count)
            let body = """
                <e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Get_People_Response><Data>\
                \(rows.joined())</Data><Results><Total_Pages>\(pages)</Total_Pages></Results></Get_People_Response>\
                </e:Body></e:Envelope>
                """
            return InboundResponse(status: 200, headers: [.contentType: "text/xml"], body: Array(body.utf8))
        }
        expectAll(try await walk.names(limit: limit))
    }

    private static func export(_ job: JSONValue) -> JSONValue {
        let base: JSONValue = [
            "create": ["resource": "exports", "method": "create"], "poll": ["resource": "exports", "method": "get"],
            "max_polls": 2, "done_when": ["$jsonata": "response.state = \"done\""],
        ]
        return ListVendor.document(["kind": "async_job", "job": base.overlaid(by: job)]).overlaid(by: [
            "resources": [
                "exports": [
                    "create": ["method": "POST", "path": "/exports"], "get": ["path": "/exports/{{job.id}}"],
                    "cancel": ["method": "DELETE", "path": "/exports/{{job.id}}"],
                    "download": [
                        "path": "/exports/{{job.id}}/file", "records_path": "",
                        "response_format": ["kind": "csv", "compression": "auto"],
                    ],
                ]
            ]
        ])
    }

    @Test(arguments: limits)
    func `what the vendor made ready is fetched by a call with a format of its own`(limit: Int) async throws {
        let document = Self.export(["download": ["resource": "exports", "method": "download"]])
        let walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            switch request.path {
            case "/v1/exports": return .json(["id": "x1"], status: 201)
            case "/v1/exports/x1": return .json(["state": "done"])
            case "/v1/exports/x1/file":
                let rows = Self.vendor.people.map { "\($0["id"]?.string ?? ""),\($0["name"]?.string ?? "")\n" }
                return InboundResponse(
                    status: 200,
                    headers: [.contentType: "text/csv"],
                    body: Array(("id,name\n" + rows.joined()).utf8)
                )
            default: return InboundResponse(status: 404)
            }
        }
        expectAll(try await walk.names(limit: limit))
    }

    @Test func `an order that takes too long is taken back`() async throws {
        let document = Self.export([
            "give_up_after_seconds": 60, "abort": ["resource": "exports", "method": "cancel"],
        ])
        var walk = try ListWalk(document) { request, _ throws(ExchangeError) in
            if request.method == .delete { return InboundResponse(status: 204) }
            return .json(["id": "x1", "state": "running"])
        }
        let first = try await walk.page([])
        #expect(first["result"] == [])
        let cursor = try #require(first["next_cursor"]?.string)
        walk.clock = EngineClock(now: { 1_800_000_061 }, wait: { _ in })
        let late = walk
        await #expect { _ = try await late.page([("next_cursor", cursor)]) } throws: {
            ($0 as? Problem)?.code == .remoteTimeout
        }
        #expect(walk.sender.requests.last?.method == .delete)
        #expect(walk.sender.requests.last?.path == "/v1/exports/x1")
    }

    @Test(arguments: limits)
    func `a flag ends a list whose vendor goes on naming cursors`(limit: Int) async throws {
        let walk = try ListWalk(
            ListVendor.document(
                [
                    "kind": "cursor", "cursor_path": "next", "cursor_param": "after", "limit_param": "size",
                    "limit_max": 10, "has_more_path": "more", "drop_body_on_next": true,
                ],
                list: ["method": "POST", "idempotent": true, "body": ["wanted": "people"]]
            )
        ) { request, _ throws(ExchangeError) in
            let start = Int(request.query("after") ?? "") ?? 0
            guard (request.json?["wanted"] == nil) == (start > 0) else { return InboundResponse(status: 400) }
            let end = min(start + (Int(request.query("size") ?? "") ?? 0), 23)
            let more: JSONValue = ["next": .number(JSONNumber(end)), "more": .bool(end < 23)]
            return ListVendor.page(Self.vendor.people[start..<end], more)
        }
        expectAll(try await walk.names(limit: limit))
    }

    @Test func `a paging that names a call which is not there is refused when it is read`() {
        let document = Self.export(["abort": ["resource": "exports", "method": "stop"]])
        #expect { _ = try TestWorld.connector(document) } throws: { error in
            (error as? ConnectorConfigError)?.description.contains("no native call 'exports/stop'") == true
        }
    }
}
