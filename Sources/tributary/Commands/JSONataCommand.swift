import ArgumentParser
import Cryptography
import Foundation
import JSONValue
import JSONata

/// The command `tributary jsonata`.
struct JSONataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jsonata",
        abstract: "Evaluate a JSONata expression on the JSON of standard input.",
        discussion:
            "With --batch it reads one request per line, {\"id\",\"expr\",\"data\"?,\"bindings\"?}, and answers one per line, in order."
    )

    @Argument(help: "The expression.")
    var expression: String?

    @Flag(help: "Read requests as NDJSON from standard input.")
    var batch = false

    @Flag(help: "Print the compiled program, and the fields of the input that it reads.")
    var explain = false

    @Flag(help: "Print the classic mistakes that the expression may hold; ends with 1 when there are some.")
    var lint = false

    @Option(help: "Measure the workloads of a folder.", completion: .directory)
    var bench: String?

    @Option(help: "With --bench: milliseconds of one round.")
    var ms = 200

    @Option(help: "With --bench: rounds, of which the median counts.")
    var rounds = 5

    @Option(help: "With --bench: only the workloads whose name contains this.")
    var only: String?

    @Flag(help: "With --bench or --lint: print JSON.")
    var json = false

    func run() async throws {
        if let bench {
            let report = JSONataBenchReport(directory: bench, milliseconds: ms, rounds: rounds, only: only)
            try report.run(printsJSON: json)
            return
        }
        if batch {
            let batch = JSONataBatch(host: host)
            while let line = readLine(strippingNewline: true) {
                FileHandle.standardOutput.write(Data(batch.answer(Array(line.utf8)) + [UInt8(ascii: "\n")]))
            }
            return
        }
        guard let expression else { throw ValidationError("give an expression, --batch or --bench") }
        do {
            let compiled = try JSONataExpression(compiling: expression)
            if explain { return print(compiled.explanation) }
            if lint { return try printWarnings(of: compiled, in: expression) }
            let input = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
            let isEmpty = input.allSatisfy { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
            let value = isEmpty ? nil : try JSONValue(parsing: input, policy: .command)
            if let result = try compiled.evaluate(value, host: host) { print(result.text(.pretty)) }
        } catch let error as JSONataError {
            FileHandle.standardError.write(Data((error.report(in: expression) + "\n").utf8))
            throw ExitCode.failure
        }
    }

    private func printWarnings(of compiled: JSONataExpression, in source: String) throws {
        let warnings = compiled.warnings
        if json {
            let rows = warnings.map { warning -> JSONValue in
                [
                    "kind": .string(warning.kind.rawValue), "position": .number(JSONNumber(warning.position)),
                    "message": .string(warning.message), "fix": .string(warning.fix),
                ]
            }
            print(JSONValue.array(rows).text(.compact))
        } else {
            for warning in warnings {
                let shown = JSONataError(
                    code: warning.kind.rawValue,
                    position: warning.position,
                    message: "\(warning.message); \(warning.fix)"
                )
                print(shown.report(in: source))
            }
        }
        if !warnings.isEmpty { throw ExitCode.failure }
    }

    private var host: JSONataHost { JSONataHost(digests: OpenSSLDigests()) }
}
