import ConnectorConfig
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import Vocabulary

/// Each level changes each part of what a running executor does, for those it is for and for nobody else.
struct LayerOverrideTests {
    /// What an override can change, with a layer that changes it and a way to see that.
    enum Part: String, CaseIterable, CustomTestStringConvertible {
        case query, body, response, headers, errorHandling, routing, pagination, steps

        var testDescription: String { rawValue }
    }

    typealias Customer = LayeredWorld.Customer

    @Test(arguments: Part.allCases, OverrideLevel.allCases)
    func `a layer is in force at once where its level reaches, and gone when it is taken back`(
        part: Part,
        level: OverrideLevel
    ) async throws {
        let world = try LayeredWorld(base: Self.base) { (request) throws(ExchangeError) in Self.vendor(request) }
        try await world.whileRunning { () async throws in
            for customer in Customer.allCases {
                #expect(try await part.seen(world, customer) == part.untouched, "\(customer)")
            }
            await world.publish(.init(layers: [level: part.layer("x1")], version: 2))
            for customer in Customer.allCases {
                let isReached = LayeredWorld.reached(by: level).contains(customer)
                let expected = isReached ? part.touched("x1") : part.untouched
                #expect(try await part.seen(world, customer) == expected, "\(customer)")
            }
            await world.publish(.init(version: 3))
            for customer in Customer.allCases {
                #expect(try await part.seen(world, customer) == part.untouched, "\(customer)")
            }
        }
    }

    @Test(arguments: Part.allCases)
    func `the account's word outweighs the environment's, and that the platform's`(part: Part) async throws {
        let world = try LayeredWorld(base: Self.base) { (request) throws(ExchangeError) in Self.vendor(request) }
        try await world.whileRunning { () async throws in
            var published = LayeredWorld.Published(version: 2)
            for level in OverrideLevel.allCases { published.layers[level] = part.layer(level.rawValue) }
            await world.publish(published)
            #expect(try await part.seen(world, .own) == part.touched("account"))
            #expect(try await part.seen(world, .neighbour) == part.touched("environment"))
            #expect(try await part.seen(world, .elsewhere) == part.touched("platform"))
            #expect(try await part.seen(world, .foreign) == part.touched("platform"))
            for (number, level) in [OverrideLevel.account, .environment].enumerated() {
                published.layers[level] = nil
                published.version = 3 + number
                await world.publish(published)
                let next = level == .account ? "environment" : "platform"
                #expect(try await part.seen(world, .own) == part.touched(next))
            }
        }
    }
}

extension LayerOverrideTests.Part {
    /// An override of the part that brings `value` in.
    func layer(_ value: String) -> JSONValue {
        let text = JSONValue.string(value)
        switch self {
        case .query: return contacts("list", ["query_mapping": ["tier": text]])
        case .body:
            return contacts("create", ["request_body_mapping": ["name": "{{body.name}}", "origin": text]])
        case .response:
            return contacts(
                "*",
                ["response_mapping": ["id": "{{response.id}}", "name": "{{response.name}}", "title": text]]
            )
        case .headers: return ["http": ["headers": ["X-Region": text]]]
        case .errorHandling:
            return [
                "errors": [
                    [
                        "when": ["status": [400], "expr": ["$jsonata": "response.why = 'LOCKED'"]],
                        "as": "remote_conflict", "message": text,
                    ]
                ]
            ]
        case .routing:
            return [
                "resources": ["archive": ["get": ["path": .string("/archive-\(value)/{{id}}")]]],
                "mappings": [
                    "crm": [
                        "contacts": [
                            "get": [
                                "route": [
                                    ["when": ["$jsonata": "id >= '7'"], "resource": "archive", "method": "get"],
                                    ["resource": "people", "method": "get"],
                                ]
                            ]
                        ]
                    ]
                ],
            ]
        case .pagination:
            return [
                "resources": [
                    "people": [
                        "list": [
                            "pagination": [
                                "kind": "page", "start": 1, "cursor_param": ["in": "query", "name": "page"],
                                "limit_param": ["in": "query", "name": .string("size-\(value)")], "limit_max": 2,
                            ]
                        ]
                    ]
                ]
            ]
        case .steps:
            return [
                "resources": ["teams": ["mine": ["path": .string("/teams/\(value)")]]],
                "mappings": [
                    "crm": [
                        "contacts": [
                            "list": [
                                "before": [["id": "team", "request": ["resource": "teams", "method": "mine"]]],
                                "query_mapping": ["team": "{{steps.team.name}}"],
                            ]
                        ]
                    ]
                ],
            ]
        }
    }

