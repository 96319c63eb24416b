/// The batch protocol: one JSON request per line, one JSON answer per line.
///
/// A request is `{"id","expr","data"?,"bindings"?,"timelimit"?,"depth"?}`: `data` absent is undefined, `timelimit` is in
/// milliseconds, `depth` counts operations one inside the other. An answer is `{"id","result"}`,
/// `{"id","undefined":true}` or `{"id","error":{"code","position","token","message"}}`. Going over a limit that the
/// request gives is `U1001`; the engine's own limits keep their codes.
package struct JSONataBatch: Sendable {
    private let host: JSONataHost

    /// Answers with functions that use `host`.
    package init(host: JSONataHost = .plain) {
        self.host = host
    }

    /// The answer to one request line, without a line end.
    package func answer(_ line: [UInt8]) -> [UInt8] {
        let arena = Arena(firstChunk: 4096 + line.count * 2)
        defer { arena.destroy() }
        return line.withUnsafeBufferPointer { answer($0, arena) }
    }

    private func answer(_ line: UnsafeBufferPointer<UInt8>, _ arena: Arena) -> [UInt8] {
        var text = ByteBuilder(arena, capacity: 1024)
        text.append("{\"id\":")
        guard let request = ValueReader.read(line, arena), request.isObject else {
            text.append("null,")
            write(JSONataError(code: "U1002", message: "the request is not a JSON object"), to: &text, arena)
            return Array(text.built) + [UInt8(ascii: "}")]
        }
        func field(_ name: StaticString) -> Value { request.object.value(for: Value(name).keyed) }
        let id = field("id")
        ValueWriter(purpose: .result).write(id.isUndefined ? .null : id, to: &text)
        text.append(",")
        do throws(JSONataError) {
            guard field("expr").isString else {
                throw JSONataError(code: "U1002", message: "the request has no expr")
            }
            let expression = try JSONataExpression(compiling: Array(field("expr").bytes))
            var limits = JSONataLimits(time: .milliseconds(200))
            if field("timelimit").isNumber {
                limits.time = .milliseconds(Int(max(0, min(60_000, field("timelimit").number))))
            }
            if field("depth").isNumber { limits.depth = Int(max(1, min(1_000_000, field("depth").number))) }
            try evaluate(expression, field("data"), field("bindings"), limits, &text)
        } catch {
            var shown = error
            let isLimited = !field("timelimit").isUndefined || !field("depth").isUndefined
            if isLimited, ["D1011", "D1012", "U2001"].contains(error.code) {
                shown = JSONataError(code: "U1001", position: error.position, message: FaultCode.u1001.template)
            }
            write(shown, to: &text, arena)
        }
        text.append("}")
        return Array(text.built)
    }

    private func evaluate(
        _ expression: JSONataExpression,
        _ data: Value,
        _ bindings: Value,
        _ limits: JSONataLimits,
        _ text: inout ByteBuilder
    ) throws(JSONataError) {
        let run = EvaluationRun(expression.program, limits, host)
        defer { run.end() }
        if bindings.isObject {
            run.bind(
                (0..<bindings.object.count).map { (bindings.object[entry: $0].key, bindings.object[entry: $0].value) }
            )
        }
        let value = try run.evaluate(data)
        guard let bytes = try run.bytes(value) else { return text.append("\"undefined\":true") }
        text.append("\"result\":")
        bytes.withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { text.append(start, count: buffer.count) }
        }
    }

    private func write(_ error: JSONataError, to text: inout ByteBuilder, _ arena: Arena) {
        text.append("\"error\":{\"code\":")
        ValueWriter.quote(arena.string(error.code), to: &text)
        if let position = error.position {
            text.append(",\"position\":")
            NumberText.writeInteger(position, to: &text)
        }
        if let token = error.token {
            text.append(",\"token\":")
            ValueWriter.quote(arena.string(token), to: &text)
        }
        text.append(",\"message\":")
        ValueWriter.quote(arena.string(error.message), to: &text)
        text.append("}")
    }
}
