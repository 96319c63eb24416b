import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// What is known when a page has come: what was asked, what was answered, and where in the list it stands.
struct PageFacts {
    /// What request expressions saw: `query`, `context`, `paging`, `slice`.
    let asked: ExpressionScope
    let request: NativeRequest
    let connector: ConnectorDocument
    let answer: NativeAnswer
    let nodes: [JSONNode]
    /// Elements that the vendor sent, where an element can become several records or none.
    let nativeCount: Int
    /// The last record as the vendor wrote it.
    let lastRecord: JSONNode?
    let position: ListPosition

    /// The value of an expression of the paging.
    func value(of expression: Expression) throws -> JSONValue? {
        do { return try expression.value(in: scope) } catch { throw ExpressionProblem.problem(error) }
    }

    private var scope: ExpressionScope {
        var scope = ResponseScope.scope(answer.response, body: answer.document?.root.value ?? .null)
        for member in asked.root where scope.root[member.key] == nil { scope.root[member.key] = member.value }
        scope.root["request"] = request.explained(connector: connector)
        scope.root["last_record"] = lastRecord?.value ?? .null
        scope.root["last_page_size"] = .number(JSONNumber(nativeCount))
        scope.root["page_index"] = .number(JSONNumber(position.pageIndex))
        scope.root["values"] = .object(position.values)
        return scope
    }
}

extension NativeAnswer {
    /// The value of a header field; nil when it is missing or empty.
    func header(_ name: String) -> String? {
        guard let name = HTTPField.Name(name), let text = response.headers[name], !text.isEmpty else { return nil }
        return text
    }
}
