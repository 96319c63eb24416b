import Foundation
import JSONValue
import TestSupport
import Testing
import UnifiedModel

/// The published schema of the connector format: whole, in step with the code, and readable.
struct ConnectorSchemaTests {
    private static let name = "connector.schema.json"

    private static func schema() throws -> JSONValue {
        try JSONValue(
            parsing: [UInt8](try Data(contentsOf: TestDatabase.packageRoot.appending(path: "openapi/\(name)")))
        )
    }

    private static func guide() throws -> (schema: JSONSchema, guide: SchemaGuide) {
        let schema = try JSONSchema(named: name, in: [name: try schema()])
        return (schema, SchemaGuide(schema))
    }

    /// Every word of the format with the schema that describes it.
    private static func words(_ schema: JSONValue) -> [(pointer: String, word: String, schema: JSONValue)] {
        var found: [(pointer: String, word: String, schema: JSONValue)] = []
        func visit(_ value: JSONValue, _ pointer: String, areWords: Bool = false) {
            for member in value.object ?? JSONObject()
            where areWords || (member.key != "examples" && member.key != "default") {
                if member.key == "properties", !areWords {
                    for property in member.value.object ?? JSONObject() {
                        found.append(("\(pointer)/\(property.key)", property.key, property.value))
                    }
                }
                visit(member.value, "\(pointer)/\(member.key)", areWords: member.key == "properties" && !areWords)
            }
            for (index, element) in (value.array ?? []).enumerated() { visit(element, "\(pointer)/\(index)") }
        }
        visit(schema, "")
        return found
    }

    @Test func `every word has a title, a description and an example`() throws {
        for (pointer, word, schema) in Self.words(try Self.schema()) where !word.hasPrefix("$") {
            #expect(schema["title"]?.string?.isEmpty == false, "\(pointer) has no title")
            #expect(schema["description"]?.string?.isEmpty == false, "\(pointer) has no description")
            #expect(schema["examples"]?.array?.isEmpty == false, "\(pointer) has no example")
        }
    }

    @Test func `every example is what its word takes`() throws {
        let document = try Self.schema()
        for (pointer, _, word) in Self.words(document) {
            var alone = word.object ?? JSONObject()
            alone["$defs"] = document["$defs"]
            let schema = try JSONSchema(named: "word", in: ["word": .object(alone)])
            for example in word["examples"]?.array ?? [] {
                #expect(schema.failures(of: example) == [], "\(pointer): \(example.text())")
            }
        }
    }

    @Test func `the code reads the words that the schema has, and no others`() throws {
        let folder = TestDatabase.packageRoot.appending(path: "Sources/ConnectorConfig")
        let published = Set(Self.words(try Self.schema()).map(\.word))
        var read = Set<String>()
        for name in FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String }) ?? []
        where name.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for list in text.matches(of: #/(?:allow\(|[kK]eys(?:: \[String\])? = |[kK]eys \+ )\[([^\]]*)\]/#) {
                for word in list.output.1.matches(of: #/"([a-z0-9_]+)"/#) { read.insert(String(word.output.1)) }
            }
        }
        #expect(read.count > 60)
        #expect(read.subtracting(published).sorted() == [], "these are read and not described")
    }

    @Test func `the reference page is the schema's`() throws {
        let page = try Self.guide().guide.referencePage()
        let file = TestDatabase.packageRoot.appending(path: "connectors/REFERENCE.md")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
            try page.write(to: file, atomically: true, encoding: .utf8)
        }
        let known = try? String(contentsOf: file, encoding: .utf8)
        #expect(known == page, "run UPDATE_GOLDENS=1 ops/test ContractTests and commit connectors/REFERENCE.md")
    }

    @Test func `a mistake is explained with the word that was meant and what it is`() throws {
        let (schema, guide) = try Self.guide()
        let failures = schema.failures(of: [
            "name": "acme", "hosts": ["api.acme.test"], "auth": ["none": ["kind": "none"]],
            "http": ["base_url": "https://api.acme.test", "timeout_secs": 3, "connect_timeout_seconds": 900],
        ])
        let texts = failures.map(guide.explanation(of:))
        #expect(texts.contains { $0.hasPrefix("/http/timeout_secs: unknown key; did you mean 'timeout_seconds'?") })
        #expect(texts.contains { $0.contains("Limit of one request") })
        #expect(texts.contains { $0.hasPrefix("/http/connect_timeout_seconds: expected at most 60") })
        #expect(texts.contains { $0.contains("Limit of the connect phase") })
    }
}
