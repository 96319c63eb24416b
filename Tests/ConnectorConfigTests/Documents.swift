import ConnectorConfig
import JSONValue

/// A small connector of a vendor that does not exist.
enum Documents {
    static let acme: JSONValue = [
        "name": "acme", "hosts": ["*.acme.example", "login.acme.example"],
        "variables": ["subdomain": ["type": "text", "transform": ["trim", "strip_scheme", "lower", "first_label"]]],
        "auth": ["key": ["kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Bearer "]],
        "http": ["base_url": "https://{{subdomain}}.acme.example/v1", "headers": ["Accept": "application/json"]],
        "resources": [
            "people": [
                "list": ["path": "/people", "records_path": "data.people"], "get": ["path": "/people/{{id}}"],
            ]
        ],
        "mappings": [
            "crm": [
                "contacts": [
                    "*": ["response_mapping": ["$jsonata": "base"]],
                    "list": ["resource": "people", "method": "list", "select": ["Name": true, "Mail": true]],
                    "get": ["resource": "people", "method": "get"],
                ]
            ]
        ],
    ]

    /// `acme` with a value set at a path of names.
    static func acme(_ path: [String], _ value: JSONValue) -> JSONValue {
        var patch = value
        for name in path.reversed() { patch = .object([name: patch]) }
        return acme.overlaid(by: patch)
    }

    /// A layer of a level.
    static func layer(_ level: ConfigLayer, _ document: JSONValue) -> ConfigLayer {
        ConfigLayer(level: level.level, version: level.version, document: document)
    }

    /// Compiles sources by a table instead of a language: each source gives a fixed value.
    static func compiler(_ values: [String: JSONValue]) -> ExpressionCompiler {
        ExpressionCompiler { (source: String) throws(SourceFault) in
            if source.contains("syntax error") {
                throw SourceFault(code: "S0201", position: 3, message: "syntax error")
            }
            return { (_: JSONValue) throws(SourceFault) in values[source] }
        }
    }
}