    /// What is seen where no layer reaches.
    var untouched: String {
        switch self {
        case .query, .steps: "/v1/people"
        case .body: #"{"name":"Ada"}"#
        case .response: #"{"id":"1","name":"P1"}"#
        case .headers: "none"
        case .errorHandling: "422 remote_validation_failed"
        case .routing: "/v1/people/7"
        case .pagination: "/v1/people /v1/people, 1 2 3 4"
        }
    }

    /// What is seen where a layer with `value` reaches.
    func touched(_ value: String) -> String {
        switch self {
        case .query: "/v1/people?tier=\(value)"
        case .body: #"{"name":"Ada","origin":"\#(value)"}"#
        case .response: #"{"id":"1","name":"P1","title":"\#(value)"}"#
        case .headers: value
        case .errorHandling: "409 remote_conflict \(value)"
        case .routing: "/v1/archive-\(value)/7"
        case .pagination: "/v1/people?size-\(value)=2&page=1 /v1/people?size-\(value)=2&page=2, 1 2 3 4"
        case .steps: "/v1/teams/\(value) /v1/people?team=of-\(value)"
        }
    }

    /// Calls for a customer and tells what came of it: at the vendor, or in the answer.
    func seen(_ world: LayeredWorld, _ customer: LayeredWorld.Customer) async throws -> String {
        let vendor = world.executor.vendor
        let before = vendor.requests.count
        func addresses() -> String {
            vendor.requests.dropFirst(before)
                .map { String($0.url.dropFirst("https://api.acme.example".count)) }.joined(separator: " ")
        }
        switch self {
        case .query, .steps:
            _ = try await world.call(customer, "contacts")
            return addresses()
        case .body:
            _ = try await world.call(customer, "contacts", writing: ["name": "Ada"])
            return vendor.requests.last?.body.map { String(decoding: $0, as: UTF8.self) } ?? "none"
        case .response:
            guard var record = try await world.call(customer, "contacts").json["result"]?[0]?.object else {
                return "no record"
            }
            record["remote_data"] = nil
            return JSONValue.object(record).text()
        case .headers:
            _ = try await world.call(customer, "contacts")
            return vendor.requests.last?.headers.first { $0.name.rawName == "X-Region" }?.value ?? "none"
        case .errorHandling:
            let answer = try await world.call(customer, "contacts/locked")
            let words = answer.json["message"]?.string ?? ""
            let code = answer.json["code"]?.string ?? ""
            return "\(answer.status) \(code)" + (code == "remote_conflict" ? " \(words)" : "")
        case .routing:
            _ = try await world.call(customer, "contacts/7")
            return addresses()
        case .pagination:
            let first = try await world.call(customer, "contacts?limit=2").json
            let cursor = first["next_cursor"]?.string ?? ""
            let second = try await world.call(customer, "contacts?limit=2&next_cursor=\(cursor)").json
            let ids = [first, second].flatMap { $0["result"]?.array ?? [] }.compactMap { $0["id"]?.string }
            return "\(addresses()), \(ids.joined(separator: " "))"
        }
    }

    private func contacts(_ method: String, _ words: JSONValue) -> JSONValue {
        ["mappings": ["crm": ["contacts": .object([method: words])]]]
    }
}

extension LayerOverrideTests {
    /// The platform's document, without any of what the overrides bring.
    private static var base: JSONValue {
        ExecutorWorld.connector.overlaid(by: ["error_body": ["code": ["$jsonata": "response.why"]]])
    }

    /// A vendor with four people, a locked one, teams and an archive.
    private static func vendor(_ request: OutboundRequest) -> InboundResponse {
        let address = URLComponents(string: request.url)
        let query = address?.queryItems ?? []
        let path = (address?.path ?? "").split(separator: "/").map(String.init)
        func answer(_ text: String, status: Int = 200) -> InboundResponse {
            InboundResponse(status: status, body: Array(text.utf8))
        }
        if path.last == "locked" { return answer(#"{"why":"LOCKED"}"#, status: 400) }
        if path.contains("teams") { return answer(#"{"name":"of-\#(path.last ?? "")"}"#) }
        guard path.last == "people" else { return answer(#"{"id":7,"name":"P7"}"#) }
        if request.method == .post { return answer(#"{"id":9,"name":"Ada"}"#) }
        let size = query.first { $0.name.hasPrefix("size-") }?.value.flatMap { Int($0) } ?? 4
        let page = query.first { $0.name == "page" }?.value.flatMap { Int($0) } ?? 1
        let numbers = (1...4).dropFirst((page - 1) * size).prefix(size)
        let people = numbers.map { "{\"id\":\($0),\"name\":\"P\($0)\"}" }.joined(separator: ",")
        return answer("{\"people\":[\(people)]}")
    }
}
