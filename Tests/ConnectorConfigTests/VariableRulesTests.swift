import ConnectorConfig
import JSONValue
import Testing
import Vocabulary

/// What users give for variables, and what becomes of it.
struct VariableRulesTests {
    private func variable(_ words: JSONValue, others: JSONValue = [:]) throws -> VariableConfig {
        let patch: JSONValue = ["subdomain": .null, "it": words]
        let document = Documents.acme.removingMappings.overlaid(by: ["variables": patch.overlaid(by: others)])
        return try #require(try ConnectorDocument(document).variables.first { $0.name == "it" })
    }

    private func value(_ words: JSONValue, _ texts: String...) throws -> JSONValue? {
        try variable(words).value(of: texts, digests: NoDigests())
    }

    @Test func `each type gives a value of its own kind`() throws {
        #expect(try value(["type": "number"], "12.50") == .number(JSONNumber(uncheckedText: "12.50")))
        #expect(try value(["type": "boolean"], "true") == true)
        #expect(try value(["type": "boolean"]) == false)
        #expect(try value(["type": "date"], "2026-02-28") == "2026-02-28")
        #expect(try value(["type": "select", "options": ["a", "b"]], "b") == "b")
        #expect(try value(["type": "multi_select", "options": ["a", "b", "c"]], "a", "c") == ["a", "c"])
        #expect(try value(["type": "key_value"], "A: 1\n\nb:x:y") == ["A": "1", "b": "x:y"])
        #expect(try value(["type": "text"], "") == nil)
    }

    @Test(
        arguments: [
            (["type": "number"], "twelve"), (["type": "date"], "28.2.2026"), (["type": "date"], "2026-13-01"),
            (["type": "select", "options": ["a"]], "b"), (["type": "multi_select", "options": ["a"]], "b"),
            (["type": "key_value"], "no colon"), (["format": "email"], "ada"), (["format": "email"], "ada@b@c.example"),
            (["format": "url"], "acme.example"), (["format": "url"], "https://acme"),
            (["format": "domain"], "-a.example"),
            (["format": "uuid"], "1234"), (["format": "integer"], "1.5"), (["pattern": "^[a-z]+$"], "Acme"),
        ] as [(JSONValue, String)]
    )
    func `what is not what was asked for is refused in plain words`(words: JSONValue, text: String) throws {
        #expect(throws: VariableConfig.Refusal.self) { try value(words, text) }
    }

    @Test(arguments: [
        ("email", "ada@b.example"), ("url", "https://acme.example/x?y"), ("domain", "eu.acme.example"),
        ("uuid", "00000000-0000-4000-8000-00000000abcd"), ("integer", "-7"),
    ])
    func `a format takes what looks like it`(format: String, text: String) throws {
        #expect(try value(["format": .string(format)], text) == .string(text))
    }

    @Test(arguments: ["acme", "https://acme", "acme.crm.example", "https://acme.crm.example"])
    func `what stands around the typed part is kept with it, once`(text: String) throws {
        let words: JSONValue = ["prefix": "https://", "suffix": ".crm.example", "pattern": "^[a-z]+$"]
        #expect(try value(words, text) == "https://acme.crm.example")
        #expect(try variable(words).typed("https://acme.crm.example") == "acme")
    }

    @Test func `a variable is asked for when its condition holds`() throws {
        let field = try variable(["visible_when": "plan = \"pro\""])
        #expect(field.isVisible(given: ["plan": "pro"]))
        #expect(!field.isVisible(given: ["plan": "free"]))
        #expect(try variable(["visible_when": "$error(\"?\")"]).isVisible(given: [:]))
    }

    @Test func `a text too long or with a zero is never kept`() throws {
        #expect(throws: VariableConfig.Refusal.self) { try value([:], String(repeating: "x", count: 20_000)) }
        #expect(throws: VariableConfig.Refusal.self) { try value([:], "a\u{0}b") }
    }

    @Test func `a region settles variables, others are made of what is known`() throws {
        let document = try ConnectorDocument(
            Documents.acme.removingMappings.overlaid(by: [
                "regions": [
                    "eu": ["label": "Europe", "variables": ["host": "eu.acme.example"]],
                    "us": ["variables": ["host": "us.acme.example", "zone": "UTC"]],
                ],
                "variables": [
                    "subdomain": .null, "zone": ["default": "CET"],
                    "origin": ["source": "derived", "derived": "https://{{host}}/{{zone}}"],
                ],
            ])
        )
        #expect(document.variables.first?.name == "region")
        #expect(document.variables.first?.options.map(\.label) == ["Europe", "us"])
        #expect(document.withDefaults(["region": "eu"])["origin"] == "https://eu.acme.example/CET")
        #expect(document.withDefaults(["region": "us"])["zone"] == "UTC")
        #expect(document.withDefaults(["region": "us", "host": "x.acme.example"])["host"] == "x.acme.example")
        #expect(document.withDefaults([:])["origin"] == nil)
    }
}

/// A stand-in where no digest is wanted.
struct NoDigests: Digests {
    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] { [0xAB, 0x01] }
    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] { [] }
    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] { [] }
    func verify(
        _ algorithm: SignatureAlgorithm,
        signature: [UInt8],
        of bytes: [UInt8],
        publicKeyPEM: [UInt8]
    ) throws -> Bool { false }
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    func randomBytes(_ count: Int) throws -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
