import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import JSONValue
import Testing
import Vocabulary

/// Lists longer than what one query of the vendor gives: every record once, also where many share a value.
struct CapTests {
    private static let limits = [3, 10, 11, 400]

    /// A vendor with offsets that refuses to go beyond `cap`.
    private func walk(_ vendor: ListVendor, cap: Int, _ more: JSONValue, total: Bool = false) throws -> ListWalk {
        let paging: JSONValue = [
            "kind": "offset", "cursor_param": "skip", "limit_param": "size", "limit_max": 7, "max_pages": 200,
        ]
        let counted: JSONValue = total ? ["total_path": "total"] : [:]
        return try ListWalk(
            ListVendor.document(paging.overlaid(by: counted).overlaid(by: more))
        ) { request, _ throws(ExchangeError) in
            let start = Int(request.query("skip") ?? "") ?? 0
            let size = Int(request.query("size") ?? "") ?? 0
            if let refusal = ListVendor.refusal(beyond: cap, start: start, size: size) { return refusal }
            let rows = vendor.found(request)
            return ListVendor.page(
                rows.dropFirst(start).prefix(size),
                total ? ["total": .number(JSONNumber(rows.count))] : [:]
            )
        }
    }

    private static let byID: JSONValue = ["native": "id", "unique": true]
    private static let byTimeAndID: JSONValue = [
        "field": "updated_at", "native": "changed", "type": "datetime", "id": ["native": "id"],
    ]
    private static let byTime: JSONValue = ["field": "updated_at", "native": "changed", "type": "datetime"]

    private func keyset(_ cap: Int, _ key: JSONValue) -> JSONValue {
        ["cap": ["records": .number(JSONNumber(cap)), "then": "keyset", "key": key]]
    }

    @Test(arguments: limits)
    func `a unique key crosses the cap`(limit: Int) async throws {
        for count in [9, 10, 11, 53] {
            let vendor = ListVendor(count)
            let names = try await walk(vendor, cap: 10, keyset(10, Self.byID)).names(limit: limit)
            #expect(names.count == count)
            #expect(Set(names) == vendor.names)
        }
    }

    @Test(arguments: limits)
    func `equal times across the cap are told apart by the second key, however many they are`(limit: Int) async throws {
        for each in [1, 10, 25] {
            let vendor = ListVendor(53, sharing: each)
            let names = try await walk(vendor, cap: 10, keyset(10, Self.byTimeAndID)).names(limit: limit)
            #expect(names.count == 53, "\(each)")
            #expect(Set(names) == vendor.names, "\(each)")
        }
    }

    @Test(arguments: limits)
    func `equal times across the cap are remembered where there is no second key`(limit: Int) async throws {
        for each in [3, 9] {
            let vendor = ListVendor(53, sharing: each)
            let names = try await walk(vendor, cap: 10, keyset(10, Self.byTime)).names(limit: limit)
            #expect(names.count == 53, "\(each)")
            #expect(Set(names) == vendor.names, "\(each)")
        }
    }

    @Test(arguments: [20, 60])
    func `more equal values than one query gives, or than can be remembered, are an error and never a gap`(
        each: Int
    ) async throws {
        let walk = try walk(ListVendor(80, sharing: each), cap: 10, keyset(10, Self.byTime))
        await #expect { _ = try await walk.names(limit: 5) } throws: { ($0 as? Problem)?.code == .remoteBadResponse }
        let many = try self.walk(ListVendor(700, sharing: 650), cap: 400, keyset(400, Self.byTime))
        await #expect { _ = try await many.names(limit: 100) } throws: { ($0 as? Problem)?.code == .remoteBadResponse }
    }

