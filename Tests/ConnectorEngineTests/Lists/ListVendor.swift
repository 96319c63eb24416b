import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// A vendor that does not exist: people in a table, filtered and sorted as a request says.
struct ListVendor: Sendable {
    let people: [JSONValue]

    /// People 1 to `count`; `each` of them in a row share the time of their change.
    init(_ count: Int, sharing each: Int = 1) {
        people = (0..<count).map { index in
            let second = index / each
            let time =
                "2026-05-\(Self.two(1 + second / 3600))T\(Self.two(second / 60 % 60)):00:\(Self.two(second % 60))Z"
            // Identifiers in another order than times.
            let id = 1000 + (index * 7919) % 100_003
            return ["id": .string("p\(id)"), "name": .string("P\(index + 1)"), "changed": .string(time)]
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    /// The names of all people.
    var names: Set<String> { Set(people.compactMap { $0["name"]?.string }) }

    /// The connector, with a paging and more members of the native list and of the mapping.
    static func document(_ pagination: JSONValue, list: JSONValue = [:], mapping: JSONValue = [:]) -> JSONValue {
        let native: JSONValue = ["path": "/people", "records_path": "people", "pagination": pagination]
        let unified: JSONValue = [
            "resource": "people", "method": "list",
            "query_mapping": [
                "$jsonata":
                    "{\"filter\": $string(query.filters), \"sort\": $string(query.sort), \"fields\": query.select}"
            ],
            "filters": [
                "id": ["ops": ["eq", "in"]], "last_name": ["ops": ["eq"], "native": "name"],
                "updated_at": ["ops": ["gt", "gte", "lt", "lte"], "native": "changed", "type": "datetime"],
            ],
            "sort": ["updated_at": "changed", "name": "name"],
        ]
        return [
            "name": "acme", "hosts": ["api.acme.example"],
            "auth": ["key": ["kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Bearer "]],
            "http": ["base_url": "https://api.acme.example/v1"],
            "resources": ["people": ["list": native.overlaid(by: list)]],
            "mappings": [
                "crm": [
                    "contacts": [
                        "*": [
                            "response_mapping": [
                                "$jsonata":
                                    "response.{\"id\": id, \"last_name\": name, \"updated_at\": changed, \"title\": title}"
                            ]
                        ],
                        "list": unified.overlaid(by: mapping),
                    ]
                ]
            ],
        ]
    }

    /// The people that a request asks for, in its order; by name of the table's rows where it wants none.
    func found(_ request: OutboundRequest) -> [JSONValue] {
        func parsed(_ name: String) -> [JSONValue] {
            request.query(name).flatMap { try? JSONValue(parsing: Array($0.utf8)) }.map { $0.array ?? [$0] } ?? []
        }
        var rows = people.filter { row in parsed("filter").allSatisfy { Self.fits(row, $0) } }
        let sort = parsed("sort")
        guard !sort.isEmpty else { return rows }
        rows = rows.enumerated().sorted { left, right in
            for key in sort {
                let name = key["native"]?.string ?? ""
                let pair = (left.element[name]?.string ?? "", right.element[name]?.string ?? "")
                if pair.0 != pair.1 { return (pair.0 < pair.1) == (key["direction"] == "asc") }
            }
            return left.offset < right.offset
        }.map(\.element)
        return rows
    }

    private static func fits(_ row: JSONValue, _ filter: JSONValue) -> Bool {
        let value = row[filter["native"]?.string ?? ""]?.string ?? ""
        let other = filter["value"]?.string ?? ""
        switch filter["op"]?.string {
        case "eq": return value == other
        case "in": return filter["value"]?.array?.contains(.string(value)) ?? false
        case "gt": return value > other
        case "gte": return value >= other
        case "lt": return value < other
        case "lte": return value <= other
        default: return false
        }
    }

    /// A page of rows.
    static func page(_ rows: some Sequence<JSONValue>, _ more: JSONValue = [:]) -> InboundResponse {
        .json(JSONValue.object(["people": .array(Array(rows))]).overlaid(by: more))
    }

    /// Whether a page would reach beyond what one query gives; such a request is refused.
    static func refusal(beyond cap: Int, start: Int, size: Int) -> InboundResponse? {
        start + size > cap ? .json(["message": "too far"], status: 400) : nil
    }
}

/// Follows cursors through a list of an invented vendor.
struct ListWalk {
    let connector: CompiledConnector
    let sender: ScriptedSender
    var clock = EngineClock(now: { 1_800_000_000 }, wait: { _ in })

    init(_ document: JSONValue, _ script: @escaping ScriptedSender.Script) throws {
        connector = try TestWorld.connector(document)
        sender = ScriptedSender(script)
    }

    /// One page.
    func page(_ query: [(name: String, value: String)]) async throws -> JSONValue {
        let engine = Engine(
            model: try TestWorld.model(),
            sender: sender,
            digests: ToyDigests(),
            cursorKey: Secret(Array(repeating: 7, count: 32)),
            traffic: TestWorld.traffic(),
            clock: clock
        )
        let result = try await engine.execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: "list",
                query: query,
                account: TestWorld.account
            ),
            connector: connector,
            variables: [:],
            access: FixedAccess(TestWorld.access())
        )
        return try JSONValue(parsing: result.body)
    }

    /// The names of all records in the order they came.
    func names(
        limit: Int,
        _ query: [(name: String, value: String)] = [],
        maxCalls: Int = 3000
    ) async throws -> [String] {
        var names: [String] = []
        var cursor: String?
        for _ in 0..<maxCalls {
            let more = cursor.map { [(name: "next_cursor", value: $0)] } ?? []
            let page = try await page([("limit", String(limit))] + query + more)
            let records = page["result"]?.array ?? []
            #expect(records.count <= limit)
            names += records.compactMap { $0["last_name"]?.string }
            cursor = page["next_cursor"]?.string
            guard let cursor else { return names }
            #expect(cursor.utf8.count <= 8192)
        }
        Issue.record("the list has no end")
        return names
    }
}
