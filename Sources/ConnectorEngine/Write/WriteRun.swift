import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// One call that changes something at the vendor: create, update, delete or a method of the connector's own.
///
/// ```
/// request -> sent once -> good answer -> whole record?  yes -> mapped
///                      |                                no  -> id -> read back by `get`, else {"id"}
///                      -> no answer   -> verification read -> found -> that record
///                                                          -> not found, or none -> outcome "unknown"
/// ```
/// What has been done is never reported as a failure: when only the reading back fails, the answer is the id with a
/// warning.
struct WriteRun {
    let call: UnifiedCall
    let plan: Plan
    let connector: CompiledConnector
    let exchange: VendorExchange
    let pipeline: Pipeline
    /// Does another call of the same account, such as the `get` that reads a record back.
    let execute: (UnifiedCall) async throws -> UnifiedResult

    func result() async throws -> UnifiedResult {
        let request = try plan.request(connector: connector.document, paging: .null)
        let answer: NativeAnswer
        do { answer = try await exchange.answer(to: request) } catch let problem as Problem {
            let told = problem.pointing(into: plan, connector: connector.document)
            return try await settled(request.isIdempotent ? told : told.withHonestOutcome)
        }
        switch call.method {
        case "create", "update": return try await record(answer)
        case "delete":
            _ = try await finished(answer, id: call.id)
            return result(of: ["id": call.id.map(JSONValue.string) ?? .null], answer)
        default: return try customResult(answer, await finished(answer, id: call.id))
        }
    }

    // MARK: Answers

    private func record(_ answer: NativeAnswer) async throws -> UnifiedResult {
        let write = plan.mapping.write
        let id = try call.method == "update" ? call.id : identifier(in: answer)
        let found = try await finished(answer, id: id)
        let canReadBack = id != nil && write.readsBack != false && hasGet
        if plan.responseMapping != nil, write.readsBack != true, answer.document != nil {
            do { return try mapped(answer, found) } catch {
                // An answer that is no whole record is no failure of the write.
                guard canReadBack else { throw (error as? Problem)?.afterWrite ?? error }
            }
        }
        guard let id else {
            throw Problem(
                .remoteBadResponse,
                "the vendor created the record but did not tell its id",
                outcome: "applied"
            )
        }
        guard canReadBack else { return result(of: ["id": .string(id)], answer) }
        do {
            var result = try await execute(reading(id))
            result.warnings = warnings + result.warnings
            return result
        } catch {
            let failure = Problem.Failure(
                code: "read_back_failed",
                message: "the record was written but could not be read afterwards",
                pointer: ""
            )
            return result(of: ["id": .string(id)], answer, warning: failure)
        }
    }

    /// The plan after the steps on the answer; when they fail the write has taken place all the same.
    private func finished(_ answer: NativeAnswer, id: String?) async throws -> Plan {
        do { return try await pipeline.after(plan, answer, id: id) } catch {
            throw (error as? Problem)?.afterWrite ?? error
        }
    }

    private func mapped(_ answer: NativeAnswer, _ plan: Plan) throws -> UnifiedResult {
        let node = try plan.record(in: answer)
        let record = try ResponseMapper(plan, context: plan.context, answer: answer).record(node)
        var result = UnifiedResult(
            body: EnvelopeWriter(query: plan.query).single(record),
            nextCursor: nil,
            count: 1,
            remoteRateLimit: exchange.remoteRateLimit
        )
        result.etag = answer.response.headers[.eTag] ?? record.etag
        result.warnings = warnings
        return result
    }

    private func result(
        of body: JSONValue,
        _ answer: NativeAnswer,
        warning: Problem.Failure? = nil
    ) -> UnifiedResult {
        var result = UnifiedResult(
            body: body.bytes(),
            nextCursor: nil,
            count: 1,
            remoteRateLimit: exchange.remoteRateLimit
        )
        result.etag = answer.response.headers[.eTag]
        result.warnings = warnings + (warning.map { [$0] } ?? [])
        return result
    }

    private func customResult(_ answer: NativeAnswer, _ plan: Plan) throws -> UnifiedResult {
        let native = answer.value(at: plan.native.recordsPath)
        var value = native
        if let stack = plan.mapping.write.resultMapping {
            var scope = ResponseScope.scope(answer.response, body: native ?? .null)
            for member in plan.scope.root where scope.root[member.key] == nil { scope.root[member.key] = member.value }
            do { value = try stack.value(in: scope) } catch {
                throw ExpressionProblem.problem(error, level: stack.stages.last?.level).afterWrite
            }
        }
        return result(of: ["result": value ?? .null], answer)
    }

    // MARK: The record's name

