import ConnectorConfig
import JSONValue
import Testing
import Vocabulary

struct LayerMergeTests {
    private func connector(
        environment: JSONValue? = nil,
        account: JSONValue? = nil,
        values: [String: JSONValue] = [:]
    ) throws(ConnectorConfigError) -> CompiledConnector {
        var layers: [ConfigLayer] = []
        if let environment { layers.append(ConfigLayer(level: .environment, version: 2, document: environment)) }
        if let account { layers.append(ConfigLayer(level: .account, version: 5, document: account)) }
        return try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 1, document: Documents.acme),
            layers: layers,
            compiler: Documents.compiler(values)
        )
    }

    private func contacts(_ mapping: JSONValue, under key: String = "*") -> JSONValue {
        ["mappings": ["crm": ["contacts": .object([key: ["response_mapping": mapping]])]]]
    }

    private func mapped(_ connector: CompiledConnector, _ method: String) throws -> JSONValue? {
        try connector.mapping(category: "crm", resource: "contacts", method: method)?.responseMapping?
            .value(in: ExpressionScope())
    }

    @Test func `an account's mapping adds its field to what the platform's gives, for every method it names`() throws {
        let values: [String: JSONValue] = [
            "base": ["id": "1", "name": ["first": "A"]], "tier": ["tier": "gold", "name": ["last": "B"]],
        ]
        let merged = try connector(account: contacts("tier"), values: values)
        let expected: JSONValue = ["id": "1", "name": ["first": "A", "last": "B"], "tier": "gold"]
        #expect(try mapped(merged, "list") == expected)
        #expect(try mapped(merged, "get") == expected)
        let onlyGet = try connector(account: contacts("tier", under: "get"), values: values)
        #expect(try mapped(onlyGet, "list") == values["base"])
        #expect(try mapped(onlyGet, "get") == expected)
        let both = try connector(account: contacts("tier", under: "list, get"), values: values)
        #expect(try mapped(both, "list") == expected)
    }

    @Test func `levels are laid platform, environment, account, whatever the order given`() throws {
        let values: [String: JSONValue] = [
            "base": ["a": 1, "b": 1, "c": 1], "env": ["b": 2, "c": 2], "acc": ["c": 3],
        ]
        let merged = try connector(environment: contacts("env"), account: contacts("acc"), values: values)
        #expect(try mapped(merged, "list") == ["a": 1, "b": 2, "c": 3])
        #expect(merged.revision == "1.2.5")
    }

    @Test func `a level can replace or remove the mapping below`() throws {
        let values: [String: JSONValue] = ["base": ["a": 1], "own": ["b": 2]]
        let replaced = try connector(
            account: contacts(["mode": "replace", "mapping": ["$jsonata": "own"]]),
            values: values
        )
        #expect(try mapped(replaced, "list") == ["b": 2])
        let removed = try connector(account: contacts(["mode": "remove"]), values: values)
        #expect(try mapped(removed, "list") == nil)
    }

    @Test func `objects merge, null removes, arrays and expressions replace`() throws {
        let merged = try connector(account: [
            "http": ["headers": ["Accept": nil, "X-Own": ["$jsonata": "x"]], "query": ["v": 2]],
            "mappings": ["crm": ["contacts": ["list": ["select": ["Mail": nil, "Tier__c": true]]]]],
        ])
        #expect(merged.document.http.headers.map(\.name) == ["X-Own"])
        #expect(merged.mapping(category: "crm", resource: "contacts", method: "list")?.select == ["Name", "Tier__c"])
    }

    @Test func `provenance names the level and version of each leaf`() throws {
        let merged = try connector(environment: ["http": ["headers": ["X": "1"]]], account: contacts("tier"))
        #expect(merged.provenance.origin(of: "/http/headers/X") == .init(level: .environment, version: 2))
        #expect(merged.provenance.origin(of: "/http/headers/Accept") == .init(level: .platform, version: 1))
        let place = "/mappings/crm/contacts/list/response_mapping"
        #expect(merged.provenance.origin(of: place) == .init(level: .account, version: 5))
    }

    @Test(
        arguments: [
            (["variables": ["x": [:]]], "/variables"), (["auth": [:]], "/auth"),
            (["hosts": ["x.acme.example"]], "/hosts"),
            (["http": ["base_url": "https://evil.example"]], "/http/base_url"),
            (
                ["resources": ["people": ["list": ["base_url": "https://x.acme.example"]]]],
                "/resources/people/list/base_url"
            ),
            (["name": "other"], "/name"),
        ] as [(JSONValue, String)]
    )
    func `an account cannot change where requests go or how they are signed`(document: JSONValue, pointer: String) {
        do {
            _ = try connector(account: document)
            Issue.record("the layer was accepted")
        } catch {
            #expect(error.pointer == pointer)
            #expect(error.level == .account)
        }
    }

    @Test func `an environment can narrow the hosts but not widen them`() throws {
        let narrowed = try connector(environment: ["hosts": ["eu.acme.example", "*.eu.acme.example"]])
        #expect(narrowed.document.mayCall(host: "eu.acme.example"))
        #expect(!narrowed.document.mayCall(host: "us.acme.example"))
        #expect(throws: ConnectorConfigError.self) { try connector(environment: ["hosts": ["*.example"]]) }
        #expect(throws: ConnectorConfigError.self) { try connector(environment: ["hosts": ["evil.example"]]) }
    }

    @Test func `a syntax error in a layer names the layer`() {
        do {
            _ = try connector(account: contacts("syntax error"))
            Issue.record("the layer was accepted")
        } catch {
            #expect(error.level == .account)
            #expect(error.pointer == "/mappings/crm/contacts/list/response_mapping")
        }
    }

    @Test func `fields that a mapping names are selected by themselves`() throws {
        var layer = contacts("response.{\"tier\": Customer_Tier__c, \"x\": $p.Other__c}")
        layer = layer.overlaid(by: ["mappings": ["crm": ["contacts": ["list": ["select_discovery": ["*__c"]]]]]])
        let list = try connector(account: layer).mapping(category: "crm", resource: "contacts", method: "list")
        #expect(list?.select == ["Name", "Mail", "Customer_Tier__c", "Other__c"])
    }
}

