import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Lists of 23 people, cut by the vendor and by the caller in all the ways that matter.
struct PagingTests {
    private static let people = Array(1...23)

    /// Follows cursors to the end and gives the ids in the order they came.
    private func walk(
        _ sender: ScriptedSender,
        _ document: JSONValue,
        limit: Int,
        maxCalls: Int = 40
    ) async throws -> [String] {
        let connector = try TestWorld.connector(document, compiler: AcmeVendor.compiler)
        var ids: [String] = []
        var cursor: String?
        for _ in 0..<maxCalls {
            var query = [(name: "limit", value: String(limit))]
            if let cursor { query.append(("next_cursor", cursor)) }
            let result = try await list(sender, connector, query)
            let page = try JSONValue(parsing: result.body)
            let records = page["result"]?.array ?? []
            #expect(records.count <= limit)
            #expect(page["result_count"]?.int == records.count)
            ids += records.compactMap { $0["id"]?.string }
            cursor = page["next_cursor"]?.string
            if cursor == nil { return ids }
        }
        Issue.record("the list has no end")
        return ids
    }

    private func list(
        _ sender: ScriptedSender,
        _ connector: CompiledConnector,
        _ query: [(name: String, value: String)]
    ) async throws -> UnifiedResult {
        try await TestWorld.engine(sender).execute(
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
    }

    private let expected = Self.people.map(String.init)

    @Test(arguments: [1, 2, 5, 10, 22, 23, 24, 100])
    func `a cursor list gives each record once whatever the limit`(limit: Int) async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            let size = Int(request.query("limit") ?? "") ?? 0
            let start = Int(request.query("after") ?? "") ?? 0
            let end = min(start + size, 23)
            let next: JSONValue = end < 23 ? ["next": .string(String(end))] : [:]
            return AcmeVendor.page(Self.people[start..<end], next)
        }
        let document = AcmeVendor.document([
            "kind": "cursor", "cursor_path": "next", "cursor_param": "after", "limit_param": "limit", "limit_max": 10,
        ])
        #expect(try await walk(sender, document, limit: limit) == expected)
        #expect(sender.requests.allSatisfy { Int($0.query("limit") ?? "").map { $0 <= 10 && $0 <= limit } ?? false })
    }

    @Test(arguments: [1, 3, 10, 11, 23, 50])
    func `addresses of next pages are followed, and pages that are too large are cut`(limit: Int) async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            let start = Int(request.path.split(separator: "/").last ?? "") ?? 0
            let end = min(start + 10, 23)
            let next: JSONValue = end < 23 ? ["more": .string("/v1/cursor/\(end)")] : ["more": nil]
            return AcmeVendor.page(Self.people[start..<end], next)
        }
        let document = AcmeVendor.document([
            "kind": "next_url", "cursor_path": "more", "limit_min": 10, "limit_max": 10,
        ])
        #expect(try await walk(sender, document, limit: limit) == expected)
    }

    @Test(arguments: [1, 4, 10, 23, 30])
    func `pages are counted with one size throughout`(limit: Int) async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            let size = Int(request.query("per") ?? "") ?? 0
            let start = ((Int(request.query("page") ?? "") ?? 0) - 1) * size
            return AcmeVendor.page(start < 23 ? Array(Self.people[start..<min(start + size, 23)]) : [])
        }
        let document = AcmeVendor.document([
            "kind": "page", "cursor_param": "page", "limit_param": "per", "limit_max": 10,
        ])
        #expect(try await walk(sender, document, limit: limit) == expected)
    }

    @Test(arguments: [1, 4, 10, 23, 30])
    func `offsets step by what came`(limit: Int) async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            let size = Int(request.query("limit") ?? "") ?? 0
            let start = Int(request.query("skip") ?? "") ?? -1
            return AcmeVendor.page(Self.people[start..<min(start + size, 23)], ["total": 23])
        }
        let document = AcmeVendor.document([
            "kind": "offset", "cursor_param": "skip", "limit_param": "limit", "limit_max": 10, "total_path": "total",
        ])
        #expect(try await walk(sender, document, limit: limit) == expected)
    }

    @Test(arguments: [1, 7, 23, 100])
    func `links in a header are followed`(limit: Int) async throws {
        let sender = ScriptedSender { (request, _) throws(ExchangeError) in
            let start = Int(request.query("from") ?? "") ?? 0
            let end = min(start + 6, 23)
            var page = AcmeVendor.page(Self.people[start..<end])
            if end < 23, let name = HTTPField.Name("Link") {
                page.headers[name] =
                    "<https://api.acme.example/v1/people?from=0>; rel=\"first\", </v1/people?from=\(end)>; rel=next"
            }
            return page
        }
        let document = AcmeVendor.document(["kind": "link_header"])
        #expect(try await walk(sender, document, limit: limit) == expected)
    }

    @Test(arguments: [1, 2, 10, 23, 24])
    func `a list without pages is cut by the engine`(limit: Int) async throws {
        let sender = ScriptedSender(AcmeVendor.page(Self.people))
        let document = AcmeVendor.document(["kind": "none"])
        #expect(try await walk(sender, document, limit: limit) == expected)
        #expect(sender.requests.count == (23 + limit - 1) / limit)
    }

    @Test func `a list without pages that changes in between is refused`() async throws {
        let sender = ScriptedSender(AcmeVendor.page(1...5), AcmeVendor.page(2...5))
        let connector = try TestWorld.connector(AcmeVendor.document(["kind": "none"]), compiler: AcmeVendor.compiler)
        let first = try await list(sender, connector, [("limit", "2")])
        await #expect {
            _ = try await list(sender, connector, [("limit", "2"), ("next_cursor", first.nextCursor ?? "")])
        } throws: { ($0 as? Problem)?.code == .cursorMismatch }
    }

    @Test func `a page that changed goes on after the last record given out`() async throws {
        let sender = ScriptedSender(AcmeVendor.page(1...5), AcmeVendor.page([9, 1, 2, 4, 5]))
        let document = AcmeVendor.document(["kind": "next_url", "cursor_path": "more"])
        let connector = try TestWorld.connector(document, compiler: AcmeVendor.compiler)
        let first = try await list(sender, connector, [("limit", "2")])
        let second = try await list(sender, connector, [("limit", "2"), ("next_cursor", first.nextCursor ?? "")])
        let page = try JSONValue(parsing: second.body)
        #expect(page["result"]?.array?.compactMap { $0["id"]?.string } == ["4", "5"])
        #expect(page["next_cursor"] == .null)
    }

    @Test func `a vendor that names the same page again is not asked for ever`() async throws {
        let sender = ScriptedSender(AcmeVendor.page(1...5, ["next": "x"]))
        let document = AcmeVendor.document([
            "kind": "cursor", "cursor_path": "next", "cursor_param": "after", "limit_param": "limit",
        ])
        let connector = try TestWorld.connector(document, compiler: AcmeVendor.compiler)
        await #expect { _ = try await list(sender, connector, [("limit", "100")]) } throws: {
            ($0 as? Problem)?.code == .remoteBadResponse
        }
        #expect(sender.requests.count == 2)
    }

    @Test func `a next address on a host that is not the connector's is not called`() async throws {
        for address in ["https://evil.example/x", "//evil.example/x", "https://api.acme.example:8443/x"] {
            let sender = ScriptedSender(AcmeVendor.page(1...5, ["more": .string(address)]))
            let document = AcmeVendor.document(["kind": "next_url", "cursor_path": "more"])
            let connector = try TestWorld.connector(document, compiler: AcmeVendor.compiler)
            await #expect(throws: Problem.self) { _ = try await list(sender, connector, [("limit", "100")]) }
            #expect(sender.requests.count == 1)
        }
    }

    @Test func `a cursor is refused with another filter, account, limit-free query or configuration`() async throws {
        let sender = ScriptedSender(AcmeVendor.page(1...5))
        let document = AcmeVendor.document(["kind": "none"])
        let connector = try TestWorld.connector(document, compiler: AcmeVendor.compiler)
        let cursor = try #require(try await list(sender, connector, [("limit", "2")]).nextCursor)
        let mismatch: @Sendable (any Error) -> Bool = { ($0 as? Problem)?.code == .cursorMismatch }
        await #expect {
            _ = try await list(sender, connector, [("next_cursor", cursor), ("last_name", "x")])
        } throws: {
            mismatch($0)
        }
        await #expect {
            _ = try await list(sender, connector, [("next_cursor", cursor), ("sort_by[name]", "asc")])
        } throws: { mismatch($0) }
        for forged in ["", "x", "x.y", cursor + "A", String(cursor.dropLast()), "a." + cursor, "é"]
        where !forged.isEmpty {
            await #expect { _ = try await list(sender, connector, [("next_cursor", forged)]) } throws: { mismatch($0) }
        }
        let other = try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 2, document: document),
            compiler: AcmeVendor.compiler
        )
        await #expect { _ = try await list(sender, other, [("next_cursor", cursor)]) } throws: { mismatch($0) }
        let engine = try TestWorld.engine(sender)
        await #expect {
            _ = try await engine.execute(
                UnifiedCall(
                    category: "crm",
                    resource: "contacts",
                    method: "list",
                    query: [("next_cursor", cursor)],
                    account: .random()
                ),
                connector: connector,
                variables: [:],
                access: FixedAccess(TestWorld.access())
            )
        } throws: { mismatch($0) }
        // The page size is the caller's to change.
        let rest = try await list(sender, connector, [("next_cursor", cursor), ("limit", "3")])
        #expect(rest.count == 3)
        #expect(rest.nextCursor == nil)
    }

    @Test func `statuses that mean empty give an empty list`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 404))
        let document = AcmeVendor.document(["kind": "none"], list: ["empty_when": ["status": [404]]])
        #expect(try await walk(sender, document, limit: 5) == [])
    }
}
