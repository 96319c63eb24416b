import ConnectorConfig
import JSONValue
import JSONata
import UnifiedModel
import Vocabulary

/// Turns native records into unified ones: each straight from the bytes it came in to the bytes that go out.
struct ResponseMapper {
    private let plan: Plan
    private let prepared: PreparedMapping
    private let context: JSONValue
    private let page: JSONDocument?

    /// Makes a mapper for the records of one answer.
    ///
    /// `answer`: visible to mappings that mention `page`.
    init(_ plan: Plan, context: JSONValue, answer: NativeAnswer) {
        self.plan = plan
        self.context = context
        page = answer.document
        prepared = .of(plan)
    }

    /// The unified record.
    func record(_ node: JSONNode) throws -> MappedRecord {
        var leftOut = LeftOutRecords()
        let mapped = try records(CollectionOfOne(node), leftOut: &leftOut)
        guard let record = mapped.first else { throw leftOut.problem ?? noObject }
        return record
    }

    /// The unified records of a page.
    ///
    /// `leftOut`: gets those that cannot be mapped, which are not among the result.
    func records(
        _ nodes: some RandomAccessCollection<JSONNode>,
        leftOut: inout LeftOutRecords
    ) throws -> [MappedRecord] {
        guard plan.responseMapping != nil else {
            throw Problem(.configInvalid, "\(plan.model.category)/\(plan.model.name) has no response mapping")
        }
        var batch = MappedBatch(prepared.shape, capacity: nodes.count)
        var rest = nodes[...]
        // Mostly all records stand in one document.
        while let document = rest.first?.document {
            let run = rest.prefix { $0.document === document }
            try map(run, in: document, &batch, &leftOut)
            rest = rest.dropFirst(run.count)
        }
        return batch.records()
    }

    private func map(
        _ nodes: some Collection<JSONNode>,
        in document: JSONDocument,
        _ batch: inout MappedBatch,
        _ leftOut: inout LeftOutRecords
    ) throws {
        let stack = prepared.stack ?? prepared.plain
        var inputs: [(name: String, value: JSONValue)] = []
        if stack.reads(.context) { inputs.append(("context", context)) }
        if stack.reads(.page), let page, page !== document { inputs.append(("page", page.root.value)) }
        if stack.reads(.request) { inputs.append(("request", plan.described)) }
        if stack.reads(.steps), let steps = plan.scope.root["steps"] { inputs.append(("steps", steps)) }
        let custom = plan.mapping.pageMapping == nil ? plan.mapping.customFields : nil
        try stack.withSession(over: document, inputs: inputs) { session in
            for node in nodes {
                do {
                    if prepared.stack != nil {
                        try map(node, session, custom, &batch)
                    } else {
                        try mapTree(node, &batch)
                    }
                    leftOut.givenCount += 1
                } catch {
                    leftOut.add(prepared.problem(error))
                }
            }
        }
    }

    private func map(
        _ node: JSONNode,
        _ session: JSONataSession,
        _ customFields: CustomFieldsConfig?,
        _ batch: inout MappedBatch
    ) throws {
        let custom = customFields.flatMap { fields in fields.node(in: node).map { (fields, $0) } }
        try check(
            batch.append(remoteData: plan.remoteData(of: node)) { output, writer in
                guard let (fields, members) = custom else {
                    return try session.write(recordAt: node.entry, to: &output, &writer)
                }
                guard let record = try session.result(forRecordAt: node.entry) else { return .noObject }
                let whole = session.adding(
                    membersAt: members.entry,
                    under: "custom_fields",
                    to: record,
                    where: fields.covers
                )
                return session.write(whole, to: &output, &writer)
            }
        )
    }

    /// The same for mappings that are not JSONata alone.
    private func mapTree(_ node: JSONNode, _ batch: inout MappedBatch) throws {
        let native = node.value
        var root: JSONObject = ["context": context, "response": native, "request": plan.described]
        root["steps"] = plan.scope.root["steps"]
        if plan.responseMapping?.mentionsPage == true { root["page"] = page?.root.value }
        let mapped: JSONValue?
        do {
            mapped = try plan.responseMapping?.value(in: ExpressionScope(root))
        } catch {
            throw prepared.problem(error)
        }
        guard case .object(var fields)? = mapped.map(ExactDigits(of: native).restored(in:)) else { throw noObject }
        if plan.mapping.pageMapping == nil, let custom = plan.mapping.customFields?.fields(of: native) {
            let own = fields["custom_fields"] ?? .object([:])
            fields["custom_fields"] = JSONValue.object(custom).overlaid(by: own.isNull ? .object([:]) : own)
        }
        let document = try JSONDocument(parsing: JSONValue.object(fields).bytes(), policy: .vendor)
        try prepared.plain.withSession(over: document, inputs: []) { session in
            try check(
                batch.append(remoteData: plan.remoteData(of: node)) { output, writer in
                    session.write(session.record(at: 0), to: &output, &writer)
                }
            )
        }
    }

