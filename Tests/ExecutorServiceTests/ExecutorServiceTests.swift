import ExecutorService
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Synchronization
import Testing
import Vocabulary

struct ExecutorServiceTests {
    /// Runs `body` while the executor follows the registry's changes.
    private func withFeed(of world: ExecutorWorld, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await world.executor.run() }
            while world.registry.state.withLock({ $0.waiting.isEmpty }) { await Task.yield() }
            try await body()
            group.cancelAll()
            world.registry.tell(.apiKey, "x")
        }
    }

    @Test func `a list is answered in the model's words, page by page`() async throws {
        let world = try ExecutorWorld()
        let first = try await world.list("&limit=1")
        #expect(first.status == 200)
        #expect(first.json["result"]?[0]?["id"] == "1")
        #expect(first.json["result"]?[0]?["remote_data"] == ["id": 1, "name": "A"])
        #expect(first.headers[.contentType] == "application/json")
        #expect(first.headers[HTTPField.Name("X-Config-Revision")!] == "1.0.0")
        let cursor = try #require(first.json["next_cursor"]?.string)
        let second = try await world.list("&limit=1&next_cursor=\(cursor)")
        #expect(second.json["result"]?[0]?["id"] == "2")
        #expect(second.json["next_cursor"] == .null)
    }

    @Test func `a record is answered bare, and the account may be named by header`() async throws {
        let world = try ExecutorWorld { (_) throws(ExchangeError) in
            var headers = HeaderFields()
            headers[HTTPField.Name("X-Left")!] = "7"
            return InboundResponse(status: 200, headers: headers, body: Array(#"{"id":"9","name":"N"}"#.utf8))
        }
        let answer = try await world.call(
            .get,
            "/unified/crm/contacts/9",
            headers: [HTTPField.Name("X-Integrated-Account-Id")!: world.own.account.description]
        )
        #expect(answer.json == ["id": "9", "name": "N", "remote_data": ["id": "9", "name": "N"]])
        #expect(answer.headers[HTTPField.Name("X-Remote-RateLimit-Remaining")!] == "7")
    }

    @Test func `once warm a call asks neither registry nor broker`() async throws {
        let world = try ExecutorWorld()
        for _ in 0..<5 { _ = try await world.list() }
        #expect(world.registry.calls("apiKey") == 1)
        #expect(world.registry.calls("configuration") == 1)
        #expect(world.broker.state.withLock { $0.asked.count } == 1)
        world.registry.set(down: true)
        world.broker.state.withLock { $0.isDown = true }
        #expect(try await world.list().status == 200)
    }

    @Test func `many calls at once fetch each thing once`() async throws {
        let world = try ExecutorWorld()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await world.list().status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect(world.registry.calls("apiKey") == 1)
        #expect(world.registry.calls("configuration") == 1)
        #expect(world.broker.state.withLock { $0.asked.count } == 1)
    }

    @Test func `with nothing cached and the registry down the answer is a clear 503`() async throws {
        let world = try ExecutorWorld()
        world.registry.set(down: true)
        let answer = try await world.list()
        #expect(answer.status == 503)
        #expect(answer.json["code"] == "service_unavailable")
        #expect(answer.headers[.retryAfter] != nil)
    }

    @Test func `a key is believed for at most a minute`() async throws {
        let world = try ExecutorWorld()
        _ = try await world.list()
        world.clock.advance(.seconds(61))
        _ = try await world.list()
        #expect(world.registry.calls("apiKey") == 2)
        world.clock.advance(.seconds(61))
        world.registry.set(down: true)
        #expect(try await world.list().status == 503)
    }

    @Test func `a key that is revoked is refused as soon as the registry tells`() async throws {
        let world = try ExecutorWorld()
        try await withFeed(of: world) { () async throws in
            #expect(try await world.list().status == 200)
            world.registry.state.withLock { state in
                state.keys = state.keys.mapValues { record in
                    var record = record
                    record.revoked = true
                    return record
                }
            }
            world.registry.tell(.apiKey, world.own.keyID.description)
            while world.registry.calls("changes") < 3 { await Task.yield() }
            #expect(try await world.list().status == 401)
        }
    }

    @Test func `a changed configuration is used as soon as the registry tells`() async throws {
        let world = try ExecutorWorld()
        try await withFeed(of: world) { () async throws in
            #expect(try await world.list().json["result"]?[0]?["tier"] == nil)
            let layer: JSONValue = [
                "mappings": ["crm": ["contacts": ["*": ["response_mapping": "{\"tier\": response.name}"]]]]
            ]
            world.registry.state.withLock { state in
                state.configurations[world.own.account] = world.record(world.own, layer: layer, revision: "r2")
            }
            world.clock.advance(.seconds(600))
            #expect(try await world.list().json["result"]?[0]?["tier"] == nil)
            world.registry.tell(.configuration, "acme")
            while world.registry.calls("changes") < 3 { await Task.yield() }
            let answer = try await world.list()
            #expect(answer.json["result"]?[0]?["tier"] == "A")
            #expect(answer.json["result"]?[0]?["name"] == "A")
            #expect(answer.headers[HTTPField.Name("X-Config-Revision")!] == "1.0.1")
        }
    }

    @Test func `without the feed a configuration is checked again after a minute`() async throws {
        let world = try ExecutorWorld()
        _ = try await world.list()
        world.clock.advance(.seconds(30))
        _ = try await world.list()
        #expect(world.registry.calls("configuration") == 1)
        world.clock.advance(.seconds(31))
        _ = try await world.list()
        #expect(world.registry.calls("configuration") == 2)
    }

    @Test func `unknown, foreign and misspelt accounts are the same 404`() async throws {
        let world = try ExecutorWorld()
        var bodies: Set<String> = []
        for account in [
            AccountID.random().description, world.foreign.account.description, "nonsense",
            world.own.account.description.uppercased(), "{\(world.own.account)}",
        ] {
            let name = account.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let answer = try await world.call(.get, "/unified/crm/contacts?integrated_account_id=\(name)")
            #expect(answer.status == 404)
            #expect(answer.json["code"] == "not_found")
            bodies.insert(answer.json["message"]?.string ?? "")
            #expect(try await world.call(.get, "/proxy/@\(name)/x").status == 404)
            #expect(try await world.call(.get, "/capabilities/\(name)").status == 404)
        }
        #expect(bodies.count == 1)
        #expect(world.vendor.requests.isEmpty)
    }

    @Test func `a missing account, key or scope is told`() async throws {
        let world = try ExecutorWorld()
        #expect(try await world.call(.get, "/unified/crm/contacts").json["code"] == "invalid_request")
        #expect(try await world.list(key: nil).status == 401)
        #expect(try await world.list(key: "trib_wrong").status == 401)
        try world.addKey("trib_connect", world.own, ["connect"])
        #expect(try await world.list(key: "trib_connect").json["code"] == "forbidden_scope")
        #expect(try await world.list("&explain=true").json["code"] == "forbidden_scope")
        #expect(
            try await world.call(.get, "/unified/crm/unicorns?integrated_account_id=\(world.own.account)").status == 404
        )
        #expect(
            try await world.call(.get, "/unified/crm/accounts?integrated_account_id=\(world.own.account)").status == 405
        )
        #expect(world.vendor.requests.isEmpty)
    }

    @Test(
        arguments: [
            (AccountStatus.needsReauth, 401, "account_needs_reauth"), (.disabled, 503, "account_blocked"),
            (.connecting, 503, "account_blocked"), (.degraded, 200, nil),
        ] as [(AccountStatus, Int, String?)]
    )
    func `an account's status decides before the vendor is asked`(
        status: AccountStatus,
        code: Int,
        word: String?
    ) async throws {
        let world = try ExecutorWorld()
        world.registry.state.withLock { $0.configurations[world.own.account] = world.record(world.own, status: status) }
        let answer = try await world.list()
        #expect(answer.status == code)
        #expect(answer.json["code"]?.string == word)
    }

    @Test(arguments: [
        (401, 401, "account_needs_reauth"), (403, 403, "remote_forbidden"), (404, 404, "remote_not_found"),
        (429, 429, "remote_rate_limited"), (500, 502, "remote_unavailable"),
    ])
    func `the vendor's refusals are the documented ones`(remote: Int, status: Int, code: String) async throws {
        let world = try ExecutorWorld { (_) throws(ExchangeError) in
            InboundResponse(status: remote, body: Array(#"{"why":"no"}"#.utf8))
        }
        let answer = try await world.call(
            .get,
            "/unified/crm/contacts/1?integrated_account_id=\(world.own.account)"
        )
        #expect(answer.status == status)
        #expect(answer.json["code"]?.string == code)
        #expect(answer.json["is_remote_error"] == true)
        #expect(answer.json["remote"]?["status"] == .number(JSONNumber(remote)))
        #expect(!answer.text.contains("token-"))
    }

    @Test func `a refused token is renewed once through the broker`() async throws {
        let world = try ExecutorWorld { (request) throws(ExchangeError) in
            request.headers[.authorization] == "Bearer token-2"
                ? InboundResponse(status: 200, body: Array(#"{"people":[]}"#.utf8)) : InboundResponse(status: 401)
        }
        #expect(try await world.list().status == 200)
        #expect(world.broker.state.withLock { $0.asked } == [nil, 1])
        #expect(try await world.list().status == 200)
        #expect(world.broker.state.withLock { $0.asked.count } == 2)
    }

    @Test func `the proxy hands the vendor's answer on, in all three forms`() async throws {
        let world = try ExecutorWorld { (_) throws(ExchangeError) in
            InboundResponse(
                status: 207,
                headers: [.contentType: "text/csv", .setCookie: "a=b"],
                body: Array("a,b".utf8)
            )
        }
        let account = world.own.account
        let forms = [
            ("/proxy/@\(account)/services/data?q=1", "https://api.acme.example/services/data?q=1"),
            ("/proxy/-/x%2Fy?integrated_account_id=\(account)&q=2", "https://api.acme.example/x%2Fy?q=2"),
            ("/proxy/people?integrated_account_id=\(account)", "https://api.acme.example/v1/people"),
            ("/proxy/people/a%2Fb?integrated_account_id=\(account)", "https://api.acme.example/v1/people/a%2Fb"),
        ]
        for (path, url) in forms {
            let answer = try await world.call(.get, path)
            #expect(answer.status == 207)
            #expect(answer.text == "a,b")
            #expect(answer.headers[.contentType] == "text/csv")
            #expect(answer.headers[.setCookie] == nil)
            #expect(answer.headers[HTTPField.Name("X-Remote-Status")!] == "207")
            #expect(world.vendor.requests.last?.url == url)
            #expect(world.vendor.requests.last?.headers[.authorization] == "Bearer token-1")
        }
        let basic = "Basic " + Data("trib_own:x".utf8).base64EncodedString()
        let written = try await world.call(
            .post,
            "/proxy/@\(account)/x",
            key: nil,
            headers: [.authorization: basic, .contentType: "application/json"],
            body: Array("{}".utf8)
        )
        #expect(written.status == 207)
        #expect(world.vendor.requests.last?.body == Array("{}".utf8))
        #expect(world.vendor.requests.last?.replay == .never)
    }

    @Test func `capabilities and meta are read off the configuration`() async throws {
        let world = try ExecutorWorld()
        let abilities = try await world.call(.get, "/capabilities/\(world.own.account)")
        #expect(abilities.json["connector"] == "acme")
        let methods = abilities.json["categories"]?["crm"]?["contacts"]?["methods"]?.object?.keys
        #expect(methods == ["create", "delete", "get", "list", "touch", "update"])
        let meta = try await world.call(
            .get,
            "/unified/crm/contacts/meta/list?integrated_account_id=\(world.own.account)"
        )
        #expect(meta.json["query_schema"]?["properties"]?["limit"]?["maximum"] == 1000)
        #expect(meta.json["response_schema"]?["title"] == "Contact")
    }

    @Test func `accounts without a layer of their own share one compiled connector`() async throws {
        let world = try ExecutorWorld()
        _ = try await world.list()
        let foreign = try await world.call(
            .get,
            "/unified/crm/contacts?integrated_account_id=\(world.foreign.account)",
            key: "trib_foreign"
        )
        #expect(foreign.status == 200)
        #expect(foreign.json["meta"]?["config_revision"] == "1.0.0")
    }
}
