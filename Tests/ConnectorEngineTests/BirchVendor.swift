import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A vendor that does not exist, whose people can be written.
enum BirchVendor {
    /// The connector, with a patch for what a test is about.
    static func document(_ patch: JSONValue = [:]) -> JSONValue {
        let document: JSONValue = [
            "name": "birch", "hosts": ["api.birch.example"],
            "auth": ["key": ["kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Bearer "]],
            "http": ["base_url": "https://api.birch.example/v2"], "proxy": ["request_headers": ["X-Birch-Mode"]],
            "error_body": ["code": ["$jsonata": "response.error"], "message": ["$jsonata": "response.text"]],
            "resources": [
                "people": [
                    "list": ["path": "/people", "records_path": "people"], "get": ["path": "/people/{{id}}"],
                    "create": ["method": "POST", "path": "/people"],
                    "update": ["method": "PATCH", "path": "/people/{{id}}", "supports_if_match": true],
                    "delete": ["method": "DELETE", "path": "/people/{{id}}"],
                    "merge": ["method": "POST", "path": "/people/merge", "records_path": "outcome"],
                ]
            ],
            "mappings": ["crm": ["contacts": methods]],
        ]
        return document.overlaid(by: patch)
    }

    private static let methods: JSONValue = [
        "*": [
            "enums": ["/email_addresses/*/type": ["OFFICE": "work", "WORK": "work", "PRIVATE": "personal"]],
            "custom_fields": ["path": "extra", "keys": ["x_*"]],
        ],
        "list,get": ["response_mapping": ["$jsonata": .string(response)]],
        "list": [
            "resource": "people", "method": "list", "query_mapping": ["$jsonata": "{\"mail\": query.filters[0].value}"],
            "filters": ["email_addresses[email]": ["ops": ["eq"]]],
        ],
        "get": ["resource": "people", "method": "get"],
        "create": ["resource": "people", "method": "create", "required_fields": ["/last_name"]],
        "update": ["resource": "people", "method": "update"],
        "create,update": ["request_body_mapping": ["$jsonata": .string(request)]],
        "delete": ["resource": "people", "method": "delete"],
        "merge": [
            "resource": "people", "method": "merge",
            "body_schema": ["type": "object", "required": ["winner"], "properties": ["winner": ["type": "string"]]],
            "request_body_mapping": "{\"keep\": body.winner}", "result_mapping": "{\"kept\": response.id}",
        ],
    ]

    private static let response = """
        response.{"id": id, "first_name": first, "last_name": last, "birthday": born,
            "email_addresses": [mails.{"email": address, "type": kind}], "account": {"id": company}}
        """
    private static let request = """
        {"first": body.first_name, "last": body.last_name, "born": body.birthday, "company": body.account.id,
            "mails": [body.email_addresses.{"address": email, "kind": type}], "companies": body.accounts.id}
        """

    /// A person as the vendor answers.
    static func person(_ patch: JSONValue = [:]) -> JSONValue {
        let ada: JSONValue = [
            "id": "p1", "first": "Ada", "last": "Birk", "mails": [["address": "ada@b.example", "kind": "OFFICE"]],
        ]
        return ada.overlaid(by: patch)
    }

    /// What a call answers.
    static func execute(
        _ sender: ScriptedSender,
        _ method: String,
        id: String? = nil,
        body: JSONValue? = nil,
        query: [(name: String, value: String)] = [],
        ifMatch: String? = nil,
        key: String? = nil,
        patch: JSONValue = [:]
    ) async throws -> UnifiedResult {
        try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: method,
                id: id,
                query: query,
                body: body,
                ifMatch: ifMatch,
                idempotencyKey: key,
                account: TestWorld.account
            ),
            connector: try TestWorld.connector(document(patch)),
            variables: ["region": "eu"],
            access: FixedAccess(TestWorld.access())
        )
    }

    /// The refusal of a call.
    static func problem(
        _ sender: ScriptedSender,
        _ method: String,
        id: String? = nil,
        body: JSONValue? = nil,
        query: [(name: String, value: String)] = [],
        ifMatch: String? = nil,
        patch: JSONValue = [:]
    ) async -> Problem? {
        do {
            _ = try await execute(sender, method, id: id, body: body, query: query, ifMatch: ifMatch, patch: patch)
            return nil
        } catch { return error as? Problem }
    }

    /// A patch of a unified method.
    static func method(_ name: String, _ patch: JSONValue) -> JSONValue {
        ["mappings": ["crm": ["contacts": .object([name: patch])]]]
    }
}

extension UnifiedResult {
    /// The body.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
}