struct HostPatternTests {
    @Test(arguments: [
        "*", "*.example", "a.example:443", "A.example", "10.0.0.1", "-a.example", "a..example", "a_b.example", "",
    ])
    func `a pattern that is no host is refused`(text: String) {
        #expect(HostPattern(text) == nil)
    }

    @Test func `a wildcard matches below its name only`() throws {
        let pattern = try #require(HostPattern("*.acme.example"))
        #expect(pattern.matches("a.acme.example"))
        #expect(pattern.matches("a.b.acme.example"))
        #expect(!pattern.matches("acme.example"))
        #expect(!pattern.matches("evilacme.example"))
        #expect(!pattern.matches("acme.example.evil.example"))
    }
}

struct ConnectorFolderTests {
    @Test func `a folder's files become one document`() throws {
        let folder = ConnectorFolder(
            documents: [
                "connector.yaml": ["name": "acme", "functions": ["f": ["$jsonata_file": "f.jsonata"]]],
                "crm/contacts.yaml": [
                    "resources": ["people": ["list": ["path": "/p"]]],
                    "methods": ["list": ["response_mapping": ["$jsonata_file": "contacts.jsonata"]]],
                ],
            ],
            sources: ["f.jsonata": "function() { 1 }\n", "crm/contacts.jsonata": "response.{}\n"]
        )
        #expect(
            try folder.document() == [
                "name": "acme", "functions": ["f": ["$jsonata": "function() { 1 }"]],
                "resources": ["people": ["list": ["path": "/p"]]],
                "mappings": ["crm": ["contacts": ["list": ["response_mapping": ["$jsonata": "response.{}"]]]]],
            ]
        )
    }

    @Test func `a file that is named and missing is told with its place`() {
        let folder = ConnectorFolder(
            documents: ["connector.yaml": ["functions": ["f": ["$jsonata_file": "f.jsonata"]]]],
            sources: [:]
        )
        #expect { try folder.document() } throws: { error in
            (error as? ConnectorConfigError)?.pointer == "connector.yaml#/functions/f"
        }
    }

    @Test func `sandbox data and examples are no part of the document`() {
        #expect(!ConnectorFolder.isPart("sandbox/data.yaml"))
        #expect(!ConnectorFolder.isPart("examples/x.jsonata"))
        #expect(ConnectorFolder.isPart("crm/contacts.yaml"))
        #expect(!ConnectorFolder.isPart("notes.yaml"))
    }
}
