import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue

/// A vendor that does not exist, with a list of people in whatever way of paging a test wants.
enum AcmeVendor {
    /// The connector of the vendor with a paging.
    static func document(_ pagination: JSONValue, list: JSONValue = [:]) -> JSONValue {
        let listCall: JSONValue = [
            "path": "/people", "records_path": "people", "pagination": pagination,
        ]
        return [
            "name": "acme", "hosts": ["api.acme.example"],
            "auth": [
                "key": [
                    "kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Bearer ",
                    "on_401": "refresh_once",
                ]
            ],
            "http": ["base_url": "https://api.acme.example/v1", "headers": ["Accept": "application/json"]],
            "error_body": ["code": ["$jsonata": "code"], "message": ["$jsonata": "message"]],
            "errors": [
                ["when": ["status": 403, "code": "QUOTA"], "as": "remote_rate_limited", "retry_after_seconds": 7],
                ["when": ["status": 200, "code": "SLOW_DOWN"], "as": "remote_rate_limited"],
            ],
            "resources": [
                "people": ["list": listCall.overlaid(by: list), "get": ["path": "/people/{{id}}"]]
            ],
            "mappings": [
                "crm": [
                    "contacts": [
                        "*": ["response_mapping": ["$jsonata": "person"]],
                        "list": [
                            "resource": "people", "method": "list", "query_mapping": ["$jsonata": "filters"],
                            "filters": [
                                "last_name": ["ops": ["eq"]], "updated_at": ["ops": ["gt"], "type": "datetime"],
                            ],
                            "sort": ["name": "full_name"], "sort_max": 1,
                        ],
                        "get": ["resource": "people", "method": "get"],
                    ]
                ]
            ],
        ]
    }

    /// Stands in for the language of expressions, so that these tests are about the engine alone.
    static let compiler = ExpressionCompiler { (source: String) throws(SourceFault) in
        switch source {
        case "person":
            { (scope: JSONValue) throws(SourceFault) in
                if scope["response"]?["broken"] != nil {
                    throw SourceFault(code: "T2001", position: 4, message: "secret data")
                }
                return ["id": scope["response"]?["id"] ?? .null, "first_name": scope["response"]?["name"] ?? .null]
            }
        case "filters":
            { (scope: JSONValue) throws(SourceFault) in
                let filters = scope["query"]?["filters"]?.array ?? []
                return .object(JSONObject(filters.map { ($0["native"]?.string ?? "", $0["value"] ?? .null) }))
            }
        case "code", "message":
            { (scope: JSONValue) throws(SourceFault) in scope["response"]?["error"]?[source] }
        default: { (_: JSONValue) throws(SourceFault) in nil }
        }
    }

    static func person(_ number: Int) -> JSONValue {
        ["id": .number(JSONNumber(number)), "name": "P\(number)"]
    }

    static func page(_ numbers: some Sequence<Int>, _ more: JSONValue = [:]) -> InboundResponse {
        .json(JSONValue.object(["people": .array(numbers.map(person))]).overlaid(by: more))
    }
}