    private func check(_ outcome: JSONataWritten) throws {
        switch outcome {
        case .record: break
        case .noObject: throw noObject
        case .withoutID: throw LeftOutRecords.withoutID(failure("gives a record without an id"))
        case .tooLarge: throw failure("gives a record that is too large")
        }
    }

    private var noObject: Problem { failure("does not give an object") }

    private func failure(_ what: String) -> Problem {
        Problem(.mappingFailed, "the response mapping of \(plan.model.category)/\(plan.model.name) \(what)")
    }
}

/// What is made of a response mapping once for all calls.
final class PreparedMapping: Sendable {
    /// The levels' expressions; nil when a level is written in another way than JSONata.
    let stack: JSONataStack?
    /// No expressions, for records that are written as they are.
    let plain: JSONataStack
    /// The form of a record.
    let shape: ModelShape
    private let expressions: [CompiledJSONata]
    private let stages: [MappingStack.Stage]

    static func of(_ plan: Plan) -> PreparedMapping {
        guard let mapping = plan.responseMapping else { return PreparedMapping(plan) }
        return mapping.prepared.value { PreparedMapping(plan) }
    }

    private init(_ plan: Plan) {
        stages = plan.responseMapping?.stages ?? []
        expressions = stages.compactMap { stage in
            if case .jsonata(let compiled) = stage.expression { compiled } else { nil }
        }
        let compiled = expressions.compactMap(\.expression)
        shape = ModelShape(plan.model.shape, enums: plan.mapping.enums)
        plain = JSONataStack([], form: shape.form)
        stack = compiled.count == stages.count ? JSONataStack(compiled, form: shape.form) : nil
    }

    /// What a failed level is for a caller.
    func problem(_ error: any Error) -> Problem {
        switch error {
        case let error as JSONataStackError:
            let failure = expressions[error.index].failure(error.error.code, at: error.error.position)
            return ExpressionProblem.problem(failure, level: stages[error.index].level)
        case let error as ExpressionError:
            let stage = stages.last { $0.pointer == error.pointer } ?? stages.last
            return ExpressionProblem.problem(error, level: stage?.level)
        default: return error as? Problem ?? Problem(.mappingFailed, "a record cannot be mapped", underlying: error)
        }
    }
}

/// The records of a page, one behind the other in one text.
private struct MappedBatch: ~Copyable {
    private var output: JSONByteWriter
    private var writer: RecordWriter
    private var written: [Written] = []

    private struct Written {
        let range: Range<Int>
        let remoteData: ArraySlice<UInt8>
        let etag: String?
        let warnings: [(pointer: String, message: String)]
    }

    init(_ shape: ModelShape, capacity: Int) {
        writer = RecordWriter(shape)
        output = JSONByteWriter(capacity: max(1024, capacity * 1024))
        written.reserveCapacity(capacity)
    }

    /// Adds the record that `write` gives.
    mutating func append(
        remoteData: ArraySlice<UInt8>,
        _ write: (inout JSONByteWriter, inout RecordWriter) throws -> JSONataWritten
    ) throws -> JSONataWritten {
        writer.reset()
        let start = output.count
        let outcome = try write(&output, &writer)
        guard outcome == .record else { return outcome }
        writer.writeRemoteValues(to: &output)
        written.append(
            Written(range: start..<output.count, remoteData: remoteData, etag: writer.etag, warnings: writer.warnings)
        )
        return .record
    }

    consuming func records() -> [MappedRecord] {
        let page = output.finishText()
        return written.map { record in
            MappedRecord(
                page: page,
                range: record.range,
                remoteData: record.remoteData,
                etag: record.etag,
                warnings: record.warnings
            )
        }
    }
}
