import Foundation
import JSONValue
import Synchronization
import Testing
import UnifiedModel

/// The files of `openapi/models`.
enum ModelFiles {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func documents() throws -> [String: JSONValue] {
        let folder = root.appendingPathComponent("openapi/models")
        var documents: [String: JSONValue] = [:]
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            ?? .init()
        where file.lastPathComponent.hasSuffix(".schema.json") {
            let name = String(file.path.dropFirst(folder.path.count + 1))
            documents[name] = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        }
        return documents
    }
}

struct UnifiedModelTests {
    private let model: UnifiedModel

    init() throws {
        model = try UnifiedModel(documents: ModelFiles.documents())
    }

    @Test func `the model has fifteen resources of customers and nine of staff`() {
        #expect(model.resources.filter { $0.category == "crm" }.count == 15)
        #expect(model.resources.filter { $0.category == "hris" }.count == 9)
        #expect(model.categories == ["crm", "hris"])
    }

    @Test func `a resource is read when it is asked for, and what cannot be used is told by reading all`() throws {
        let documents = try ModelFiles.documents()
        let read = Mutex<Set<String>>([])
        let lazy = UnifiedModel(files: Array(documents.keys) + ["crm/broken.schema.json"]) { name in
            read.withLock { _ = $0.insert(name) }
            return documents[name] ?? ["type": "object", "unheard_of": 1]
        }
        #expect(read.withLock { $0.isEmpty })
        #expect(lazy.categories == ["crm", "hris"])
        #expect(lazy.resource("crm", "contacts")?.filters == model.resource("crm", "contacts")?.filters)
        #expect(read.withLock { $0.contains("crm/contacts.schema.json") && !$0.contains("hris/groups.schema.json") })
        #expect(lazy.resource("crm", "shoes") == nil)
        #expect(lazy.resource("crm", "broken") == nil)
        #expect(throws: SchemaError.self) { try lazy.readAll() }
    }

    @Test func `every resource's own examples are valid`() {
        for resource in model.resources {
            for example in resource.document["examples"]?.array ?? [] {
                #expect(resource.schema.failures(of: example) == [], "\(resource.category)/\(resource.name)")
            }
        }
    }

    @Test func `filters and sort keys are those that the schema names`() throws {
        let contacts = try #require(model.resource("crm", "contacts"))
        #expect(contacts.filters["account[id]"] == ["eq", "in"])
        #expect(contacts.sortKeys.contains("updated_at"))
        #expect(contacts.supportsSearch)
        #expect(contacts.methods.contains("list"))
    }

    @Test func `a record that is not of the model is told part by part`() throws {
        let contacts = try #require(model.resource("crm", "contacts"))
        let failures = contacts.schema.failures(of: [
            "first_name": 5, "email_addresses": [["type": "carrier pigeon"]], "created_at": "2026-05-01T00:00:00+02:00",
            "account": ["id": "", "extra": 1], "birthday": "2026-02-30",
        ])
        let pointers = failures.map(\.pointer)
        #expect(pointers.contains("/first_name"))
        #expect(pointers.contains("/email_addresses/0"))
        #expect(pointers.contains("/email_addresses/0/type"))
        #expect(pointers.contains("/created_at"))
        #expect(pointers.contains("/account/id"))
        #expect(pointers.contains("/account/extra"))
        #expect(pointers.contains("/birthday"))
        #expect(failures.contains { $0.pointer == "" && $0.keyword == "required" })
    }
}

struct JSONSchemaTests {
    private func failures(_ schema: JSONValue, _ value: JSONValue) throws -> [SchemaFailure] {
        try JSONSchema(named: "s", in: ["s": schema]).failures(of: value)
    }

    @Test(
        arguments: [
            (["type": "integer"], 1.5), (["type": ["string", "null"]], 1), (["enum": ["a"]], "b"), (["const": 1], 2),
            (["minLength": 2], "a"), (["pattern": "Z$"], "a"), (["format": "date"], "2026-13-01"),
            (["format": "date-time"], "2026-05-01 00:00:00Z"), (["minimum": 3], 2), (["maxItems": 1], [1, 2]),
            (["oneOf": [["type": "string"], ["minLength": 1]]], "x"), (["anyOf": [["type": "string"]]], 1),
            (["allOf": [["type": "string"], ["minLength": 2]]], "x"), (["not": ["type": "null"]], nil),
            (["additionalProperties": false], ["a": 1]), (["propertyNames": ["pattern": "^/"]], ["a": 1]),
            (["required": ["a"]], [:]), (["items": ["type": "string"]], [1]),
            (["$ref": "#/$defs/x", "$defs": ["x": false]], 1),
        ] as [(JSONValue, JSONValue)]
    )
    func `a value that breaks a keyword is refused`(schema: JSONValue, value: JSONValue) throws {
        #expect(try !failures(schema, value).isEmpty)
    }

    @Test(
        arguments: [
            (["type": "integer"], 2), (["type": "integer"], 1.0), (["enum": [1]], 1.0),
            (["format": "date-time"], "2026-05-01T00:00:00.123456789Z"),
            (["oneOf": [["type": "string"], ["type": "null"]]], nil), (["format": "uri"], "https://x.example/a"),
            (["patternProperties": ["^x": ["type": "string"]], "additionalProperties": false], ["xa": "1"]),
            (["minLength": 2], 5),
        ] as [(JSONValue, JSONValue)]
    )
    func `a value that keeps a keyword is valid`(schema: JSONValue, value: JSONValue) throws {
        #expect(try failures(schema, value) == [])
    }

    @Test func `a keyword that is not checked is refused when the schema is read`() {
        #expect(throws: SchemaError.self) { try JSONSchema(named: "s", in: ["s": ["dependentSchemas": [:]]]) }
        #expect(throws: SchemaError.self) { try JSONSchema(named: "s", in: ["s": ["$ref": "#/$defs/none"]]) }
    }
}
