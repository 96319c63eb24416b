package import JSONValue

/// A compiled JSONata 2.2 expression.
///
/// Immutable: compile once, evaluate from anywhere, as often as needed.
///
/// let names = try JSONataExpression(compiling: "contacts.(first & ' ' & last)")
/// let result = try names.evaluate(body)
package struct JSONataExpression: Sendable {
    let program: Program

    /// Compiles an expression.
    /// - Throws: `S...` codes for syntax, `U2003`/`U2004` for a source that is too large.
    package init(compiling source: String) throws(JSONataError) {
        let bytes = Array(source.utf8)
        try self.init(compiling: bytes)
    }

    /// Compiles UTF-8 bytes, which may hold lone surrogates in the same manner.
    /// - Throws: as the other initialiser, and `U2009` for bytes that are not text.
    package init(compiling bytes: [UInt8]) throws(JSONataError) {
        let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<Program, JSONataError> in
            do throws(JSONataError) { return .success(try Program(compiling: buffer, limits: SourceLimits())) } catch {
                return .failure(error)
            }
        }
        program = try outcome.get()
    }

    /// The source text.
    package var source: String { String(decoding: program.source, as: UTF8.self) }

    /// Evaluates with a value as input.
    /// - Parameters:
    ///   - input: what `$` and `$$` are; nil is undefined, which is not null.
    ///   - bindings: variables by name, without the `$`.
    ///   - limits: what the evaluation may use.
    ///   - host: what its functions may use from outside.
    /// - Returns: the result, or nil for undefined.
    /// - Throws: `T...` and `D...` codes, and `U...` for limits.
    package func evaluate(
        _ input: JSONValue?,
        bindings: [String: JSONValue] = [:],
        limits: JSONataLimits = .mapping,
        host: JSONataHost = .plain
    ) throws(JSONataError) -> JSONValue? {
        let run = EvaluationRun(program, limits, host)
        defer { run.end() }
        run.bind(bindings)
        let value = try run.evaluate(input.map { ValueConversion.value($0, run.arena) } ?? .undefined)
        return try run.json(value)
    }

    /// Evaluates with a parsed document as input, without converting it first.
    /// - Returns: the result, or nil for undefined.
    /// - Throws: `T...` and `D...` codes, and `U...` for limits.
    package func evaluate(
        _ input: JSONataInput,
        bindings: [String: JSONValue] = [:],
        limits: JSONataLimits = .mapping,
        host: JSONataHost = .plain
    ) throws(JSONataError) -> JSONValue? {
        let run = EvaluationRun(program, limits, host)
        defer { run.end() }
        run.bind(bindings)
        let value = try run.evaluate(input.root)
        return try run.json(value)
    }

    /// Evaluates with a parsed document as input and writes the result as compact JSON.
    /// - Returns: UTF-8 bytes, or nil for undefined.
    /// - Throws: `T...` and `D...` codes, and `U...` for limits.
    package func evaluateToBytes(
        _ input: JSONataInput,
        bindings: [String: JSONValue] = [:],
        limits: JSONataLimits = .mapping,
        host: JSONataHost = .plain
    ) throws(JSONataError) -> [UInt8]? {
        let run = EvaluationRun(program, limits, host)
        defer { run.end() }
        run.bind(bindings)
        let value = try run.evaluate(input.root)
        return try run.bytes(value)
    }

    /// Evaluates with JSON text as input and writes the result as compact JSON.
    ///
    /// Only what the expression reads is kept of the input; the rest is checked as JSON and passed over.
    /// - Returns: UTF-8 bytes, or nil for undefined.
    /// - Throws: `T...` and `D...` codes, `U...` for limits, and `U1002` when the input is not JSON.
    package func evaluateToBytes(
        parsing text: [UInt8],
        bindings: [String: JSONValue] = [:],
        limits: JSONataLimits = .mapping,
        host: JSONataHost = .plain
    ) throws(JSONataError) -> [UInt8]? {
        guard let input = JSONataInput(parsing: text, fields: program.reads) else {
            throw JSONataError(code: "U1002", message: "the input is not JSON")
        }
        return try evaluateToBytes(input, bindings: bindings, limits: limits, host: host)
    }

    /// Evaluates and drops the result, for measuring.
    func evaluateOnly(_ input: JSONataInput) throws(JSONataError) {
        let run = EvaluationRun(program, .mapping, .plain)
        defer { run.end() }
        _ = try run.evaluate(input.root)
    }
}