    /// The identifier of a new record: where the connector says, else where the native call has it.
    private func identifier(in answer: NativeAnswer) throws -> String? {
        guard let config = plan.mapping.write.recordID else {
            let body = answer.value(at: plan.native.recordsPath) ?? .null
            return plan.native.idPath.value(in: body)?.plainText
        }
        if let path = config.path { return answer.value(at: path)?.plainText }
        if let header = config.header {
            guard let name = HTTPField.Name(header), let text = answer.response.headers[name] else { return nil }
            guard let pattern = config.pattern else { return text }
            guard let regex = try? Regex(pattern), let match = text.firstMatch(of: regex) else { return nil }
            return (match.output.count > 1 ? match.output[1] : match.output[0]).substring.map(String.init)
        }
        let body = answer.document?.root.value ?? .null
        do { return try config.expression?.text(in: ResponseScope.scope(answer.response, body: body)) } catch {
            throw ExpressionProblem.problem(error).afterWrite
        }
    }

    private var hasGet: Bool {
        connector.mapping(category: call.category, resource: call.resource, method: "get") != nil
    }

    /// The call that gets a record as the caller wants to see it.
    private func reading(_ id: String) -> UnifiedCall {
        UnifiedCall(
            category: call.category,
            resource: call.resource,
            method: "get",
            id: id,
            query: plan.options.otherParameters.filter { !$0.name.hasPrefix("remote_query[") },
            account: call.account,
            requestID: call.requestID,
            traffic: call.traffic
        )
    }

    private var warnings: [Problem.Failure] { plan.body?.warnings ?? [] }

    // MARK: Without an answer

    /// The record that a verification read finds after a write without an answer.
    private func settled(_ problem: Problem) async throws -> UnifiedResult {
        guard problem.outcome == "unknown", let config = plan.mapping.write.verification, call.method != "delete"
        else { throw problem }
        do {
            let found = try await execute(verification(config))
            let body = try JSONValue(parsing: found.body, policy: .vendor)
            let records = config.method == "list" ? body["result"]?.array ?? [] : [body]
            let fitting = try records.filter { try fits($0, config) }
            guard fitting.count == 1 else {
                throw problem.afterVerification(found: fitting.count, isConsistent: config.isConsistent)
            }
            var result = found
            result = UnifiedResult(
                body: fitting[0].bytes(),
                nextCursor: nil,
                count: 1,
                remoteRateLimit: found.remoteRateLimit
            )
            result.warnings =
                warnings + [
                    Problem.Failure(
                        code: "verified_by_reading",
                        message: "the vendor did not answer the write; a read shows that it took place",
                        pointer: ""
                    )
                ]
            return result
        } catch let told as Problem where told.insight?["verification"] != nil {
            throw told
        } catch {
            throw problem
        }
    }

    private func verification(_ config: VerifyWriteConfig) throws -> UnifiedCall {
        var query: [(name: String, value: String)] = []
        for item in config.query {
            if let text = try item.expression.text(in: verificationScope) { query.append((item.name, text)) }
        }
        return UnifiedCall(
            category: call.category,
            resource: call.resource,
            method: config.method,
            id: config.method == "get" ? call.id : nil,
            query: query,
            account: call.account,
            requestID: call.requestID,
            traffic: call.traffic
        )
    }

    private func fits(_ record: JSONValue, _ config: VerifyWriteConfig) throws -> Bool {
        guard let match = config.match else { return true }
        return try match.isTrue(in: verificationScope.adding("record", record))
    }

    /// Verification speaks of the model's values, not of the vendor's.
    private var verificationScope: ExpressionScope {
        var scope = plan.scope
        scope.root["body"] = scope.root["unified"] ?? scope.root["body"]
        return scope
    }
}

extension Problem {
    /// The outcome of a write that the vendor answered with a breakdown: it may have taken place.
    fileprivate var withHonestOutcome: Problem {
        var copy = self
        switch code {
        case .remoteTimeout, .remoteUnavailable, .remoteBadResponse, .remoteResponseTooLarge:
            if remote != nil || code == .remoteBadResponse { copy.outcome = outcome ?? "unknown" }
        default: break
        }
        return copy
    }

    /// The failure of what came after a write that took place.
    fileprivate var afterWrite: Problem {
        var copy = self
        copy.outcome = "applied"
        return copy
    }

    /// What a verification read that did not find one record leaves to say.
    fileprivate func afterVerification(found: Int, isConsistent: Bool) -> Problem {
        var copy = self
        copy.insight = ["verification": found == 0 ? "not_found" : "ambiguous"]
        if found == 0, isConsistent { copy.outcome = "not_applied" }
        return copy
    }
}