    @Test(arguments: ["asc", "desc"])
    func `the caller's order is kept across the cap`(direction: String) async throws {
        let vendor = ListVendor(53, sharing: 3)
        for key in [Self.byTime, Self.byTimeAndID] {
            let walk = try walk(vendor, cap: 10, keyset(10, .array([Self.byID, key])))
            var times: [String] = []
            var names: Set<String> = []
            var cursor: String?
            repeat {
                let page = try await walk.page(
                    [("limit", "8"), ("sort_by[updated_at]", direction)] + (cursor.map { [("next_cursor", $0)] } ?? [])
                )
                for record in page["result"]?.array ?? [] {
                    times.append(record["updated_at"]?.string ?? "")
                    let isNew = names.insert(record["last_name"]?.string ?? "").inserted
                    #expect(isNew)
                }
                cursor = page["next_cursor"]?.string
            } while cursor != nil
            #expect(names == vendor.names)
            #expect(times == (direction == "asc" ? times.sorted() : times.sorted(by: >)))
        }
    }

    @Test func `an order that cannot cross the cap is refused there, with advice`() async throws {
        let walk = try walk(ListVendor(53), cap: 10, keyset(10, Self.byID))
        #expect(try await walk.page([("limit", "7"), ("sort_by[name]", "asc")])["result_count"] == 7)
        await #expect { _ = try await walk.names(limit: 7, [("sort_by[name]", "asc")]) } throws: {
            ($0 as? Problem)?.code == .filterNotSupported
        }
        let short = try self.walk(ListVendor(9), cap: 10, keyset(10, Self.byID))
        #expect(try await short.names(limit: 7, [("sort_by[name]", "asc")]).count == 9)
    }

    @Test func `the caller's own filter on the key stays in force`() async throws {
        let vendor = ListVendor(53, sharing: 2)
        let walk = try walk(vendor, cap: 10, keyset(10, Self.byTimeAndID))
        let after = vendor.people[19]["changed"]?.string ?? ""
        let before = vendor.people[45]["changed"]?.string ?? ""
        let names = try await walk.names(limit: 6, [("updated_after", after), ("updated_at[lte]", before)])
        #expect(Set(names) == Set(vendor.people[20...45].compactMap { $0["name"]?.string }))
        #expect(names.count == 26)
    }

    @Test(arguments: limits)
    func `spans of time are halved until the vendor gives all of one`(limit: Int) async throws {
        for (count, each) in [(3, 1), (53, 4)] {
            let vendor = ListVendor(count, sharing: each)
            let windows: JSONValue = [
                "cap": ["records": 10, "then": "time_window"],
                "window": [
                    "field": "updated_at", "native": "changed", "from": "2026-04-01T00:00:00Z",
                    "until": "2026-06-01T00:00:00Z",
                ],
            ]
            let names = try await walk(vendor, cap: 10, windows, total: true).names(limit: limit)
            #expect(names.count == count, "\(count) \(each)")
            #expect(Set(names) == vendor.names, "\(count) \(each)")
        }
    }

    @Test(arguments: limits)
    func `spans of a fixed width cover everything, and the last one stays open`(limit: Int) async throws {
        let vendor = ListVendor(53, sharing: 2)
        let walk = try ListWalk(
            ListVendor.document([
                "kind": "time_window", "max_pages": 500,
                "window": [
                    "native": "changed", "from": "2026-05-01T00:00:00Z", "until": "2026-05-01T00:00:10Z",
                    "width_seconds": 3,
                ],
            ])
        ) { request, _ throws(ExchangeError) in ListVendor.page(vendor.found(request)) }
        let names = try await walk.names(limit: limit)
        #expect(names.count == 53)
        #expect(Set(names) == vendor.names)
    }

    @Test func `nothing of the vendor can be read from outside of the cursor's signature`() async throws {
        let walk = try walk(ListVendor(53, sharing: 4), cap: 10, keyset(10, Self.byTime))
        let cursor = try await walk.page([("limit", "15")])["next_cursor"]?.string ?? ""
        let forged = String(cursor.dropFirst(4)) + "AAAA"
        for text in [forged, cursor + "x", String(cursor.reversed())] {
            await #expect { _ = try await walk.page([("limit", "15"), ("next_cursor", text)]) } throws: {
                ($0 as? Problem)?.code == .cursorMismatch
            }
        }
        await #expect {
            _ = try await walk.page([("next_cursor", cursor), ("updated_after", "2026-05-01T00:00:00Z")])
        } throws: { ($0 as? Problem)?.code == .cursorMismatch }
    }
}
