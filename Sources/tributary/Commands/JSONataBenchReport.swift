import ArgumentParser
import Foundation
import JSONValue
import JSONata

/// Runs a folder of JSONata workloads: checks each result, then measures it.
///
/// The folder holds `workloads.json` with a list `workloads` of `{"name","input","expected","expression"}` whose paths are relative to it.
struct JSONataBenchReport {
    private struct Workload: Decodable {
        let name: String
        let input: String
        let expected: String
        let expression: String
    }

    private let folder: URL
    private let bench: JSONataBench
    private let only: String?

    init(directory: String, milliseconds: Int, rounds: Int, only: String?) {
        folder = URL(filePath: directory, directoryHint: .isDirectory)
        bench = JSONataBench(round: .milliseconds(milliseconds), rounds: rounds)
        self.only = only
    }

    /// Measures every workload and prints the rows.
    /// - Throws: `ExitCode.failure` after printing, when a workload gave a wrong result.
    func run(printsJSON: Bool) throws {
        var rows: [JSONValue] = []
        var allGood = true
        if !printsJSON { print("workload                     evaluate/s   end to end/s      compile/s") }
        for workload in try workloads() where only.map({ workload.name.contains($0) }) ?? true {
            let input = try bytes(of: workload.input)
            guard try isCorrect(workload, input) else {
                allGood = false
                rows.append(["name": .string(workload.name), "ok": false])
                if !printsJSON { print("\(workload.name): the result is wrong") }
                continue
            }
            let rates = try bench.rates(of: workload.expression, on: input)
            rows.append([
                "name": .string(workload.name), "ok": true,
                "evaluate": ["median": number(rates.evaluate)],
                "endToEnd": ["median": number(rates.endToEnd)],
                "compile": ["median": number(rates.compile)],
            ])
            if !printsJSON {
                let name = workload.name.padding(toLength: 26, withPad: " ", startingAt: 0)
                let columns = [rates.evaluate, rates.endToEnd, rates.compile].map { String(format: "%13.1f", $0) }
                print(name + columns.joined(separator: "  "))
            }
        }
        if printsJSON { print(JSONValue.object(["rows": .array(rows)]).text(.compact)) }
        if !allGood { throw ExitCode.failure }
    }

    private func workloads() throws -> [Workload] {
        let file = try JSONValue(parsing: try bytes(of: "workloads.json"), policy: .command)
        return try JSONValueDecoder().decode([Workload].self, from: file["workloads"] ?? .array([]))
    }

    private func isCorrect(_ workload: Workload, _ input: [UInt8]) throws -> Bool {
        let expected = try JSONValue(parsing: try bytes(of: workload.expected), policy: .command)
        guard let result = try bench.result(of: workload.expression, on: input) else { return false }
        return try JSONValue(parsing: result, policy: .command).text(.canonical) == expected.text(.canonical)
    }

    private func bytes(of path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: path)))
    }

    private func number(_ rate: Double) -> JSONValue {
        .number(JSONNumber(uncheckedText: String(format: "%.1f", rate)))
    }
}
