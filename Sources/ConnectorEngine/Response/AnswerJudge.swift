import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// Reads an answer by the rules of its call: empty, good with a document, or bad with what it says.
struct AnswerJudge {
    /// What an answer is, before the connector's error rules are asked.
    enum Judgement {
        case empty
        case good(JSONDocument?)
        case bad(JSONValue)
        /// A good status with a body that cannot be read, which is worth another try.
        case unreadable(Problem)
    }

    let rules: AnswerRules
    let reader: BodyReader
    let variables: JSONObject

    init(_ request: borrowing NativeRequest, connector: ConnectorDocument, variables: JSONObject) {
        rules = request.answer
        reader = BodyReader(
            format: request.answer.format ?? connector.http.responseFormat,
            bytesMax: connector.http.responseBytesMax,
            names: request.answer.names
        )
        self.variables = variables
    }

    /// Judges an answer.
    ///
    /// - Throws: `Problem` when a good answer cannot be read or a condition fails.
    func judgement(on response: InboundResponse, emptyStatuses: [Int] = []) throws -> Judgement {
        do { return try read(response, emptyStatuses) } catch let problem as Problem {
            guard problem.code == .remoteBadResponse else { throw problem }
            switch rules.unreadable {
            case .fail: throw problem
            case .empty: return .empty
            case .retry: return .unreadable(problem)
            }
        }
    }

    private func read(_ response: InboundResponse, _ emptyStatuses: [Int]) throws -> Judgement {
        if emptyStatuses.contains(response.status) { return .empty }
        let isGood = (200...299).contains(response.status)
        let mayBeEmpty = rules.emptyStatuses.isEmpty || rules.emptyStatuses.contains(response.status)
        if mayBeEmpty, !rules.emptyStatuses.isEmpty, rules.emptyCondition == nil { return .empty }
        guard rules.emptyCondition != nil || rules.success != nil else {
            return isGood ? .good(try reader.document(response)) : .bad(reader.errorBody(response))
        }
        let document = isGood ? try reader.document(response) : nil
        let body = document?.root.value ?? reader.errorBody(response)
        let scope = ResponseScope.scope(response, body: body).adding("context", .object(variables))
        if mayBeEmpty, let condition = rules.emptyCondition, try isTrue(condition, scope) { return .empty }
        guard let success = rules.success else { return isGood ? .good(document) : .bad(body) }
        guard try isTrue(success, scope) else { return .bad(body) }
        return .good(try document ?? reader.document(response))
    }

    private func isTrue(_ condition: Expression, _ scope: ExpressionScope) throws -> Bool {
        do { return try condition.isTrue(in: scope) } catch { throw ExpressionProblem.problem(error) }
    }
}
