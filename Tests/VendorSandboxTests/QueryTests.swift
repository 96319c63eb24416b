import JSONValue
import Testing

@testable import VendorSandbox

@Suite struct QueryTests {
    let records: [JSONValue] = [
        ["Id": "1", "Name": "Ada's", "Age": 30, "At": "2026-05-01T07:25:37.000+0000", "Boss": ["Name": "Zed"]],
        ["Id": "2", "Name": "bob 50%", "Age": nil, "At": "2026-05-02T00:00:00.000+0000", "Boss": nil],
        ["Id": "3", "Name": "Cid", "Age": 20, "At": "2026-05-03T00:00:00.000+0200", "Boss": nil],
    ]

    private func ids(_ statement: String) throws -> [String] {
        try SQLQuery(statement).run(on: records, knownFields: ["id", "name", "age", "at", "boss"])
            .compactMap { $0["Id"]?.string }
    }

    @Test(arguments: [
        ("SELECT Id FROM T", ["1", "2", "3"]),
        ("select Id from T where Name = 'ADA\\'S'", ["1"]),
        ("SELECT Id FROM T WHERE Name LIKE '%50\\\\%%'", ["2"]),
        ("SELECT Id FROM T WHERE Name LIKE '_id'", ["3"]),
        ("SELECT Id FROM T WHERE Age > 20 OR Age = null", ["1", "2"]),
        ("SELECT Id FROM T WHERE NOT (Age IN (20, 30)) AND Id != '9'", ["2"]),
        ("SELECT Id FROM T WHERE Id NOT IN ('1', '2')", ["3"]),
        ("SELECT Id FROM T WHERE At >= 2026-05-02T00:00:00Z", ["2", "3"]),
        ("SELECT Id FROM T WHERE At < 2026-05-02", ["1"]),
        ("SELECT Id FROM T ORDER BY Age DESC NULLS LAST", ["1", "3", "2"]),
        ("SELECT Id FROM T ORDER BY Age ASC NULLS FIRST LIMIT 1 OFFSET 1", ["3"]),
    ])
    func `statements select, order and cut`(statement: String, wanted: [String]) throws {
        #expect(try ids(statement) == wanted)
    }

    @Test(arguments: [
        "SELECT", "SELECT Id FROM", "SELECT Id FROM T WHERE", "SELECT Id FROM T WHERE Name = 'x",
        "SELECT Id FROM T LIMIT x", "SELECT Id FROM T ; DROP",
    ])
    func `what is no statement is refused`(statement: String) {
        #expect(throws: SQLQuery.Failure.self) { try ids(statement) }
    }

    @Test func `an unknown field is named`() {
        let error = #expect(throws: SQLQuery.UnknownField.self) { try ids("SELECT Nope FROM T") }
        #expect(error?.field == "Nope")
    }

    @Test func `related fields are nested and null where there is none`() throws {
        let query = try SQLQuery("SELECT Id, Boss.Name FROM T")
        #expect(query.project(records[0]) == ["Id": "1", "Boss": ["Name": "Zed"]])
        #expect(query.project(records[1]) == ["Id": "2", "Boss": nil])
    }

    @Test func `filter groups join by or, filters by and`() throws {
        let body: JSONValue = [
            "filterGroups": [
                ["filters": [["propertyName": "Name", "operator": "EQ", "value": "cid"]]],
                [
                    "filters": [
                        ["propertyName": "Name", "operator": "CONTAINS_TOKEN", "value": "*50*"],
                        ["propertyName": "Id", "operator": "IN", "values": ["2", "9"]],
                    ]
                ],
            ],
            "sorts": [["propertyName": "Name", "direction": "DESCENDING"]],
        ]
        let found = try FilterGroups(body).run(on: records) { $0 }
        #expect(found.compactMap { $0["Id"]?.string } == ["3", "2"])
    }

    @Test func `an unknown operator is refused`() throws {
        let groups = try FilterGroups([
            "filterGroups": [["filters": [["propertyName": "Name", "operator": "SOUNDS_LIKE"]]]]
        ])
        #expect(throws: FilterGroups.Failure.self) { try groups.run(on: records) { $0 } }
    }

    @Test func `tokens say what they grant, and only under their own seal`() {
        let seal: (String) -> String = { "sealed" + String($0.count) }
        let token = SandboxToken(kind: .access, grant: "g", scope: "a b-c", expires: 17, nonce: "n")
        let text = token.text(seal)
        let read = SandboxToken(text, .access, seal)
        #expect(read?.scope == "a b-c" && read?.grant == "g" && read?.expires == 17)
        #expect(SandboxToken(text, .refresh, seal) == nil)
        #expect(SandboxToken(text, .access) { _ in "other" } == nil)
    }
}
