import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import TestSupport
import Testing

/// Layers stored through the admin API change what the running executor does, for those they are for, and back.
@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts"), .serialized)
struct LayerOverrideTests {
    enum Level: String, CaseIterable { case platform, environment, account }

    private static let connector = "proving_layers"
    private let ground: ProvingGround

    init() async throws {
        ground = try await ProvingGround.shared.value
    }

    @Test(arguments: Level.allCases)
    func `a layer changes every part for those it is for, without a restart, and taking it back undoes it`(
        level: Level
    ) async throws {
        let executor = try ground.installation.pid(of: "executor")
        let first = try await ground.publish(ProvingGround.connector(Self.connector))
        let own = try await ground.place()
        let sibling = try await ground.place(tenant: own.tenant)
        let stranger = try await ground.place()
        let account = try await ground.connect(Self.connector, in: own.place)
        let neighbour = try await ground.connect(Self.connector, in: own.place)
        let elsewhere = try await ground.connect(Self.connector, in: sibling.place)
        let foreign = try await ground.connect(Self.connector, in: stranger.place)
        let all = [account, neighbour, elsewhere, foreign]
        for account in all { ground.script(account, Self.vendor) }
        for account in all { #expect(try await seen(account) == Self.untouched) }

        let path =
            "/config/\(level.rawValue)/\(level == .account ? account.id : own.place.environment)/\(Self.connector)"
        if level == .platform {
            try await ground.publish(ProvingGround.connector(Self.connector, Self.layer))
        } else {
            try await ground.admin(.put, path, Self.layer, headers: [.ifNoneMatch: "*"])
        }
        let took = try await ground.installation.wait(.seconds(10)) { try await seen(account) == Self.touched }
        #expect(took < .seconds(5))
        let reached = level == .platform ? 4 : level == .environment ? 2 : 1
        for (number, account) in all.enumerated() {
            #expect(try await seen(account) == (number < reached ? Self.touched : Self.untouched), "\(number)")
        }

        if level == .platform {
            try await ground.admin(.post, "/connectors/\(Self.connector)/publish", ["version": first])
        } else {
            try await ground.admin(.put, path, [:], headers: [.ifMatch: "\"1\""])
        }
        _ = try await ground.installation.wait(.seconds(10)) { try await seen(account) == Self.untouched }
        for account in all { #expect(try await seen(account) == Self.untouched) }
        #expect(try ground.installation.pid(of: "executor") == executor)
    }

    /// What an account's calls come to, part by part: at the vendor, or in the answer.
    private func seen(_ account: ProvingGround.Account) async throws -> [String: String] {
        func asked(_ call: () async throws -> Void) async throws -> [VendorServer.Arrival] {
            let before = ground.arrivals(of: account).count
            try await call()
            return Array(ground.arrivals(of: account).dropFirst(before))
        }
        var seen: [String: String] = [:]
        var pages: [JSONValue] = []
        let listed = try await asked {
            for _ in 0..<2 {
                let cursor = pages.last?["next_cursor"]?.string.map { "&next_cursor=\($0)" } ?? ""
                pages.append(try await ground.call(account, "contacts?limit=2\(cursor)").body)
            }
        }
        seen["query, pagination, steps"] = listed.map(\.target).joined(separator: " ")
        seen["headers"] = listed.map { $0.header("x-region") ?? "none" }.joined(separator: " ")
        let records = pages.flatMap { $0["result"]?.array ?? [] }
        seen["response"] = records.map { "\($0["id"]?.string ?? "") \($0["title"]?.string ?? "untitled")" }
            .joined(separator: ", ")
        let got = try await asked { _ = try await ground.call(account, "contacts/7") }
        seen["routing"] = got.map(\.target).joined(separator: " ")
        let written = try await asked {
            _ = try await ground.call(account, "contacts", writing: ["first_name": "Ada"])
        }
        seen["body"] = written.map { String(decoding: $0.body, as: UTF8.self) }.joined(separator: " ")
        let locked = try await ground.call(account, "contacts/locked")
        seen["error handling"] = "\(locked.status) \(locked.code ?? "")"
        return seen
    }

    private static let untouched = [
        "query, pagination, steps": "/v1/people /v1/people", "headers": "none none",
        "response": "1 untitled, 2 untitled, 3 untitled, 4 untitled", "routing": "/v1/people/7",
        "body": #"{"name":"Ada"}"#, "error handling": "422 remote_validation_failed",
    ]
    private static let touched = [
        "query, pagination, steps":
            "/v1/teams/mine /v1/people?tier=gold&team=red&size=2&page=1 "
            + "/v1/teams/mine /v1/people?tier=gold&team=red&size=2&page=2",
        "headers": "eu eu eu eu", "response": "1 Dr, 2 Dr, 3 Dr, 4 Dr", "routing": "/v1/archive/7",
        "body": #"{"name":"Ada","origin":"import"}"#, "error handling": "409 remote_conflict",
    ]

    /// An override of every part at once.
    private static let layer: JSONValue = [
        "http": ["headers": ["X-Region": "eu"]],
        "errors": [["when": ["status": [400], "code": ["LOCKED"]], "as": "remote_conflict"]],
        "resources": [
            "archive": ["get": ["path": "/archive/{{id}}"]], "teams": ["mine": ["path": "/teams/mine"]],
            "people": [
                "list": [
                    "pagination": [
                        "kind": "page", "start": 1, "cursor_param": ["in": "query", "name": "page"],
                        "limit_param": ["in": "query", "name": "size"], "limit_max": 2,
                    ]
                ]
            ],
        ],
        "mappings": [
            "crm": [
                "contacts": [
                    "*": ["response_mapping": ["id": "{{response.id}}", "title": "Dr"]],
                    "list": [
                        "before": [["id": "team", "request": ["resource": "teams", "method": "mine"]]],
                        "query_mapping": ["tier": "gold", "team": "{{steps.team.name}}"],
                    ],
                    "get": [
                        "route": [
                            ["when": ["$jsonata": "id = '7'"], "resource": "archive", "method": "get"],
                            ["resource": "people", "method": "get"],
                        ]
                    ], "create": ["request_body_mapping": ["name": "{{body.first_name}}", "origin": "import"]],
                ]
            ]
        ],
    ]

    /// Four people, a locked one, teams and an archive.
    private static func vendor(_ arrival: VendorServer.Arrival) -> VendorServer.Answer {
        let address = URLComponents(string: arrival.target)
        let path = (address?.path ?? "").split(separator: "/").map(String.init)
        if path.last == "locked" {
            let text = #"{"why":"LOCKED"}"#
            return .bytes(
                Array("HTTP/1.1 400 Bad Request\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
            )
        }
        if path.contains("teams") { return .ok(#"{"name":"red"}"#) }
        guard path.last == "people", arrival.line.hasPrefix("GET") else { return .ok(#"{"id":7,"name":"P7"}"#) }
        let query = address?.queryItems ?? []
        func number(_ name: String) -> Int? { query.first { $0.name == name }?.value.flatMap { Int($0) } }
        let size = number("size") ?? 4
        let numbers = (1...4).dropFirst(((number("page") ?? 1) - 1) * size).prefix(size)
        let people = numbers.map { "{\"id\":\($0),\"name\":\"P\($0)\"}" }.joined(separator: ",")
        return .ok("{\"people\":[\(people)]}")
    }
}
