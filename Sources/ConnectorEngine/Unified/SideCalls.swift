import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

extension Plan {
    /// A native call beside that of the method itself, with `slice` for its expressions.
    ///
    /// `asked`: what its expressions see; that of the method's own request if nil.
    /// - Throws: `Problem` (`config_invalid`) when the connector has no such call.
    func side(
        _ name: NativeCallName,
        connector: CompiledConnector,
        slice: JSONValue,
        asked: ExpressionScope? = nil
    ) throws -> (native: ResourceMethod, request: NativeRequest) {
        guard let native = connector.resourceMethod(name.resource, name.method) else {
            throw Problem(.configInvalid, "there is no native call '\(name.resource)/\(name.method)'")
        }
        let scope = (asked ?? scope).adding("slice", slice).adding("job", slice["job"] ?? .null)
        return (native, try RequestBuilder(connector: connector.document, scope: scope).request(of: native))
    }

    /// Records in the form that the caller wants, without those that cannot be mapped.
    func records(_ nodes: [JSONNode], _ mapper: ResponseMapper, leftOut: inout LeftOutRecords) throws -> [MappedRecord]
    {
        guard query.format != .unified else { return try mapper.records(nodes, leftOut: &leftOut) }
        var records: [MappedRecord] = []
        for node in nodes {
            do {
                records.append(try record(node, mapper))
                leftOut.givenCount += 1
            } catch let problem as Problem {
                leftOut.add(problem)
            }
        }
        return records
    }

    /// A record of an answer of its own in the form that the caller wants.
    func record(_ node: JSONNode, from answer: NativeAnswer) throws -> MappedRecord {
        try record(node, ResponseMapper(self, context: context, answer: answer))
    }

    /// A record in the form that the caller wants.
    func record(_ node: JSONNode, _ mapper: ResponseMapper) throws -> MappedRecord {
        if query.format == .raw, localFilters.isEmpty, query.includes.isEmpty, mapping.merging == nil {
            return MappedRecord(fields: [:], remoteData: node.untouchedBytes, warnings: [])
        }
        var record = try mapper.record(node)
        guard query.format == .normalized else { return record }
        var fields = record.fields
        for member in model.document["properties"]?.object ?? JSONObject()
        where fields[member.key] == nil && member.key != "remote_data" {
            fields[member.key] = .null
        }
        record.fields = fields
        return record
    }
}

/// Makes a vendor prepare a list and waits for it, as often as one call may.
struct AsyncJobRun {
    let job: AsyncJob
    let plan: Plan
    let connector: CompiledConnector
    let exchange: VendorExchange

    /// Whether the list is ready; what is known of it goes into `slice.job`.
    ///
    /// A list that is not ready in time is an empty page with a cursor: the next call asks again.
    func isReady(_ slice: inout ListSlice, scope: ExpressionScope, clock: EngineClock) async throws -> Bool {
        if slice.job == nil {
            let answer = try await answer(job.create, slice)
            guard let id = answer.value(at: job.idPath), !id.isNull else {
                throw Problem(.remoteBadResponse, "the vendor does not name the list that it makes ready")
            }
            var job: JSONObject = ["id": id]
            if self.job.giveUpAfter != nil { job["at"] = .number(JSONNumber(clock.now())) }
            slice.job = .object(job)
        }
        for poll in 0..<job.maxPolls where slice.job?["ready"] != true {
            if poll > 0 { try await clock.wait(job.interval) }
            let answer = try await answer(job.poll, slice)
            let seen = ResponseScope.scope(answer.response, body: answer.document?.root.value ?? .null)
            if let failed = job.failedWhen, try isTrue(failed, seen) {
                throw Problem(.remoteUnavailable, "the vendor could not make the list ready; try again")
            }
            guard try isTrue(job.doneWhen, seen) else { continue }
            var done: JSONObject = ["id": slice.job?["id"] ?? .null, "ready": true]
            if let path = job.urlPath { done["url"] = answer.value(at: path) }
            slice.job = .object(done)
        }
        if slice.job?["ready"] == true { return true }
        try await giveUp(slice, at: clock.now())
        return false
    }

    /// Takes the order back when the vendor has had its time.
    private func giveUp(_ slice: ListSlice, at now: Int) async throws {
        guard let limit = job.giveUpAfter, let start = slice.job?["at"]?.int,
            now - start >= Int(limit.components.seconds)
        else { return }
        // Nobody waits for the list any more, so that a vendor which keeps making it does no harm.
        if let abort = job.abort { _ = try? await answer(abort, slice) }
        throw Problem(.remoteTimeout, "the vendor did not make the list ready in \(limit.components.seconds) seconds")
    }

    private func answer(_ name: NativeCallName, _ slice: ListSlice) async throws -> NativeAnswer {
        let (native, request) = try plan.side(name, connector: connector, slice: ["job": slice.job ?? .null])
        return try await exchange.answer(to: request, emptyStatuses: native.emptyStatuses)
    }

    private func isTrue(_ expression: Expression, _ scope: ExpressionScope) throws -> Bool {
        do { return try expression.isTrue(in: scope) } catch { throw ExpressionProblem.problem(error) }
    }
}

/// Joins the records of other native calls into those of a page, before they are mapped.
struct NativeJoins {
    let plan: Plan
    let connector: CompiledConnector
    let exchange: VendorExchange

    /// The records with what was found for them; those without a counterpart stay as they are.
    func joined(_ nodes: [JSONNode]) async throws -> [JSONNode] {
        var records = nodes.map { (node: $0, value: $0.value, isChanged: false) }
        for join in plan.mapping.joins where try isWanted(join) {
            let found = try await found(join, keys: records.map { join.local.value(in: $0.value) })
            for index in records.indices {
                guard let key = join.local.value(in: records[index].value)?.plainText, let other = found[key] else {
                    continue
                }
                let overlay = join.into.map { JSONValue.object([$0: other]) } ?? other
                records[index].value = records[index].value.overlaid(by: overlay)
                records[index].isChanged = true
            }
        }
        return try records.map { $0.isChanged ? try JSONNode(rewritten: $0.value) : $0.node }
    }

