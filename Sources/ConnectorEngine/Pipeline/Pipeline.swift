import ConnectorConfig
import JSONValue
import Vocabulary

/// Does the steps around a native call, one after the other.
///
/// A step sees what the request's expressions see and the values of the steps before it; a failure names its step. All
/// steps of a call together make no more native calls than the mapping allows.
struct Pipeline: Sendable {
    let connector: CompiledConnector
    let exchange: VendorExchange
    let lookups: LookupCache
    let clock: EngineClock
    var budget: CallBudget
    /// The account, which kept lists belong to.
    let account: AccountID

    /// The plan with what the steps ahead of its request have found.
    func before(_ plan: Plan) async throws -> Plan {
        guard !plan.mapping.pipeline.before.isEmpty else { return plan }
        var plan = plan
        plan.scope = try await run(plan.mapping.pipeline.before, in: plan.scope)
        try plan.reroute(in: connector)
        return plan
    }

    /// The plan with what the steps on an answer have found, for its response mapping.
    ///
    /// `id`: the record that the answer is about.
    func after(_ plan: Plan, _ answer: NativeAnswer, id: String? = nil) async throws -> Plan {
        guard !plan.mapping.pipeline.after.isEmpty else { return plan }
        var scope = plan.scope
        let told = ResponseScope.scope(answer.response, body: answer.document?.root.value ?? .null)
        for member in told.root { scope.root[member.key] = member.value }
        if let id { scope.root["id"] = .string(id) }
        let end = try await run(plan.mapping.pipeline.after, in: scope)
        var plan = plan
        plan.scope.root["steps"] = end.root["steps"]
        plan.scope.root["context"] = end.root["context"]
        return plan
    }

    /// The scope after `steps`: with their values under `steps`, and what they added to `context`.
    func run(_ steps: [StepConfig], in scope: ExpressionScope) async throws -> ExpressionScope {
        var scope = scope
        for step in steps {
            guard try isWanted(step, scope) else { continue }
            do {
                try await perform(step, in: &scope)
            } catch {
                try recover(from: error, step, in: &scope)
            }
        }
        return scope
    }

    private func isWanted(_ step: StepConfig, _ scope: ExpressionScope) throws -> Bool {
        do { return try step.runIf?.isTrue(in: scope) ?? true } catch {
            throw ExpressionProblem.problem(error).named(step.name)
        }
    }

    private func recover(from error: any Error, _ step: StepConfig, in scope: inout ExpressionScope) throws {
        guard let problem = Self.problem(error, step) else { throw error }
        switch step.onError {
        case .fail: throw problem
        case .ignore: break
        case .value(let expression):
            let told: JSONValue = ["code": .string(problem.code.rawValue), "message": .string(problem.message)]
            do {
                let value = try expression.value(in: scope.adding("error", told))
                scope.set(step: step.id, value)
            } catch {
                throw ExpressionProblem.problem(error).named(step.name)
            }
        }
    }

    /// The problem that names its step; nil for what is none, such as a cancellation.
    private static func problem(_ error: any Error, _ step: StepConfig) -> Problem? {
        switch error {
        case let error as ExpressionError: ExpressionProblem.problem(error).named(step.name)
        case let problem as Problem: problem.named(step.name)
        default: nil
        }
    }

    private func perform(_ step: StepConfig, in scope: inout ExpressionScope) async throws {
        switch step.action {
        case .request(let request, let output):
            let call = StepCall(request, connector: connector)
            let answer = try await send(call, scope)
            scope.set(
                step: step.id,
                try output.map { try $0.value(in: call.scope(scope, answer)) } ?? call.body(answer)
            )
        case .lookup(let lookup): scope.set(step: step.id, try await looked(up: lookup, scope))
        case .transform(let expression): scope.set(step: step.id, try expression.value(in: scope))
        case .setContext(let members):
            var context = scope.root["context"]?.object ?? JSONObject()
            for member in members { context[member.name] = try member.expression.value(in: scope) }
            scope.root["context"] = .object(context)
        case .fail(let config): try fail(config, scope)
        case .cond(let condition, let then, let otherwise):
            scope = try await run(condition.isTrue(in: scope) ? then : otherwise, in: scope)
        case .foreach(let config): scope.set(step: step.id, try await each(config, scope))
        case .waitUntil(let config): scope.set(step: step.id, try await wait(config, scope))
        }
    }

