import ConnectorConfig
import JSONValue
import Testing
import UnifiedModel

@testable import ConnectorEngine

struct RecordNormaliserTests {
    private func normalised(
        _ record: JSONObject,
        _ category: String = "hris",
        _ resource: String = "employees",
        enums: JSONValue = [:]
    ) throws -> (record: JSONObject, warnings: [(pointer: String, message: String)]) {
        let document = AcmeVendor.document(["kind": "none"]).overlaid(by: [
            "mappings": ["crm": ["contacts": ["list": ["enums": enums]]]]
        ])
        let connector = try TestWorld.connector(document, compiler: AcmeVendor.compiler)
        let mapping = try #require(connector.mapping(category: "crm", resource: "contacts", method: "list"))
        let shape = try #require(TestWorld.model().resource(category, resource)).shape
        var normaliser = RecordNormaliser(shape: shape, enums: mapping.enums)
        let result = normaliser.normalised(record)
        return (result, normaliser.warnings)
    }

    @Test(arguments: [
        ("2026-05-01T07:25:37.000+0000", "2026-05-01T07:25:37.000Z"),
        ("2026-05-01T00:30:00+02:00", "2026-04-30T22:30:00Z"),
        ("2026-05-01 07:25:37-05", "2026-05-01T12:25:37Z"),
        ("2026-05-01T07:25:37.123456789Z", "2026-05-01T07:25:37.123456789Z"),
        ("2026-05-01T07:25Z", "2026-05-01T07:25:00Z"), ("2026-05-01", "2026-05-01T00:00:00Z"),
        ("1777620337000", "2026-05-01T07:25:37.000Z"), ("1777620337", "2026-05-01T07:25:37.000Z"),
        ("1969-12-31T23:59:59+0000", "1969-12-31T23:59:59Z"), ("2024-02-29T23:00:00-0200", "2024-03-01T01:00:00Z"),
    ])
    func `a time of any common spelling is brought to UTC`(native: String, unified: String) throws {
        let result = try normalised(["id": "1", "updated_at": .string(native)])
        #expect(result.record["updated_at"] == .string(unified))
        #expect(result.warnings.isEmpty)
    }

    @Test func `a time without a zone is read as UTC and said so`() throws {
        let result = try normalised(["updated_at": "2026-05-01T07:25:37"])
        #expect(result.record["updated_at"] == "2026-05-01T07:25:37Z")
        #expect(result.warnings.map(\.pointer) == ["/updated_at"])
    }

    @Test(arguments: ["soon", "2026-13-01T00:00:00Z", "2026-05-01T25:00:00Z", "2026-05-01X", "2026-05-01T10:00:00+99"])
    func `a time that cannot be read is null and said so`(native: String) throws {
        let result = try normalised(["updated_at": .string(native)])
        #expect(result.record["updated_at"] == .null)
        #expect(result.warnings.count == 1)
    }

    @Test(
        arguments: [
            ("2025-03-03", "2025-03-03"), ("2025-03-03T23:00:00-08:00", "2025-03-03"), ("", nil), ("0000-00-00", nil),
        ] as [(JSONValue, JSONValue)]
    )
    func `a day is never shifted, and empty spellings are null`(native: JSONValue, unified: JSONValue) throws {
        #expect(try normalised(["hire_date": native]).record["hire_date"] == unified)
    }

    @Test func `numbers come out of texts with their digits`() throws {
        let result = try normalised(
            ["annual_revenue": "1000000000.50", "number_of_employees": "120", "id": 5],
            "crm",
            "accounts"
        )
        #expect(result.record["annual_revenue"]?.number?.text == "1000000000.50")
        #expect(result.record["number_of_employees"] == 120)
        #expect(result.record["id"] == "5")
        let bad = try normalised(["annual_revenue": "a lot"], "crm", "accounts")
        #expect(bad.record["annual_revenue"] == .null)
        #expect(bad.warnings.count == 1)
    }

