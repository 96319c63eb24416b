import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

struct EngineTests {
    private func execute(
        _ sender: ScriptedSender,
        method: String = "list",
        id: String? = nil,
        query: [(name: String, value: String)] = [],
        access: any AccessSource = FixedAccess(TestWorld.access()),
        document: JSONValue = AcmeVendor.document(["kind": "none"]),
        resource: String = "contacts"
    ) async throws -> JSONValue {
        let connector = try TestWorld.connector(document, compiler: AcmeVendor.compiler)
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: resource,
                method: method,
                id: id,
                query: query,
                account: TestWorld.account,
                requestID: "req-1"
            ),
            connector: connector,
            variables: [:],
            access: access
        )
        return try JSONValue(parsing: result.body)
    }

    private func problem(
        _ answer: InboundResponse,
        method: String = "list",
        query: [(name: String, value: String)] = []
    ) async -> Problem? {
        await problem(ScriptedSender(answer), method: method, query: query)
    }

    private func problem(
        _ sender: ScriptedSender,
        method: String = "list",
        query: [(name: String, value: String)] = []
    ) async -> Problem? {
        do {
            _ = try await execute(sender, method: method, id: method == "get" ? "1" : nil, query: query)
            return nil
        } catch { return error as? Problem }
    }

    @Test func `a list is an envelope with the vendor's records untouched`() async throws {
        let raw = #"{"people":[{"id":10000000000000000999,"name":"Z\u00eb" , "n":1.50e1}]}"#
        let sender = ScriptedSender(InboundResponse(status: 200, body: Array(raw.utf8)))
        let connector = try TestWorld.connector(AcmeVendor.document(["kind": "none"]), compiler: AcmeVendor.compiler)
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: "list",
                account: TestWorld.account,
                requestID: "req-1"
            ),
            connector: connector,
            variables: [:],
            access: FixedAccess(TestWorld.access())
        )
        let text = String(decoding: result.body, as: UTF8.self)
        #expect(text.contains(#""remote_data":{"id":10000000000000000999,"name":"Z\u00eb" , "n":1.50e1}"#))
        let page = try JSONValue(parsing: result.body)
        #expect(page["result"]?[0]?["id"] == "10000000000000000999")
        #expect(page["result"]?[0]?["first_name"] == "Zë")
        #expect(page["next_cursor"] == .null)
        #expect(page["prev_cursor"] == .null)
        #expect(page["result_count"] == 1)
        #expect(page["is_partial_response"] == false)
        #expect(page["meta"]?["request_id"] == "req-1")
        #expect(page["meta"]?["config_revision"] == "1.0.0")
    }

    @Test func `a record is the bare object`() async throws {
        let sender = ScriptedSender(.json(["id": "7", "name": "G"]))
        let record = try await execute(sender, method: "get", id: "7/8")
        #expect(record == ["id": "7", "first_name": "G", "remote_data": ["id": "7", "name": "G"]])
        #expect(sender.requests[0].url == "https://api.acme.example/v1/people/7%2F8")
    }

    @Test func `requests carry the credentials, the defaults and the account's own connection`() async throws {
        let sender = ScriptedSender(AcmeVendor.page([]))
        _ = try await execute(sender, query: [("remote_query[expand]", "all"), ("remote_query[a][b]", "1")])
        let request = sender.requests[0]
        #expect(request.headers[.authorization] == "Bearer t0ken")
        #expect(request.headers[.accept] == "application/json")
        #expect(request.identity.partition == TestWorld.account.description)
        #expect(request.destination == .vendor)
        #expect(request.redirects.limit == 0)
        #expect(request.query("expand") == "all")
        #expect(request.query("a[b]") == "1")
    }

    @Test func `filters reach the vendor and the answer says so`() async throws {
        let sender = ScriptedSender(AcmeVendor.page([]))
        let page = try await execute(
            sender,
            query: [("last_name", "O'Hara & Sons"), ("updated_after", "2026-05-01T02:00:00+02:00")]
        )
        #expect(sender.requests[0].query("last_name") == "O'Hara & Sons")
        #expect(sender.requests[0].query("updated_at") == "2026-05-01T00:00:00Z")
        #expect(page["meta"]?["filters"] == ["last_name[eq]": "pushed_down", "updated_at[gt]": "pushed_down"])
    }

    @Test(arguments: [
        ("last_name[contains]", "x", ErrorCode.filterNotSupported), ("first_name", "x", .filterNotSupported),
        ("last_name[like]", "x", .filterNotSupported), ("updated_at[gt]", "yesterday", .invalidRequest),
        ("sort_by[updated_at]", "asc", .filterNotSupported), ("sort_by[name]", "up", .invalidRequest),
        ("shoe_size", "44", .unknownParameter), ("limit", "0", .invalidRequest), ("limit", "1001", .invalidRequest),
        ("limit", "many", .invalidRequest), ("search", "x", .filterNotSupported), ("next_cursor", "?", .cursorMismatch),
        ("last_name[", "x", .unknownParameter), ("strict_query", "maybe", .invalidRequest),
        ("prev_cursor", "x", .cursorMismatch), ("include", "friends", .filterNotSupported),
        ("response_format", "yaml", .invalidRequest),
    ])
    func `a wrong query is refused before the vendor is asked`(
        name: String,
        value: String,
        code: ErrorCode
    ) async throws {
        let sender = ScriptedSender(AcmeVendor.page([]))
        let problem = await problem(sender, query: [(name, value)])
        #expect(problem?.code == code)
        #expect(problem?.failures.isEmpty == false)
        #expect(sender.requests.isEmpty)
    }

    @Test(arguments: [
        ("shoe_size", "what is meant for the vendor goes into remote_query[shoe_size]"),
        ("updated_afer", "did you mean 'updated_after'?"), ("feilds", "did you mean 'fields'?"),
        ("email", "did you mean 'email_addresses[email]'?"),
    ])
    func `a parameter that does not exist is refused with what it was meant to be`(
        name: String,
        hint: String
    ) async throws {
        let problem = await problem(ScriptedSender(), query: [(name, "x")])
        #expect(problem?.code == .unknownParameter)
        #expect(problem?.failures.map(\.message) == ["there is no such parameter here; \(hint)"])
        #expect(problem?.failures.map(\.pointer) == [name])
    }

    @Test func `a refusal calls a filter as the caller did, and says what there is instead`() async throws {
        let time = await problem(ScriptedSender(), query: [("updated_after", "yesterday")])
        #expect(time?.message.hasPrefix("'updated_after': expected an RFC 3339 time") == true)
        #expect(time?.failures.map(\.pointer) == ["updated_after"])
        let sort = await problem(ScriptedSender(), query: [("sort_by[shoe_size]", "asc")])
        #expect(sort?.failures.first?.message.hasPrefix("contacts can be sorted by created_at, ") == true)
        let field = await problem(ScriptedSender(), query: [("birthday[gt]", "2000-01-01")])
        #expect(field?.code == .filterNotSupported)
        #expect(field?.failures.first?.message.hasPrefix("contacts cannot be filtered by it, but by ") == true)
        let form = await problem(ScriptedSender(), query: [("response_format", "yaml")])
        #expect(form?.failures.first?.message == "expected one of unified, raw, normalized, stream")
    }

    @Test func `an unsupported filter is ignored only when the caller says so`() async throws {
        let sender = ScriptedSender(AcmeVendor.page([]))
        let page = try await execute(sender, query: [("first_name", "x"), ("strict_query", "false")])
        #expect(page["meta"]?["filters"] == ["first_name[eq]": "ignored"])
    }

    @Test func `fields can be chosen and left out`() async throws {
        let sender = ScriptedSender(AcmeVendor.page(1...1))
        let only = try await execute(sender, query: [("fields", "first_name")])
        #expect(only["result"] == [["id": "1", "first_name": "P1"]])
        let without = try await execute(
            sender,
            query: [("ignore_remote_data", "true"), ("exclude_fields", "first_name")]
        )
        #expect(without["result"] == [["id": "1"]])
    }

    @Test(arguments: [
        (400, ErrorCode.remoteValidationFailed), (401, .accountNeedsReauth), (403, .remoteForbidden),
        (404, .remoteNotFound), (409, .remoteConflict), (412, .preconditionFailed), (422, .remoteValidationFailed),
        (429, .remoteRateLimited), (500, .remoteUnavailable), (502, .remoteUnavailable), (504, .remoteTimeout),
        (301, .remoteBadResponse),
    ])
    func `each status of the vendor is its documented code`(status: Int, code: ErrorCode) async throws {
        let answer = InboundResponse.json(["error": ["code": "E42", "message": "no"]], status: status)
        let problem = await problem(answer, method: "get")
        #expect(problem?.code == code)
        #expect(problem?.remote?.status == status)
        #expect(problem?.remote?.code == "E42")
        #expect(problem?.remote?.message == "no")
        #expect((problem?.retryAfter != nil) == code.needsRetryAfter)
    }

    @Test func `a vendor that does not know the address of a resource does not lack a record`() async throws {
        let problem = await problem(.json(["error": ["message": "no such page"]], status: 404))
        #expect(problem?.code == .remoteNotFound)
        #expect(
            problem?.message
                == "the vendor does not know the address of this resource (status 404); the account may lack the feature"
        )
        #expect(problem?.remote?.status == 404 && problem?.remote?.message == "no such page")
        let record = await self.problem(.json([:], status: 404), method: "get")
        #expect(record?.message == "the vendor has no such record")
    }

    @Test func `the vendor's own rules come before the status`() async throws {
        let quota = await problem(.json(["error": ["code": "QUOTA"]], status: 403))
        #expect(quota?.code == .remoteRateLimited)
        #expect(quota?.retryAfter == .seconds(7))
        let inside = await problem(.json(["error": ["code": "SLOW_DOWN"]], status: 200))
        #expect(inside?.code == .remoteRateLimited)
    }

    @Test func `a told wait is kept`() async throws {
        let problem = await problem(InboundResponse(status: 429, headers: [.retryAfter: "30"]))
        #expect(problem?.retryAfter == .seconds(30))
    }

    @Test(arguments: [
        (ExchangeError.Reason.timeout, ErrorCode.remoteTimeout), (.connectFailed, .remoteUnavailable),
        (.unresolvable, .remoteUnavailable), (.tlsFailed, .remoteUnavailable), (.connectionLost, .remoteUnavailable),
        (.responseTooLarge, .remoteResponseTooLarge), (.badResponse, .remoteBadResponse),
        (.blockedAddress, .blockedAddress), (.redirectRefused, .remoteBadResponse),
    ])
    func `each failure of the network is its documented code`(reason: ExchangeError.Reason, code: ErrorCode) async {
        let sender = ScriptedSender { (_, _) throws(ExchangeError) in
            throw ExchangeError(reason, "the host", requestMayHaveBeenSent: true)
        }
        let problem = await problem(sender)
        #expect(problem?.code == code)
        #expect(problem?.outcome == nil)
    }

    @Test(arguments: ["<html>", "{\"people\":", "{\"people\":{\"a\":1}}", "{\"nobody\":[]}", ""])
    func `an answer that is not what the connector expects is a bad response`(body: String) async throws {
        #expect(await problem(InboundResponse(status: 200, body: Array(body.utf8)))?.code == .remoteBadResponse)
    }

    @Test func `a mapping that fails is named by place and code, never by data`() async throws {
        let problem = await problem(.json(["people": [["id": 1, "broken": "secret data"]]]))
        #expect(problem?.code == .mappingFailed)
        #expect(problem?.message.contains("/mappings/crm/contacts/list/response_mapping") == true)
        #expect(problem?.message.contains("T2001") == true)
        #expect(problem?.message.contains("platform") == true)
        #expect(problem?.description.contains("secret data") == false)
    }

    @Test func `one record without an id is a mapping's fault`() async throws {
        #expect(await problem(.json(["name": "x"]), method: "get")?.code == .mappingFailed)
    }

    @Test func `rows without an id are left out of a list and counted, even when there are no others`() async throws {
        let mixed: JSONValue = ["people": [["name": "x"], ["id": 2, "name": "Bo"], ["name": "y"]]]
        let page = try await execute(ScriptedSender(.json(mixed)))
        #expect(page["result"]?.array?.map { $0["id"] } == ["2"] && page["result_count"] == 1)
        #expect(page["result"]?[0]?["remote_data"] == ["id": 2, "name": "Bo"])
        let warning = page["meta"]?["warnings"]?[0]
        #expect(warning?["code"] == "record_left_out" && warning?["pointer"] == "/result")
        #expect(warning?["message"]?.string?.hasPrefix("2 records of the vendor are left out") == true)
        let none = try await execute(ScriptedSender(.json(["people": [["name": "x"]]])))
        #expect(none["result"] == [] && none["meta"]?["warnings"]?[0]?["code"] == "record_left_out")
    }

    @Test func `a record whose mapping fails does not cost the others, and is never shown`() async throws {
        let people: JSONValue = ["people": [["id": 1, "name": "Al"], ["id": 2, "broken": "secret data"], ["id": 3]]]
        let page = try await execute(ScriptedSender(.json(people)))
        #expect(page["result"]?.array?.map { $0["id"] } == ["1", "3"])
        #expect(page["result"]?[1]?["remote_data"] == ["id": 3])
        let message = page["meta"]?["warnings"]?[0]?["message"]?.string
        #expect(message?.contains("1 record of the vendor is left out") == true)
        #expect(message?.contains("T2001") == true && page.text().contains("secret data") == false)
    }

    @Test func `records are left out of the vendor's own form and of filtered lists alike`() async throws {
        let people: JSONValue = ["people": [["name": "x"], ["id": 2, "name": "Bo"]]]
        for query in [[("response_format", "normalized")], [("strict_query", "false"), ("first_name", "Bo")]] {
            let page = try await execute(ScriptedSender(.json(people)), query: query)
            #expect(page["result"]?.array?.map { $0["id"] } == ["2"], "\(query)")
            #expect(page["meta"]?["warnings"]?[0]?["code"] == "record_left_out", "\(query)")
        }
    }

    @Test func `a list goes on behind records that are left out`() async throws {
        let people: JSONValue = ["people": [["name": "x"], ["id": 2], ["name": "y"], ["id": 4]]]
        let first = try await execute(ScriptedSender(.json(people)), query: [("limit", "1")])
        let cursor = try #require(first["next_cursor"]?.string)
        let second = try await execute(
            ScriptedSender(.json(people)),
            query: [("limit", "2"), ("next_cursor", cursor)]
        )
        let third = try await execute(
            ScriptedSender(.json(people)),
            query: [("limit", "9"), ("next_cursor", second["next_cursor"]?.string ?? "")]
        )
        let given = [first, second, third].flatMap { $0["result"]?.array ?? [] }.map { $0["id"] }
        #expect(given == ["2", "4"])
        #expect(third["next_cursor"] == .null)
    }

    @Test func `an expired token is renewed once and the call repeated`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 401), AcmeVendor.page(1...1))
        let access = RenewingAccess(renewals: 1)
        let page = try await execute(sender, access: access)
        #expect(page["result_count"] == 1)
        #expect(access.renewals == 1)
        #expect(sender.requests.map { $0.headers[.authorization] } == ["Bearer token-0", "Bearer token-1"])
    }

    @Test func `a token that stays refused is a matter for the user, after one more try`() async throws {
        let sender = ScriptedSender(InboundResponse(status: 401))
        let access = RenewingAccess(renewals: 5)
        await #expect { _ = try await execute(sender, access: access) } throws: {
            ($0 as? Problem)?.code == .accountNeedsReauth
        }
        #expect(sender.requests.count == 2)
        let unchanged = ScriptedSender(InboundResponse(status: 401))
        await #expect(throws: Problem.self) { _ = try await execute(unchanged) }
        #expect(unchanged.requests.count == 1)
    }

    @Test func `what the connector or the model lacks is said`() async throws {
        let sender = ScriptedSender(AcmeVendor.page([]))
        await #expect { _ = try await execute(sender, resource: "accounts") } throws: {
            ($0 as? Problem)?.code == .methodNotSupported
        }
        await #expect { _ = try await execute(sender, resource: "unicorns") } throws: {
            ($0 as? Problem)?.code == .notFound
        }
        #expect(sender.requests.isEmpty)
    }

    @Test func `explain shows the requests without the credentials`() async throws {
        let sender = ScriptedSender(AcmeVendor.page([]))
        let page = try await execute(sender, query: [("explain", "true")])
        let explain = try #require(page["meta"]?["explain"])
        #expect(explain["requests"]?[0]?["url"] == "https://api.acme.example/v1/people")
        #expect(!explain.text().contains("t0ken"))
    }
}
