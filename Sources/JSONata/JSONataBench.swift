/// Measures how fast this engine works through one workload.
package struct JSONataBench: Sendable {
    /// The rates of one workload.
    package struct Rates: Sendable {
        /// Evaluations per second: compiled once, input parsed once, the result kept in the engine's own form.
        package let evaluate: Double
        /// Runs per second from JSON text to JSON text, compiled once.
        package let endToEnd: Double
        /// Compilations of the expression per second.
        package let compile: Double
    }

    /// How long one round of one measure lasts at least.
    private let round: Duration
    /// Rounds of each measure; the median counts.
    private let rounds: Int

    /// Measures in `rounds` rounds of at least `round` each, after one round to warm up.
    package init(round: Duration, rounds: Int) {
        self.round = round
        self.rounds = max(1, rounds)
    }

    /// The result of a workload in compact JSON, which the caller compares before it measures; nil when undefined.
    /// - Throws: what compiling or evaluating throws; `U1002` when the input is not JSON.
    package func result(of expression: String, on input: [UInt8]) throws(JSONataError) -> [UInt8]? {
        let compiled = try JSONataExpression(compiling: expression)
        return try compiled.evaluateToBytes(parsing: input)
    }

    /// Measures a workload.
    /// - Throws: what compiling or evaluating throws; `U1002` when the input is not JSON.
    package func rates(of expression: String, on input: [UInt8]) throws(JSONataError) -> Rates {
        let compiled = try JSONataExpression(compiling: expression)
        let document = try parsed(input)
        let source = Array(expression.utf8)
        return Rates(
            evaluate: try median { () throws(JSONataError) in try compiled.evaluateOnly(document) },
            endToEnd: try median { () throws(JSONataError) in
                _ = try compiled.evaluateToBytes(parsing: input)
            },
            compile: try median { () throws(JSONataError) in _ = try JSONataExpression(compiling: source) }
        )
    }

    private func parsed(_ input: [UInt8]) throws(JSONataError) -> JSONataInput {
        guard let document = JSONataInput(parsing: input) else {
            throw JSONataError(code: "U1002", message: "the input is not JSON")
        }
        return document
    }

    /// The median rate of an operation, in operations per second.
    private func median(_ operation: () throws(JSONataError) -> Void) throws(JSONataError) -> Double {
        _ = try rate(operation)
        var rates: [Double] = []
        for _ in 0..<rounds { rates.append(try rate(operation)) }
        rates.sort()
        return rates[rates.count / 2]
    }

    private func rate(_ operation: () throws(JSONataError) -> Void) throws(JSONataError) -> Double {
        let (seconds, attoseconds) = round.components
        let length = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        let start = MonotonicClock.now()
        var count = 0
        var batch = 1
        while true {
            for _ in 0..<batch { try operation() }
            count += batch
            let elapsed = MonotonicClock.now() - start
            if elapsed >= length { return Double(count) * 1e9 / Double(elapsed) }
            // Looks at the clock about a hundred times a round.
            if elapsed < length / 100 { batch *= 2 }
        }
    }
}
