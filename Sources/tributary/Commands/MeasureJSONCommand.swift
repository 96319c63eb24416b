import ArgumentParser
import Foundation
import JSONValue

/// The command `tributary measure-json`.
struct MeasureJSONCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-json",
        abstract: "Measure how fast a JSON file is parsed; for ops/bench.",
        shouldDisplay: false
    )

    @Argument(help: "The file.")
    var file: String

    @Option(name: .customLong("ms"), help: "How long each of nine rounds takes, in milliseconds.")
    var milliseconds = 200

    func run() async throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        var rates: [Double] = []
        // The first round warms up.
        for round in 0...9 {
            let start = ContinuousClock.now
            var count = 0
            var elapsed = Duration.zero
            repeat {
                for _ in 0..<20 { _ = try JSONDocument(parsing: bytes, policy: .vendor) }
                count += 20
                elapsed = ContinuousClock.now - start
            } while elapsed < .milliseconds(milliseconds)
            if round > 0 { rates.append(Double(bytes.count * count) / (elapsed / .seconds(1)) / 1e6) }
        }
        rates.sort()
        print("{\"parse_mb_per_s\": \(rates[rates.count / 2])}")
    }
}
