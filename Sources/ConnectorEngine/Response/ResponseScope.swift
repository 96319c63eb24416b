import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue

/// What expressions about an answer see.
enum ResponseScope {
    /// `response` (the body), `status`, and `headers` with names in lower case.
    static func scope(_ response: InboundResponse, body: JSONValue) -> ExpressionScope {
        var headers = JSONObject()
        for field in response.headers { headers[field.name.canonicalName] = .string(field.value) }
        return ExpressionScope([
            "response": body, "status": .number(JSONNumber(response.status)), "headers": .object(headers),
        ])
    }
}
