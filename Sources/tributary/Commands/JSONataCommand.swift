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

    @Option(help: "Measure the workloads of a folder.", completion: .directory)
    var bench: String?

    @Option(help: "With --bench: milliseconds of one round.")
    var ms = 200

    @Option(help: "With --bench: rounds, of which the median counts.")
    var rounds = 5

    @Option(help: "With --bench: only the workloads whose name contains this.")
    var only: String?

    @Flag(help: "With --bench: print JSON.")
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
        guard let expression else { throw ValidationError("give an expression, or --batch") }
        let input = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
        let isEmpty = input.allSatisfy { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        let value = isEmpty ? nil : try JSONValue(parsing: input, policy: .command)
        if let result = try JSONataExpression(compiling: expression).evaluate(value, host: host) {
            print(result.text(.pretty))
        }
    }

    private var host: JSONataHost { JSONataHost(digests: OpenSSLDigests()) }
}
