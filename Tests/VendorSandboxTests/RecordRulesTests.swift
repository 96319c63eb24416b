import Foundation
import JSONValue
import Testing
import Vocabulary

@testable import VendorSandbox

/// An invented vendor that keeps, refuses and links records.
struct RecordRulesTests {
    private let vendor: VendorSimulator

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let people = """
            {"id":"p1","name":"Ada","boss_id":null,"links":{"teams":["t1"]},"active":true}
            {"id":"p2","name":"Bo","boss_id":"p1","links":{"teams":["t1","t2"]},"active":false}
            """
        try people.write(to: folder.appendingPathComponent("people.ndjson"), atomically: true, encoding: .utf8)
        let definition = try SandboxDefinition(YAMLReader.value(Self.text), folder: folder)
        vendor = VendorSimulator(name: "acme", definition: definition, digests: NoDigests(), now: { 1_767_225_600.25 })
    }

    private static let text = """
        hosts: [acme.example]
        collections:
          people: { file: people.ndjson, id: id, next_id: "new", id_length: 8 }
        relations:
          people: { Boss: { key: boss_id, targets: { people: people } } }
        functions:
          upper: 'function($text) { $uppercase($text) }'
          loud: 'function($text) { $upper($text) & "!" }'
        routes:
          - route: GET /ordered
            auth: none
            action: list
            collection: people
            order: '$exists(query.q) ? [$sort(rows, function($a, $b) { $lookup($a, query.q) < $lookup($b, query.q) })] : rows'
            page_size: '1'
            after: '0'
            answer: '[rows.id]'
          - { route: GET /people, auth: none, action: list, collection: people, where: record.active, answer: rows }
          - route: GET /query
            auth: none
            action: sql
            tables: { people: people }
            related: '{"attributes": {"type": table}}'
            answer: rows.fields
          - route: POST /{type}/search
            auth: none
            action: search
            collection: "{type}"
            search_paths: { linked.team: links.teams }
            answer: rows.id
          - route: POST /{type}
            auth: none
            action: create
            collection: "{type}"
            with: { all: "{type}" }
            refuse: 'body.name in all.name ? {"error": "taken", "name": body.name}'
            record: '{"name": body.name, "shout": $loud(body.name), "id": id, "made": now, "boss_id": null}'
            status: 201
            answer: record
          - route: PATCH /people/{id}
            auth: none
            action: update
            collection: people
            patch: '{"name": body.name, "was": record.name}'
            answer: record
          - { route: "GET /people/{id}", auth: none, action: get, collection: people, answer: record }
          - { route: "DELETE /people/{id}", auth: none, action: delete, collection: people, status: 204 }
          - { route: "DELETE /again/{id}", auth: none, action: delete, collection: people, missing: fine, status: 204 }
        errors:
          taken: { status: 409, body: '"taken: " & name' }
          deleted: { status: 410, body: '"gone"' }
          not_found: { status: 404, body: '"no " & id' }
          unknown_collection: { status: 400, body: '"what is " & collection' }
          unknown_table: { status: 400, body: '"no table"' }
        """

    private func send(_ method: String, _ path: String, _ body: JSONValue? = nil, q: String? = nil) -> (
        Int, JSONValue
    ) {
        let response = vendor.respond(
            SandboxRequest(
                method: method,
                path: path,
                query: q.map { [("q", $0)] } ?? [],
                body: body?.bytes() ?? []
            )
        )
        return (response.status, (try? JSONValue(parsing: response.body)) ?? .null)
    }

    @Test func `a new record is made by the vendor's own rule and is there afterwards`() {
        let made = send("POST", "/people", ["name": "Cy"])
        #expect(made.0 == 201)
        let expected: JSONValue = [
            "name": "Cy", "shout": "CY!", "id": "new00001", "made": "2026-01-01T00:00:00.250Z", "boss_id": nil,
        ]
        #expect(made.1 == expected)
        #expect(send("GET", "/people/new00001").1 == expected)
    }

    @Test func `what the rule refuses is the vendor's complaint with its details, and changes nothing`() {
        #expect(send("POST", "/people", ["name": "Ada"]) == (409, "taken: Ada"))
        #expect(send("POST", "/planets", ["name": "Ada"]) == (400, "what is planets"))
        #expect(send("POST", "/people/search", ["limit": 9]).1.array?.count == 2)
    }

    @Test func `a change sees the record that it changes, and null stays a member`() {
        let changed = send("PATCH", "/people/p2", ["name": nil])
        #expect(changed.0 == 200 && changed.1["was"] == "Bo" && changed.1["name"] == .null)
        #expect(changed.1.object?.keys.contains("name") == true)
    }

    @Test func `what was deleted is told apart from what never was`() {
        #expect(send("DELETE", "/people/p1").0 == 204)
        #expect(send("GET", "/people/p1") == (410, "gone"))
        #expect(send("DELETE", "/people/p1") == (410, "gone"))
        #expect(send("GET", "/people/p9") == (404, "no p9"))
        #expect(send("DELETE", "/again/p1").0 == 204)
    }

    @Test func `a list has the records that its condition lets through`() {
        #expect(send("GET", "/people").1.array?.compactMap { $0["id"]?.string } == ["p1"])
    }

    @Test func `a list is put in order before it is cut`() {
        #expect(send("GET", "/ordered").1 == ["p1"])
        #expect(send("GET", "/ordered", q: "name").1 == ["p2"])
    }

    @Test func `filters reach linked records`() {
        func found(_ team: String) -> JSONValue {
            let filter: JSONValue = ["propertyName": "linked.team", "operator": "EQ", "value": .string(team)]
            return send("POST", "/people/search", ["filterGroups": [["filters": [filter]]]]).1
        }
        #expect(found("t1") == ["p1", "p2"])
        #expect(found("t2") == "p2")
    }

    @Test func `statements go from a record to the one it points at`() {
        let statement = "SELECT id, Boss.name FROM people WHERE Boss.name = 'Ada' OR boss_id = null"
        let rows = send("GET", "/query", q: statement).1
        #expect(
            rows == [
                ["id": "p1", "Boss": nil], ["id": "p2", "Boss": ["attributes": ["type": "people"], "name": "Ada"]],
            ]
        )
        #expect(send("GET", "/query", q: "SELECT id FROM planets").0 == 400)
    }

    @Test(arguments: [0.0, 951_782_399.999, 1_709_164_800, 4_102_444_800, -1])
    func `a moment is written so that it reads the same`(seconds: Double) throws {
        let read = try #require(Moment.seconds(Moment.text(seconds)))
        #expect(abs(read - seconds) < 0.0011)
    }
}

/// Nothing here is hashed or signed.
private struct NoDigests: Digests {
    struct Unused: Error {}

    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] { throw Unused() }
    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] { throw Unused() }
    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] {
        throw Unused()
    }
    func verify(
        _ algorithm: SignatureAlgorithm,
        signature: [UInt8],
        of bytes: [UInt8],
        publicKeyPEM: [UInt8]
    ) throws -> Bool { throw Unused() }
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    func randomBytes(_ count: Int) throws -> [UInt8] { throw Unused() }
}
