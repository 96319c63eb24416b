import JSONValue
package import Vocabulary

/// The steps around a native call: those before it can ask the vendor for what the request needs, those after it for
/// what the answer lacks.
package struct PipelineConfig: Sendable {
    static let keys = ["before", "after", "call_budget"]

    /// Steps ahead of the native request.
    package let before: [StepConfig]
    /// Steps on the vendor's answer, ahead of the response mapping.
    package let after: [StepConfig]
    /// Most native calls of all steps together.
    package let callBudget: Int

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        before = try StepConfig.all(reading: reader.child("before"))
        after = try StepConfig.all(reading: reader.child("after"))
        callBudget = try reader.child("call_budget")?.int(1...200) ?? 20
    }

    /// Whether there is nothing to do.
    package var isEmpty: Bool { before.isEmpty && after.isEmpty }

    /// The native calls that the steps name.
    var calls: [StepRequestConfig] { (before + after).flatMap(\.calls) }
}

/// One step; its value is visible to all later expressions as `steps.<id>`.
package struct StepConfig: Sendable {
    /// What a step does.
    package indirect enum Action: Sendable {
        /// Asks the vendor; the value is `output`, else the answer's body.
        case request(StepRequestConfig, output: Expression?)
        /// Asks the vendor unless that has been done lately.
        case lookup(LookupConfig)
        /// Computes.
        case transform(Expression)
        /// Adds to `context`; never credentials.
        case setContext([NamedExpression])
        /// Ends the call with a problem.
        case fail(FailConfig)
        /// Does one of two lists of steps.
        case cond(when: Expression, then: [StepConfig], otherwise: [StepConfig])
        /// Does steps for each element of a list; the value is the list of their last values.
        case foreach(ForeachConfig)
        /// Asks the vendor again and again until a condition holds.
        case waitUntil(WaitConfig)
    }

    /// What becomes of a failure.
    package enum OnError: Sendable {
        /// The call fails.
        case fail
        /// The step has no value.
        case ignore
        /// The step has this value; sees `error` with `code` and `message`.
        case value(Expression)
    }

    /// The name under `steps`.
    package let id: String?
    /// The step is left out unless this holds.
    package let runIf: Expression?
    /// What becomes of a failure.
    package let onError: OnError
    /// What it does.
    package let action: Action
    /// How complaints name it: its id, else where it is written.
    package let name: String

    private static let actions = [
        "request", "lookup", "transform", "set_context", "fail", "cond", "foreach", "wait_until",
    ]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(Self.actions + ["id", "run_if", "on_error", "output"])
        id = try reader.child("id")?.string()
        name = id ?? reader.pointer
        runIf = try reader.child("run_if")?.condition()
        onError = try Self.onError(reader.child("on_error"))
        let found = Self.actions.filter { reader.child($0) != nil }
        guard found.count == 1, let inner = reader.child(found[0]) else {
            throw reader.error("a step does one of \(Self.actions.joined(separator: ", "))")
        }
        switch found[0] {
        case "request":
            let request = try StepRequestConfig(reading: inner)
            action = .request(request, output: try reader.child("output")?.condition())
        case "lookup": action = .lookup(try LookupConfig(reading: inner))
        case "transform": action = .transform(try inner.condition())
        case "set_context": action = .setContext(try inner.expressions())
        case "fail": action = .fail(try FailConfig(reading: inner))
        case "cond":
            try inner.allow(["when", "then", "else"])
            action = .cond(
                when: try inner.required("when").condition(),
                then: try StepConfig.all(reading: inner.required("then")),
                otherwise: try StepConfig.all(reading: inner.child("else"))
            )
        case "foreach": action = .foreach(try ForeachConfig(reading: inner))
        default: action = .waitUntil(try WaitConfig(reading: inner))
        }
    }

    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [StepConfig] {
        var steps: [StepConfig] = []
        for element in reader?.elements() ?? [] { steps.append(try StepConfig(reading: element)) }
        return steps
    }

    private static func onError(_ reader: DocumentReader?) throws(ConnectorConfigError) -> OnError {
        switch reader?.value {
        case nil, .string("fail")?: return .fail
        case .string("ignore")?: return .ignore
        case .object?:
            guard let reader else { return .fail }
            try reader.allow(["value"])
            return .value(try reader.required("value").expression())
        default: throw reader?.error("expected fail, ignore or {value: ...}") ?? ConnectorConfigError("", at: "")
        }
    }

    /// The native calls of this step and those inside of it.
    var calls: [StepRequestConfig] {
        switch action {
        case .request(let request, _): [request]
        case .lookup(let lookup): [lookup.request]
        case .waitUntil(let wait): [wait.request]
        case .cond(_, let then, let otherwise): (then + otherwise).flatMap(\.calls)
        case .foreach(let foreach): foreach.steps.flatMap(\.calls)
        case .transform, .setContext, .fail: []
        }
    }
}

