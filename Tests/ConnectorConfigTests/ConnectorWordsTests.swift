import ConnectorConfig
import JSONValue
import Testing
import Vocabulary

/// Words about the connector as a whole: who it is, what is done in an account's life, what the vendor tells.
struct ConnectorWordsTests {
    private func complaint(_ patch: JSONValue) -> String {
        do {
            _ = try ConnectorDocument(Documents.acme.removingMappings.overlaid(by: patch))
            return "none"
        } catch { return error.description }
    }

    @Test func `a connector on its way out says since when, until when, and what to use`() throws {
        let document = try ConnectorDocument(
            Documents.acme.removingMappings.overlaid(by: [
                "deprecated": ["since": "2026-01-01", "sunset": "2026-12-31", "use": "acme2"]
            ])
        )
        #expect(document.deprecation?.json == ["since": "2026-01-01", "sunset": "2026-12-31", "use": "acme2"])
        #expect(complaint(["deprecated": ["sunset": "soon"]]).contains("expected a day"))
        #expect(complaint(["icon": "http://acme.example/i.svg"]).contains("expected an https address"))
    }

    @Test func `a variant is the connector that it extends with its differences`() throws {
        let base = ConnectorFolder(documents: ["connector.yaml": Documents.acme], sources: [:])
        let variant = ConnectorFolder(
            documents: [
                "connector.yaml": [
                    "name": "acme_eu", "extends": "acme", "hosts": ["eu.acme.example"],
                    "http": ["headers": ["Accept": .null, "X-Region": "eu"]],
                ]
            ],
            sources: [:]
        )
        let document = try variant.document { (name: String) throws(ConnectorConfigError) in
            name == "acme" ? base : nil
        }
        #expect(document["name"] == "acme_eu")
        #expect(document["hosts"] == ["eu.acme.example"])
        #expect(document["http"]?["headers"] == ["X-Region": "eu"])
        #expect(document["resources"]?["people"] == Documents.acme["resources"]?["people"])
        #expect(try ConnectorDocument(document.removingMappings).base == "acme")
        #expect {
            try variant.document { (_: String) throws(ConnectorConfigError) in nil }
        } throws: { "\($0)".contains("there is no connector 'acme'") }
        #expect {
            try variant.document { (_: String) throws(ConnectorConfigError) in variant }
        } throws: { "\($0)".contains("in a circle") }
    }

    @Test(
        arguments: [
            (
                ["post_install": ["steps": [["request": ["resource": "people", "method": "move"]]]]],
                "no native call 'people/move'"
            ), (["reconnect": ["same": ["organization"]]], "no variable 'organization'"),
            (
                ["post_connect_form": ["fields": ["a": ["type": "select", "depends_on": ["b"]]]]],
                "depends on 'b', which the form does not ask"
            ),
            (
                [
                    "post_connect_form": [
                        "fields": ["a": ["data_source": ["proxy": ["resource": "people", "method": "list"]]]]
                    ]
                ], "only a select, multi_select or field_mapping has choices"
            ),
            (
                ["post_connect_form": ["fields": ["a": ["type": "select", "data_source": ["value": "id"]]]]],
                "choices come from one of proxy, unified, static"
            ),
            (
                [
                    "post_connect_form": [
                        "fields": ["a": ["type": "select", "data_source": ["static": ["b"], "search": "vendor"]]]
                    ]
                ], "is searched by its labels"
            ), (["post_connect_form": ["fields": ["a": ["type": "field_mapping"]]]], "'targets' is missing"),
            (["post_connect_form": ["fields": ["a": ["targets": ["b"]]]]], "only a field_mapping has targets"),
            (["variables": ["a": ["type": "field_mapping"]]], "belongs to a post_connect_form"),
            (["webhooks": ["verify": ["kind": "hmac"], "events": "body"]], "'parts' is missing"),
            (
                ["webhooks": ["verify": ["kind": "none"], "events": "body", "renew": ["request": [:]]]],
                "'resource' is missing"
            ),
            (
                [
                    "webhooks": [
                        "verify": ["kind": "none"], "events": "body",
                        "renew": ["request": ["resource": "people", "method": "list"]],
                    ]
                ], "no subscription to renew"
            ), (["webhooks": ["verify": ["kind": "none"]]], "'events' is missing"),
            (
                [
                    "webhooks": [
                        "verify": ["kind": "bearer", "secret": "s", "tolerance_seconds": 60], "events": "body",
                    ]
                ],
                "'timestamp' is missing"
            ), (["webhooks": ["verify": ["kind": "hmca"], "events": "body"]], "did you mean 'hmac'"),
        ] as [(JSONValue, String)]
    )
    func `what cannot be is complained of where it is written`(patch: JSONValue, words: String) {
        #expect(complaint(patch).contains(words), "\(complaint(patch))")
    }

    @Test func `a way to connect without a verification has the connector's`() throws {
        let document = try ConnectorDocument(
            Documents.acme.removingMappings.overlaid(by: ["verify": ["path": "/me", "message": "No."]])
        )
        #expect(document.auth.first?.verification?.message == "No.")
    }

    @Test(arguments: ["webhooks", "post_install", "extends", "deprecated"])
    func `no environment and no account changes what the platform alone says`(word: String) throws {
        for level in [OverrideLevel.environment, .account] {
            let layer = ConfigLayer(level: level, version: 1, document: .object([word: [:]]))
            #expect {
                try CompiledConnector(
                    base: ConfigLayer(level: .platform, version: 1, document: Documents.acme.removingMappings),
                    layers: [layer]
                )
            } throws: { "\($0)".contains("may not set '\(word)'") }
        }
    }
}