    @Test func `a vendor's value of a closed set is mapped, or is other with its text kept`() throws {
        let enums: JSONValue = [
            "/employment_status": ["Active": "active"], "/gender": ["F": "female", "*": "undisclosed"],
        ]
        let known = try normalised(["employment_status": "Active", "gender": "F"], enums: enums)
        #expect(known.record["employment_status"] == "active")
        #expect(known.record["gender"] == "female")
        #expect(known.record["remote_values"] == nil)
        let unknown = try normalised(
            ["employment_status": "On Mars", "gender": "?", "marital_status": ""],
            enums: enums
        )
        #expect(unknown.record["employment_status"] == "other")
        #expect(unknown.record["gender"] == "undisclosed")
        #expect(unknown.record["marital_status"] == .null)
        #expect(unknown.record["remote_values"] == ["/employment_status": "On Mars", "/gender": "?"])
        let unified = try normalised(["employment_status": "on_leave"])
        #expect(unified.record["employment_status"] == "on_leave")
    }

    @Test func `a closed set inside of a list keeps the pointer`() throws {
        let result = try normalised(
            ["phone_numbers": [["number": 5550100, "type": "mobile"], ["number": "2", "type": "satellite"]]],
            "crm",
            "contacts"
        )
        #expect(
            result.record["phone_numbers"] == [
                ["number": "5550100", "type": "mobile"], ["number": "2", "type": "other"],
            ]
        )
        #expect(result.record["remote_values"] == ["/phone_numbers/1/type": "satellite"])
    }

    @Test func `a reference to nothing is null, and one value where a list belongs is a list`() throws {
        let result = try normalised(
            ["manager": ["id": nil, "name": "x"], "company": ["id": 7], "tags": ["name": "a"]])
        #expect(result.record["manager"] == .null)
        #expect(result.record["company"] == ["id": "7"])
        #expect(result.record["tags"] == [["name": "a"]])
    }

    @Test func `nulls leave lists, and parts without what they are about`() throws {
        let result = try normalised(
            [
                "email_addresses": [nil, ["email": "a@b.example"], ["type": "work"], ["email": ""]],
                "addresses": nil,
            ],
            "crm",
            "contacts"
        )
        #expect(result.record["email_addresses"] == [["email": "a@b.example"]])
        let people = try normalised(["groups": [nil, ["id": "7"], ["name": "nameless"]], "manager": ["name": "M"]])
        #expect(people.record["groups"] == [["id": "7"]])
        #expect(people.record["manager"] == .null)
    }

    @Test(
        arguments: [
            ("currency", "eur", "EUR", 0), ("currency", "euros", nil, 1), ("currency", "", nil, 0),
            ("remote_url", "https://a.example/x", "https://a.example/x", 0), ("remote_url", "a page", nil, 1),
            ("win_probability", 40, 40, 0), ("win_probability", "40.5", 40.5, 0), ("win_probability", -1, nil, 1),
            ("win_probability", 101, nil, 1), ("description", ["a"], nil, 1), ("description", [], nil, 0),
            ("description", 7, "7", 0), ("stage", "open", nil, 1), ("amount", ["value": 3], nil, 1),
        ] as [(String, JSONValue, JSONValue, Int)]
    )
    func `what a field has no place for is null and said so`(
        field: String,
        native: JSONValue,
        unified: JSONValue,
        warnings: Int
    ) throws {
        let result = try normalised(["id": "1", field: native], "crm", "opportunities")
        #expect(result.record[field] == unified)
        #expect(result.warnings.map(\.pointer) == Array(repeating: "/\(field)", count: warnings))
    }
}

struct ExactDigitsTests {
    private func number(_ text: String) -> JSONValue { .number(JSONNumber(uncheckedText: text)) }

    @Test(arguments: ["10000000000000000999", "1250.50", "1.0", "1e3", "0.1000", "-0.0"])
    func `a number that went through a double has its digits again`(text: String) {
        let exact = ExactDigits(of: ["a": [number(text), 7]])
        let double = JSONNumber(JSONNumber(uncheckedText: text).double).map(JSONValue.number) ?? .null
        #expect(exact.restored(in: ["b": double])["b"]?.number?.text == text)
        #expect(exact.restored(in: ["b": 7])["b"] == 7)
    }

    @Test func `numbers that share a double are left alone`() {
        let exact = ExactDigits(of: [number("10000000000000000998"), number("10000000000000000999")])
        #expect(exact.restored(in: number("10000000000000001000")).number?.text == "10000000000000001000")
    }
}
