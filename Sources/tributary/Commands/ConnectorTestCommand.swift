import ArgumentParser
import ConnectorConfig
import ConnectorEngine
import Cryptography
import Foundation
import JSONValue
import UnifiedModel
import Vocabulary

extension ConnectorsCommand {
    /// The command `tributary connectors test`.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run what connectors bring along to be tested by: recorded calls, and examples of native answers."
        )
        @OptionGroup var selection: Selection

        func run() async throws {
            let installation = try Installation.current()
            let catalog = ConnectorCatalog(settings: installation.settings)
            let model = try installation.unifiedModel()
            var rows: [(name: String, word: String, detail: String)] = []
            for folder in try catalog.folders(selection.vendor) {
                let entry = try catalog.entry(folder)
                let run = ConnectorTestRun(document: entry.document, model: model, digests: OpenSSLDigests())
                let outcomes =
                    try await run.outcomes() + examples(in: catalog, of: entry, model: model)
                for outcome in outcomes {
                    let isGood = outcome.faults.isEmpty
                    rows.append(
                        (
                            folder, isGood ? "ok" : "FAULT",
                            ([outcome.name] + outcome.faults.prefix(5)).joined(separator: "; ")
                        )
                    )
                }
                if outcomes.isEmpty { rows.append((folder, "none", "there is nothing to test it by")) }
            }
            selection.report(rows)
            if rows.contains(where: { $0.word == "FAULT" }) { throw ExitCode.failure }
        }

        /// `examples/<category>.<resource>.<method>...native.<format>` with the answer beside it, `.unified.json`.
        private func examples(
            in catalog: ConnectorCatalog,
            of entry: ConnectorCatalog.Entry,
            model: UnifiedModel
        ) throws -> [ConnectorTestRun.Outcome] {
            let folder = catalog.settings.content("connectors/\(entry.folder)/examples")
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            let preview = ConnectorPreview(connector: try catalog.compile(entry), model: model, variables: [:])
            return files.filter { $0.contains(".native.") }.sorted().map { file in
                do {
                    return ConnectorTestRun.Outcome(
                        name: file,
                        faults: try faults(of: file, in: folder, preview, model)
                    )
                } catch {
                    return ConnectorTestRun.Outcome(name: file, faults: ["\(error)"])
                }
            }
        }

        private func faults(
            of file: String,
            in folder: URL,
            _ preview: ConnectorPreview,
            _ model: UnifiedModel
        ) throws -> [String] {
            let parts = file.split(separator: ".").map(String.init)
            let golden = "\(file.split(separator: ".native.")[0]).unified.json"
            let native = [UInt8](try Data(contentsOf: folder.appendingPathComponent(file)))
            let expected = [UInt8](try Data(contentsOf: folder.appendingPathComponent(golden)))
            guard parts.count >= 5, let resource = model.resource(parts[0], parts[1]) else {
                return ["the file's name does not say what it is an example of"]
            }
            let answer = try JSONValue(
                parsing: preview.map(
                    category: parts[0],
                    resource: parts[1],
                    method: parts[2],
                    body: native,
                    query: [("ignore_remote_data", "true")]
                )
            )
            let isSame = try JSONValue(parsing: expected) == answer
            return (isSame ? [] : ["the answer is not that of \(golden)"])
                + (answer["result"]?.array ?? [answer]).flatMap(resource.schema.failures(of:)).map { "\($0)" }
        }
    }
}
