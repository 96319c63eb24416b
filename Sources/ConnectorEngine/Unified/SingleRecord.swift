import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// The record that a call on one asks for.
struct SingleRecord {
    let record: MappedRecord
    /// The vendor's answer; the first of several.
    let answer: NativeAnswer
    /// How answers differ from what the connector knows of them.
    let drift: [Problem.Failure]

    /// Fetches it.
    init(_ plan: borrowing Plan, _ connector: CompiledConnector, _ pipeline: borrowing Pipeline) async throws {
        let request = try plan.request(connector: connector.document, paging: .null)
        let chunks = FieldChunks(plan.native.fieldChunking, recordsPath: plan.native.recordsPath)
        answer = try await chunks.answer(to: request, by: pipeline.exchange)
        let node = try plan.record(in: answer)
        record =
            plan.mapping.pipeline.after.isEmpty
            ? try plan.record(node, from: answer)
            : try await pipeline.after(plan, answer).record(node, from: answer)
        drift = try request.contract?.drift(of: answer) ?? []
    }

    /// Fetches its parts by several native calls; those that know nothing of it are left out.
    init(_ plan: Plan, _ merging: FanOutMerging, _ connector: CompiledConnector, _ pipeline: Pipeline) async throws {
        var merger = RecordMerger(merging, branches: plan.branches)
        var parts: [SingleRecord] = []
        for index in plan.branches.indices {
            do {
                let part = try await SingleRecord(plan.branch(index, of: connector), connector, pipeline)
                // All parts were asked for by one identifier.
                merger.add(part.record, of: index, key: "")
                parts.append(part)
            } catch let problem as Problem where problem.code == .remoteNotFound {
                continue
            }
        }
        guard let first = parts.first, let whole = merger.records.first else {
            throw Problem(.remoteNotFound, "the vendor has no such record")
        }
        record = whole
        answer = first.answer
        drift = parts.flatMap(\.drift)
    }
}
