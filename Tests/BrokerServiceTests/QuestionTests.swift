import BrokerContract
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Testing
import Vocabulary

/// Questions about a connected account: choices of native calls, of unified lists and of the document, searched and paged.
struct QuestionTests {
    private static let key: JSONValue = [
        "kind": "api_key", "fields": ["token": ["type": "secret"]], "verify": ["path": "/me"],
    ]

    /// Twelve people, four a page; they are looked for by `q`.
    private static func vendor() -> ScriptedVendor {
        ScriptedVendor { (request, _) in
            guard request.url.contains("/people") else { return .json([:]) }
            let query = Self.query(request)
            let all = (1...12).filter { number in query["q"].map("person \(number)".contains) ?? true }
            let start = query["after"].flatMap { Int($0) } ?? 0
            let page = all.dropFirst(start).prefix(4)
            return .json([
                "people": .array(page.map { ["id": .string("p\($0)"), "name": .string("Person \($0)")] }),
                "next": start + 4 < all.count ? .string(String(start + 4)) : .null,
            ])
        }
    }

    private static func query(_ request: OutboundRequest) -> [String: String] {
        var found: [String: String] = [:]
        for item in request.url.split(separator: "?").dropFirst().joined().split(separator: "&") {
            let halves = item.split(separator: "=", maxSplits: 1)
            if halves.count == 2 { found[String(halves[0])] = halves[1].removingPercentEncoding }
        }
        return found
    }

    private static func connector(_ fields: JSONValue) -> JSONValue {
        [
            "resources": [
                "people": [
                    "list": [
                        "path": "/people", "records_path": "people",
                        "pagination": ["kind": "cursor", "cursor_path": "next", "cursor_param": "after"],
                    ]
                ]
            ],
            "mappings": [
                "crm": [
                    "users": [
                        "list": [
                            "resource": "people", "method": "list", "search": true,
                            "query_mapping": "{\"q\": query.search}",
                            "response_mapping": "response.{\"id\": id, \"name\": name}",
                        ]
                    ]
                ]
            ],
            "post_connect_form": ["fields": fields],
        ]
    }

    private static let native: JSONValue = [
        "type": "select", "label": "Owner", "save_to": "settings.owner",
        "data_source": [
            "proxy": [
                "resource": "people", "method": "list", "query": ["q": "{{search?}}", "after": "{{cursor?}}"],
            ],
            "next_path": "next", "search": "vendor",
        ],
    ]
    private static let unified: JSONValue = [
        "type": "select", "label": "Owner", "save_to": "settings.owner",
        "data_source": ["unified": ["category": "crm", "resource": "users"], "search": "vendor", "max": 4],
    ]

    private func asking(_ fields: JSONValue) async throws -> BrokerWorld {
        let world = try await BrokerWorld(auth: Self.key, vendor: Self.vendor(), more: Self.connector(fields))
        #expect(try await world.connect(texts: [("token", "t")]).status == 303)
        return world
    }

    /// The choices that a page shows under a name, by what the user reads.
    private func shown(_ page: String, _ name: String) -> [String: String] {
        let start = page.firstRange(of: "id=\"field-\(name)\"")?.upperBound ?? page.endIndex
        let end = page[start...].firstRange(of: "</select>")?.lowerBound ?? page.endIndex
        var found: [String: String] = [:]
        for match in page[start..<end].matches(of: /<option value="([^"]+)"[^>]*>([^<]+)</) {
            found[String(match.output.2)] = String(match.output.1).replacing("&quot;", with: "\"")
        }
        return found
    }

    private func next(_ page: String) -> String {
        String(page.firstMatch(of: /name="next.owner" value="([^"]*)"/)?.output.1 ?? "")
    }

    private func text(_ response: InboundResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test(arguments: [native, unified])
    func `choices are looked for and paged, with and without a script, and only what was offered is taken`(
        question: JSONValue
    ) async throws {
        let world = try await asking(["owner": question])
        let first = try await world.page()
        #expect(shown(first, "owner").keys.sorted() == ["Person 1", "Person 2", "Person 3", "Person 4"])
        #expect(first.contains("choices.js"))
        let more = text(try await world.answer([("step", "more.owner"), ("next.owner", next(first))]))
        #expect(shown(more, "owner").keys.contains("Person 5") && !shown(more, "owner").keys.contains("Person 1"))
        let found = text(try await world.answer([("step", "find.owner"), ("search.owner", "person 1")]))
        #expect(shown(found, "owner").keys.sorted() == ["Person 1", "Person 10", "Person 11", "Person 12"])
        let asked = try await world.choices([("question", "owner"), ("search.owner", "12")])
        #expect(asked["result"]?.array?.count == 1 && asked["next_cursor"]?.isNull == true)
        let wanted = try #require(asked["result"]?[0]?["value"]?.string)
        for forged in ["p12", wanted.replacing("p12", with: "p11")] {
            #expect(text(try await world.answer([("owner", forged)])).contains("does not look right"))
        }
        #expect(text(try await world.answer([])).contains("Please fill in “Owner”."))
        #expect(world.registry.account?.variables == [:])
        #expect(text(try await world.answer([("owner", wanted)])).contains("Acme is connected"))
        #expect(world.registry.account?.variables == ["settings": ["owner": "p12"]])
    }

    @Test func `fields are mapped to each other, and what is chosen stays chosen while the user looks for more`()
        async throws
    {
        let world = try await asking([
            "fields": [
                "type": "field_mapping", "label": "Fields", "save_to": "settings.fields",
                "targets": ["order", ["name": "region", "label": "Sales region", "required": false]],
                "data_source": [
                    "static": [["value": "cf_1", "label": "Number"], ["value": "cf_2", "label": "Area"]],
                    "search": "label",
                ],
            ],
            "team": ["type": "multi_select", "label": "Team", "depends_on": ["fields"], "data_source": Self.people],
        ])
        let first = try await world.page()
        #expect(first.contains("Fields: order") && first.contains("Fields: Sales region") && !first.contains("Team"))
        let order = try #require(shown(first, "fields.order")["Number"])
        let second = text(
            try await world.answer([
                ("fields.order", order), ("step", "find.fields.region"), ("search.fields.region", "are"),
            ])
        )
        #expect(shown(second, "fields.region").keys.sorted() == ["Area"])
        #expect(second.contains(/<option value="[^"]+" selected>Number</))
        let ann = try #require(shown(second, "team")["Person 1"])
        let third = text(
            try await world.answer([
                ("fields.order", order), ("team", ann), ("step", "more.team"), ("next.team", "4"),
            ])
        )
        #expect(third.contains(/<option value="[^"]+" selected>Person 1</))
        let bea = try #require(shown(third, "team")["Person 6"])
        let last = try await world.answer([("fields.order", order), ("team", ann), ("team", bea)])
        #expect(text(last).contains("Acme is connected"), "\(text(last))")
        #expect(
            world.registry.account?.variables
                == ["settings": ["fields": ["order": "cf_1"]], "team": ["p1", "p6"]]
        )
    }

    private static let people: JSONValue = [
        "proxy": ["resource": "people", "method": "list", "query": ["after": "{{cursor?}}"]], "next_path": "next",
        "search": "label",
    ]

    @Test func `where the vendor cannot search, its pages are looked through`() async throws {
        let world = try await asking(["owner": ["type": "select", "data_source": Self.people]])
        let found = try await world.choices([("question", "owner"), ("search.owner", "N 11")])
        #expect(found["result"]?.array?.compactMap { $0["label"]?.string } == ["Person 11"])
        #expect(try await world.choices([("question", "other")])["error"] != nil)
    }
}