    private func isWanted(_ join: NativeJoin) throws -> Bool {
        do { return try join.condition?.isTrue(in: plan.scope) ?? true } catch {
            throw ExpressionProblem.problem(error)
        }
    }

    private func found(_ join: NativeJoin, keys: [JSONValue?]) async throws -> [String: JSONValue] {
        var seen: Set<String> = []
        let keys = keys.compactMap(\.self).filter { seen.insert($0.plainText ?? "").inserted && !$0.isNull }
        var found: [String: JSONValue] = [:]
        for start in stride(from: 0, to: keys.count, by: join.max) {
            let portion = Array(keys[start..<min(start + join.max, keys.count)])
            let (native, request) = try plan.side(join.call, connector: connector, slice: ["ids": .array(portion)])
            let answer = try await exchange.answer(to: request, emptyStatuses: native.emptyStatuses + [204])
            for node in try answer.records(of: native, scope: plan.scope).nodes {
                let record = node.value
                guard let key = join.foreign.value(in: record)?.plainText else { continue }
                found[key] = found[key].map { $0.overlaid(by: record) } ?? record
            }
        }
        return found
    }
}

/// Fetches what a caller includes and puts it into the records.
struct SideLoads {
    private let loads: [SideLoad]

    /// Most requests that one side load makes.
    private static let requestsMax = 10

    /// What the caller wants, as far as the method or its `list` offers it.
    ///
    /// Throws: `Problem` when the connector cannot include what is wanted.
    init(_ plan: Plan, besides list: @autoclosure () -> MethodMapping? = nil) throws {
        guard !plan.query.includes.isEmpty else {
            loads = []
            return
        }
        let offered = plan.mapping.sideLoads.merging(list()?.sideLoads ?? [:]) { own, _ in own }
        loads = try plan.query.includes.map { name in
            if let load = offered[name] { return load }
            let known = offered.keys.sorted().joined(separator: ", ")
            let message =
                known.isEmpty
                ? "nothing can be included here"
                : "'\(name.prefix(100))' cannot be included; known are \(known)"
                    + SpellingSuggestion.hint(for: name, among: offered.keys)
            throw Problem(
                .filterNotSupported,
                message,
                failures: [.init(code: "filter_not_supported", message: message, pointer: "include")]
            )
        }
    }

    /// Whether nothing is wanted.
    var isEmpty: Bool { loads.isEmpty }

    /// Puts what is included into the records.
    func fill(_ records: inout [MappedRecord], in run: ListRun) async throws {
        for load in loads {
            let keys = records.map { load.local.value(in: .object($0.fields))?.plainText }
            let found = try await found(load, keys: keys.compactMap(\.self), in: run)
            for (index, key) in keys.enumerated() {
                let matches = key.flatMap { found[$0] } ?? []
                var fields = records[index].fields
                if load.isMany {
                    fields[load.into] = .array(matches)
                } else if let match = matches.first {
                    fields[load.into] = (fields[load.into] ?? .object([:])).overlaid(by: match)
                }
                records[index].fields = fields
            }
        }
    }

    private func found(_ load: SideLoad, keys: [String], in run: ListRun) async throws -> [String: [JSONValue]] {
        var seen: Set<String> = []
        let keys = keys.filter { seen.insert($0).inserted }
        var found: [String: [JSONValue]] = [:]
        var requests = 0
        for start in stride(from: 0, to: keys.count, by: load.max) {
            var cursor: String?
            repeat {
                requests += 1
                guard requests <= Self.requestsMax else {
                    throw Problem(.invalidRequest, "too much is included for one page; ask for a smaller one")
                }
                let portion = keys[start..<min(start + load.max, keys.count)]
                let page = try await page(load, portion, cursor, in: run)
                for record in page.records {
                    let value = JSONValue.object(record.fields)
                    guard let key = load.foreign.value(in: value)?.plainText else { continue }
                    found[key, default: []].append(value)
                }
                cursor = page.nextCursor
            } while cursor != nil
        }
        return found
    }

    private func page(
        _ load: SideLoad,
        _ keys: ArraySlice<String>,
        _ cursor: String?,
        in run: ListRun
    ) async throws -> ListPage {
        var query = [
            (name: "\(load.filter)[in]", value: keys.joined(separator: ",")),
            (name: "limit", value: String(UnifiedQuery.limitMax)), (name: "ignore_remote_data", value: "true"),
        ]
        if let cursor { query.append((name: "next_cursor", value: cursor)) }
        let call = UnifiedCall(
            category: run.call.category,
            resource: load.resource,
            method: "list",
            query: query,
            account: run.call.account
        )
        let plan = try Plan(
            call,
            connector: run.connector,
            variables: run.plan.context.object ?? JSONObject(),
            model: run.model
        )
        return try await ListRun(
            call: call,
            plan: try await run.pipeline.before(plan),
            connector: run.connector,
            model: run.model,
            exchange: run.exchange,
            cursors: run.cursors,
            digests: run.digests,
            clock: run.clock,
            pipeline: run.pipeline
        ).page()
    }
}

extension JSONNode {
    /// A node of its own for a value that was put together.
    init(rewritten value: JSONValue) throws {
        do {
            self = try JSONDocument(parsing: value.bytes(), policy: .vendor).root
        } catch {
            throw Problem(.internalError, "a joined record cannot be read", underlying: error)
        }
    }
}