/// A native call of a step, with values of its own for the call's placeholders.
package struct StepRequestConfig: Sendable {
    /// The native resource.
    package let resource: String
    /// Its method.
    package let method: String
    /// Visible to the call as `id`.
    package let id: Expression?
    /// Visible to the call as `path`.
    package let path: Expression?
    /// Query parameters, laid over the call's own.
    package let query: Expression?
    /// Header fields, laid over the call's own.
    package let headers: Expression?
    /// Body, laid over the call's own.
    package let body: Expression?
    /// Where it is written.
    package let pointer: String

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["resource", "method", "id", "path", "query", "headers", "body"])
        resource = try reader.required("resource").string()
        method = try reader.required("method").string()
        id = try reader.child("id")?.expression()
        path = try reader.child("path")?.expression()
        query = try reader.child("query")?.expression()
        headers = try reader.child("headers")?.expression()
        body = try reader.child("body")?.expression()
        pointer = reader.pointer
    }
}

/// A native list that is kept for a while as an object, to look things up by name.
package struct LookupConfig: Sendable {
    /// The call.
    package let request: StepRequestConfig
    /// Where each record has its key; without it the value is the list itself.
    package let by: DocumentPath?
    /// Where each record has its value; the whole record by default.
    package let value: DocumentPath?
    /// Tells one kept list of the account from another; the request itself by default.
    package let key: Expression?
    /// How long it is kept.
    package let lifetime: Duration

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["request", "by", "value", "key", "ttl_seconds"])
        request = try StepRequestConfig(reading: reader.required("request"))
        by = try reader.child("by")?.string().documentPath
        value = try reader.child("value")?.string().documentPath
        key = try reader.child("key")?.expression()
        lifetime = try reader.child("ttl_seconds")?.int(0...86_400).seconds ?? .seconds(300)
    }
}

/// A refusal that the connector words itself.
package struct FailConfig: Sendable {
    /// When; always, if nil.
    package let condition: Expression?
    /// The code.
    package let code: ErrorCode
    /// What the caller reads.
    package let message: Expression
    /// The place in the caller's body that is wrong.
    package let pointer: String?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["when", "as", "message", "pointer"])
        condition = try reader.child("when")?.condition()
        code = try reader.child("as")?.choice(ErrorCode.self) ?? .invalidRequest
        message = try reader.required("message").expression()
        pointer = try reader.child("pointer")?.string()
    }
}

/// Steps for each element of a list.
package struct ForeachConfig: Sendable {
    /// The list.
    package let items: Expression
    /// The element's name in expressions; `index` is its place.
    package let name: String
    /// Most elements; more are refused.
    package let max: Int
    /// How many at once.
    package let parallel: Int
    /// What is done.
    package let steps: [StepConfig]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["items", "as", "max", "parallel", "steps"])
        items = try reader.required("items").condition()
        name = try reader.child("as")?.string() ?? "item"
        max = try reader.child("max")?.int(1...200) ?? 50
        parallel = try reader.child("parallel")?.int(1...16) ?? 1
        steps = try StepConfig.all(reading: reader.required("steps"))
    }
}

/// A call that is repeated until the vendor is ready.
package struct WaitConfig: Sendable {
    /// The call.
    package let request: StepRequestConfig
    /// Whether it is ready; sees `response`, `status`, `headers`.
    package let condition: Expression
    /// The pause between two calls.
    package let interval: Duration
    /// Most calls.
    package let attempts: Int

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["request", "until", "interval_seconds", "max_attempts"])
        request = try StepRequestConfig(reading: reader.required("request"))
        condition = try reader.required("until").condition()
        interval = try reader.child("interval_seconds")?.int(1...60).seconds ?? .seconds(1)
        attempts = try reader.child("max_attempts")?.int(1...60) ?? 10
    }
}

extension DocumentReader {
    /// An expression whose text is JSONata: text alone could never be its value.
    func condition() throws(ConnectorConfigError) -> Expression {
        if case .string(let source) = value, !Template.isTemplate(source) {
            return .jsonata(try compiler.compiled(source, at: pointer))
        }
        return try expression()
    }
}

extension String {
    fileprivate var documentPath: DocumentPath { DocumentPath(self) }
}
