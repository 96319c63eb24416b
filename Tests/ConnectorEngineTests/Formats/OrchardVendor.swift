import ConnectorConfig
import ConnectorEngine
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A vendor that does not exist and speaks whatever a test wants.
enum OrchardVendor {
    /// The vendor's document with parts laid over it: `list` over its one native call, `more` over the whole.
    static func document(list: JSONValue = [:], http: JSONValue = [:], more: JSONValue = [:]) -> JSONValue {
        let call: JSONValue = ["path": "/trees", "id_path": "id", "pagination": ["kind": "none"]]
        let base: JSONValue = ["base_url": "https://api.orchard.example/v1"]
        let document: JSONValue = [
            "name": "orchard", "hosts": ["api.orchard.example"],
            "auth": ["key": ["kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Bearer "]],
            "http": base.overlaid(by: http),
            "resources": ["trees": ["list": call.overlaid(by: list), "get": call.overlaid(by: list)]],
            "mappings": [
                "crm": [
                    "contacts": [
                        "*": ["response_mapping": #"response.{"id": id, "first_name": name}"#, "resource": "trees"],
                        "list": ["method": "list"], "get": ["method": "get"],
                    ]
                ]
            ],
        ]
        return document.overlaid(by: more)
    }

    /// The answer to a call, or the problem.
    static func call(
        _ document: JSONValue,
        _ sender: ScriptedSender,
        method: String = "list",
        query: [(name: String, value: String)] = []
    ) async throws -> JSONValue {
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "crm",
                resource: "contacts",
                method: method,
                id: method == "list" ? nil : "7",
                query: query,
                account: TestWorld.account
            ),
            connector: try TestWorld.connector(document),
            variables: [:],
            access: FixedAccess(TestWorld.access())
        )
        return try JSONValue(parsing: result.body)
    }

    /// The problem that a call ends with; nil when it does not.
    static func problem(
        _ document: JSONValue,
        _ answer: InboundResponse,
        method: String = "list"
    ) async throws -> Problem? {
        do {
            _ = try await call(document, ScriptedSender(answer), method: method)
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    static func answer(
        _ text: String,
        _ type: String = "application/json",
        status: Int = 200,
        headers: HeaderFields = [:]
    ) -> InboundResponse {
        var headers = headers
        headers[.contentType] = type
        return InboundResponse(status: status, headers: headers, body: Array(text.utf8))
    }
}
