import ConnectorConfig
import JSONValue
import Testing
import Vocabulary

struct ConnectorDocumentTests {
    private func complaint(_ document: JSONValue) -> ConnectorConfigError? {
        do {
            _ = try CompiledConnector(base: ConfigLayer(level: .platform, version: 1, document: document))
            return nil
        } catch { return error }
    }

    @Test func `a small document is read with its defaults`() throws {
        let connector = try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 7, document: Documents.acme)
        )
        #expect(connector.name == "acme")
        #expect(connector.revision == "7.0.0")
        #expect(connector.document.http.totalTimeout == .seconds(30))
        #expect(connector.resourceMethod("people", "list")?.recordsPath.names == ["data", "people"])
        #expect(connector.mapping(category: "crm", resource: "contacts", method: "list")?.select == ["Name", "Mail"])
        #expect(connector.mapping(category: "crm", resource: "contacts", method: "*") == nil)
    }

    @Test func `an unknown word is refused with its pointer and the nearest known word`() {
        let error = complaint(Documents.acme(["resources", "people", "list", "record_path"], "x"))
        #expect(error?.pointer == "/resources/people/list/record_path")
        #expect(error?.message.contains("'records_path'") == true)
    }

    @Test(
        arguments: [
            (["http", "base_url"], JSONValue.number(JSONNumber(1)), "/http/base_url"),
            (["hosts"], ["https://acme.example/"], "/hosts/0"),
            (["auth", "key", "kind"], "oauth9", "/auth/key/kind"),
            (["resources", "people", "list", "pagination"], ["kind": "cursor"], "/resources/people/list/pagination"),
            (["mappings", "crm", "contacts", "list", "method"], "search", "/mappings/crm/contacts/list"),
            (["http", "headers", "X"], "{{open", "/http/headers/X"),
            (["http", "headers", "X"], "{{a|hex}}", "/http/headers/X"),
            (["http", "timeout_seconds"], 0, "/http/timeout_seconds"),
        ] as [([String], JSONValue, String)]
    )
    func `a wrong value is refused with its pointer`(path: [String], value: JSONValue, pointer: String) {
        guard case .number? = Optional(value), path == ["http", "base_url"] else {
            #expect(complaint(Documents.acme(path, value))?.pointer == pointer)
            return
        }
        // A number is a literal, and so a possible expression; it fails where an address is needed.
        #expect(complaint(Documents.acme(path, value)) == nil)
    }

    @Test func `a missing part is named`() {
        #expect(complaint(["name": "x"])?.message == "'hosts' is missing")
    }

    @Test func `a syntax error names the place and the offset in the source as written`() {
        let document = Documents.acme(["functions"], ["twice": "function($x) { $x }"])
            .overlaid(by: ["http": ["headers": ["X": ["$jsonata": "$twice(syntax error"]]]])
        do {
            _ = try ConnectorDocument(document.removingMappings, compiler: Documents.compiler([:]))
            Issue.record("the document was accepted")
        } catch {
            #expect(error.pointer == "/http/headers/X")
            #expect(error.message.contains("S0201"))
        }
    }

    @Test func `a function stands before the sources that call it and no others`() throws {
        let seen = SeenSources()
        let compiler = ExpressionCompiler { (source: String) throws(SourceFault) in
            seen.add(source)
            return { (_: JSONValue) throws(SourceFault) in nil }
        }
        let document = Documents.acme.removingMappings.overlaid(by: [
            "functions": ["inner": "function() { 1 }", "outer": "function() { $inner() }"],
            "http": ["headers": ["A": ["$jsonata": "$outer()"], "B": ["$jsonata": "$outermost"]]],
        ])
        _ = try ConnectorDocument(document, compiler: compiler)
        #expect(
            seen.all.contains { $0.hasPrefix("($inner :=") && $0.contains("$outer :=") && $0.hasSuffix("$outer()\n)") }
        )
        #expect(seen.all.contains("$outermost"))
    }

    @Test(arguments: [
        ("  https://Acme.bamboo.example/home?x ", "acme"), ("ACME", "acme"), ("acme.example", "acme"),
    ])
    func `a pasted address becomes the name that is asked for`(text: String, name: String) throws {
        let document = try ConnectorDocument(Documents.acme.removingMappings)
        #expect(try document.variables[0].value(of: [text], digests: NoDigests()) == .string(name))
    }
}

/// Collects the sources that a compiler was asked for.
private final class SeenSources: Sendable {
    private let sources = Locked<[String]>([])
    func add(_ source: String) { sources.change { $0.append(source) } }
    var all: [String] { sources.change { $0 } }
}

extension JSONValue {
    /// Without `mappings`, whose `*` only a merge understands.
    var removingMappings: JSONValue {
        guard case .object(var object) = self else { return self }
        object["mappings"] = nil
        return .object(object)
    }
}
