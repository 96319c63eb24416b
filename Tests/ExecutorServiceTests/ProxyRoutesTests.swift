import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Synchronization
import Testing
import Vocabulary

/// The proxy through its routes: where a caller's key may stand, and what of a call reaches the vendor.
struct ProxyRoutesTests {
    private func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    private func field(_ name: String) throws -> HTTPField.Name { try #require(HTTPField.Name(name)) }

    @Test func `the key may stand wherever a vendor's client puts its credential`() async throws {
        let world = try ExecutorWorld()
        let path = "/proxy/@\(world.own.account)/v1/people"
        let forms: [(HeaderFields, String)] = [
            ([.authorization: "Bearer trib_own"], path), ([.authorization: basic("trib_own", "x")], path),
            ([.authorization: basic("someone", "trib_own")], path), ([.authorization: "trib_own"], path),
            ([.authorization: "Special-token trib_own"], path), ([try field("X-Api-Key"): "trib_own"], path),
            ([try field("X-Vendor"): "Bearer trib_own"], path), ([:], path + "?api_token=trib_own"),
        ]
        for (headers, target) in forms {
            let answer = try await world.call(.get, target, key: nil, headers: headers)
            #expect(answer.status == 200, "\(headers) \(target)")
        }
        for request in world.vendor.requests {
            #expect(request.headers[.authorization] == "Bearer token-1")
            #expect(!request.url.contains("trib_"))
            #expect(!request.headers.contains { $0.value.contains("trib_") })
        }
        #expect(world.vendor.requests.count == forms.count)
    }

    @Test(arguments: ["", "Bearer trib_foreign", "Bearer trib_nobody", "Basic !!!", "Bearer "])
    func `without a key that may see the account nothing is sent`(authorization: String) async throws {
        let world = try ExecutorWorld()
        let headers: HeaderFields = authorization.isEmpty ? [:] : [.authorization: authorization]
        let answer = try await world.call(
            .get,
            "/proxy/@\(world.own.account)/v1/people",
            key: nil,
            headers: headers
        )
        #expect(answer.status == (authorization.hasSuffix("foreign") ? 404 : 401))
        #expect(world.vendor.requests.isEmpty)
    }

    @Test func `a good answer tells of our limits and of the vendor's`() async throws {
        let left = try field("X-Left")
        let world = try ExecutorWorld { (_) throws(ExchangeError) in
            InboundResponse(status: 200, headers: [left: "41"], body: Array("{}".utf8))
        }
        let layer: JSONValue = [
            "budget": [["name": "minute", "seconds": 60, "amount": 50]],
            "rate_limit": ["windows": [["remaining": ["$jsonata": "headers.`x-left`"]]]],
        ]
        world.registry.state.withLock { $0.configurations[world.own.account] = world.record(world.own, layer: layer) }
        let answer = try await world.call(.get, "/proxy/@\(world.own.account)/v1/people")
        #expect(answer.headers[try field("RateLimit-Limit")] == "50")
        #expect(answer.headers[try field("RateLimit-Remaining")] == "49")
        #expect(answer.headers[try field("X-Remote-RateLimit-Remaining")] == "41")
    }

    @Test func `a key without the scope is refused`() async throws {
        let world = try ExecutorWorld()
        try world.addKey("trib_reader", world.own, ["unified:read"])
        let answer = try await world.call(.get, "/proxy/@\(world.own.account)/v1/people", key: "trib_reader")
        #expect(answer.status == 403)
        #expect(world.vendor.requests.isEmpty)
    }

    @Test func `custom is another name of raw paths, and the account may be a parameter`() async throws {
        let world = try ExecutorWorld()
        for path in ["/custom/v1/a%2Fb", "/proxy/-/v1/a%2Fb"] {
            _ = try await world.call(.get, "\(path)?x=1&integrated_account_id=\(world.own.account)")
        }
        #expect(
            world.vendor.requests.map(\.url) == [
                "https://api.acme.example/v1/a%2Fb?x=1", "https://api.acme.example/v1/a%2Fb?x=1",
            ]
        )
    }

    @Test(arguments: [HTTPRequest.Method.head, .options, .put, .patch, .delete, .post])
    func `every method reaches the vendor`(method: HTTPRequest.Method) async throws {
        let world = try ExecutorWorld { (_) throws(ExchangeError) in InboundResponse(status: 202) }
        let answer = try await world.call(method, "/proxy/@\(world.own.account)/v1/people/1", body: nil)
        #expect(answer.status == 202)
        #expect(world.vendor.requests.map(\.method) == [method])
    }

    @Test func `a call described as JSON is made`() async throws {
        let world = try ExecutorWorld()
        let document: JSONValue = [
            "method": "POST", "path": "/v1/people", "query": ["a": "b"], "body": ["name": "Ada"],
            "body_format": "form",
        ]
        let answer = try await world.call(
            .post,
            "/proxy?integrated_account_id=\(world.own.account)",
            headers: [.contentType: "application/json"],
            body: document.bytes()
        )
        #expect(answer.status == 200)
        let request = try #require(world.vendor.requests.first)
        #expect(request.url == "https://api.acme.example/v1/people?a=b")
        #expect(request.body.map { String(decoding: $0, as: UTF8.self) } == "name=Ada")
        #expect(request.headers[.contentType] == "application/x-www-form-urlencoded")
        #expect(request.headers[.authorization] == "Bearer token-1")
        #expect(request.replay == .never)
    }

    @Test(arguments: ["/proxy/@ACCOUNT/..%2f..%2fx", "/proxy/@ACCOUNT/a/%2e%2e/b", "/proxy/@ACCOUNT/a%5c..%5cb"])
    func `a path that climbs is refused`(path: String) async throws {
        let world = try ExecutorWorld()
        let answer = try await world.call(
            .get,
            path.replacing("ACCOUNT", with: world.own.account.description)
        )
        #expect(answer.status == 400)
        #expect(world.vendor.requests.isEmpty)
    }
}