    private func send(_ call: StepCall, _ scope: ExpressionScope) async throws -> NativeAnswer {
        try budget.take()
        return try await exchange.answer(to: call.request(in: scope))
    }

    private func fail(_ config: FailConfig, _ scope: ExpressionScope) throws {
        guard try config.condition?.isTrue(in: scope) ?? true else { return }
        let message = try config.message.text(in: scope) ?? "the connector refuses the call"
        throw Problem(
            config.code,
            message,
            failures: config.pointer.map { [.init(code: config.code.rawValue, message: message, pointer: $0)] } ?? []
        )
    }

    private func looked(up config: LookupConfig, _ scope: ExpressionScope) async throws -> JSONValue {
        let call = StepCall(config.request, connector: connector)
        let key = try config.key.map { try $0.text(in: scope) ?? "" } ?? call.identity(in: scope)
        return try await kept("\(config.request.pointer)|\(key)", for: config.lifetime) {
            try config.arranged(call.body(await send(call, scope)))
        }
    }

    /// What is kept for the account under a name, or else a new value of it.
    func kept(_ name: String, for lifetime: Duration, _ make: () async throws -> JSONValue) async throws -> JSONValue {
        let place = "\(account)|\(connector.revision)|\(name)"
        if let known = lookups.value(place, at: clock.now()) { return known }
        let value = try await make()
        lookups.keep(value, as: place, until: clock.now() + Int(lifetime.components.seconds))
        return value
    }

    /// What a native call answers, as far as it names it.
    func body(of request: StepRequestConfig, in scope: ExpressionScope) async throws -> JSONValue {
        try await answer(to: request, in: scope).body
    }

    /// What a native call answers, as far as it names it, and all of it.
    func answer(
        to request: StepRequestConfig,
        in scope: ExpressionScope
    ) async throws -> (body: JSONValue, page: JSONValue) {
        let call = StepCall(request, connector: connector)
        do {
            let answer = try await send(call, scope)
            return (try call.body(answer), answer.document?.root.value ?? .null)
        } catch let error as ExpressionError {
            throw ExpressionProblem.problem(error)
        }
    }

    private func each(_ config: ForeachConfig, _ scope: ExpressionScope) async throws -> JSONValue {
        let items: [JSONValue]
        switch try config.items.value(in: scope) {
        case nil, .null?: items = []
        case .array(let array)?: items = array
        case let single?: items = [single]
        }
        guard items.count <= config.max else {
            throw Problem(
                .invalidRequest,
                "there are \(items.count) elements; the connector takes at most \(config.max) at a time"
            )
        }
        let values = try await withThrowingTaskGroup(of: Tagged<Int, JSONValue>.self) { group in
            var values = [JSONValue](repeating: .null, count: items.count)
            for (index, item) in items.enumerated() {
                if index >= config.parallel, let done = try await group.next() { values[done.tag] = done.value }
                var inner = scope.adding(config.name, item)
                inner.root["index"] = .number(JSONNumber(index))
                let start = inner
                group.addTask {
                    let end = try await run(config.steps, in: start)
                    let last = config.steps.last?.id
                    return Tagged(index, last.flatMap { end.root["steps"]?[$0] } ?? .null)
                }
            }
            for try await done in group { values[done.tag] = done.value }
            return values
        }
        return .array(values)
    }

    private func wait(_ config: WaitConfig, _ scope: ExpressionScope) async throws -> JSONValue? {
        let call = StepCall(config.request, connector: connector)
        for attempt in 1...config.attempts {
            let answer = try await send(call, scope)
            if try config.condition.isTrue(in: call.scope(scope, answer)) { return try call.body(answer) }
            if attempt < config.attempts { try await clock.wait(config.interval) }
        }
        throw Problem(.remoteTimeout, "the vendor was not ready after \(config.attempts) calls")
    }
}

extension ExpressionScope {
    /// This scope with a value under `steps`.
    fileprivate mutating func set(step id: String?, _ value: JSONValue?) {
        guard let id, let value else { return }
        var steps = root["steps"]?.object ?? JSONObject()
        steps[id] = value
        root["steps"] = .object(steps)
    }
}

extension Problem {
    /// The problem with the name of the step it came from, the innermost one.
    fileprivate func named(_ step: String) -> Problem {
        guard !message.hasPrefix("step '") else { return self }
        var copy = self
        copy.message = "step '\(step)': \(message)"
        return copy
    }
}
