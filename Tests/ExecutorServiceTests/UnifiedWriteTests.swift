import HTTPExchange
import HTTPTypes
import JSONValue
import Testing

struct UnifiedWriteTests {
    private func world() throws -> ExecutorWorld {
        try ExecutorWorld { (request) throws(ExchangeError) in
            var headers = HeaderFields()
            headers[.eTag] = "\"v7\""
            return InboundResponse(status: 200, headers: headers, body: Array(#"{"id":9,"name":"N"}"#.utf8))
        }
    }

    @Test func `create answers 201 with the record and its version`() async throws {
        let world = try world()
        let answer = try await world.write(.post, "crm/contacts", ["name": "N"])
        #expect(answer.status == 201)
        #expect(answer.json["id"] == "9")
        #expect(answer.headers[.eTag] == "\"v7\"")
        #expect(world.vendor.requests.map(\.method) == [.post])
        #expect(world.vendor.requests[0].body.map { String(decoding: $0, as: UTF8.self) } == #"{"name":"N"}"#)
    }

    @Test func `update, delete and own methods reach their native calls`() async throws {
        let world = try world()
        #expect(try await world.write(.patch, "crm/contacts/9", ["name": "M"]).json["id"] == "9")
        #expect(try await world.write(.delete, "crm/contacts/9").json == ["id": "9"])
        let touched = try await world.write(.post, "crm/contacts/touch", ["id": "9"])
        #expect(touched.json == ["result": ["id": 9, "name": "N"]])
        #expect(world.vendor.requests.map(\.method) == [.patch, .delete, .post])
        #expect(world.vendor.requests[2].url.hasSuffix("/touch/9"))
    }

    @Test func `what was left out is told in a header`() async throws {
        let world = try world()
        let answer = try await world.call(
            .post,
            "/unified/crm/contacts?strict_body=false&integrated_account_id=\(world.own.account)",
            headers: [.contentType: "application/json"],
            body: Array(#"{"name":"N","created_at":"2026-01-01T00:00:00Z"}"#.utf8)
        )
        #expect(answer.status == 201)
        let warnings = try #require(answer.headers[HTTPField.Name("X-Warnings")!])
        #expect(try JSONValue(parsing: Array(warnings.utf8))[0]?["pointer"] == "/created_at")
    }

    @Test func `a bad body is refused with its places`() async throws {
        let world = try world()
        let answer = try await world.write(.post, "crm/contacts", ["id": "1"])
        #expect(answer.status == 422)
        #expect(answer.json["code"] == "read_only_field")
        #expect(answer.json["details"]?["failures"]?.array?.map { $0["pointer"] } == ["/id", "/name"])
        #expect(world.vendor.requests.isEmpty)
    }

    @Test func `writing needs the scope for it`() async throws {
        let world = try world()
        try world.addKey("trib_reader", world.own, ["unified:read"])
        for (method, path) in [
            (HTTPRequest.Method.post, "crm/contacts"), (.patch, "crm/contacts/9"), (.delete, "crm/contacts/9"),
            (.post, "crm/contacts/touch"),
        ] {
            let body: JSONValue? = method == .delete ? nil : ["name": "N"]
            #expect(try await world.write(method, path, body, key: "trib_reader").json["code"] == "forbidden_scope")
        }
        #expect(try await world.write(.delete, "crm/contacts/9", key: "trib_foreign").status == 404)
        #expect(world.vendor.requests.isEmpty)
    }

    @Test(arguments: ["list", "create", "delete", "frobnicate"])
    func `there is no own method of this name`(_ name: String) async throws {
        let world = try world()
        #expect(try await world.write(.post, "crm/contacts/\(name)", [:]).json["code"] == "method_not_supported")
    }
}
