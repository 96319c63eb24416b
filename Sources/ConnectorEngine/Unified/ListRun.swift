import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// One call of `list`: fetches as many of the vendor's pages as the caller's page needs and cuts those that are larger,
/// so that each record is given out exactly once whatever sizes either side likes.
struct ListRun {
    let call: UnifiedCall
    let plan: Plan
    let connector: CompiledConnector
    let model: UnifiedModel
    let exchange: VendorExchange
    let cursors: CursorCodec
    let digests: any Digests
    let clock: EngineClock
    let pipeline: Pipeline

    /// The page as an answer.
    func result() async throws -> UnifiedResult {
        let page = try await page()
        return UnifiedResult(
            body: EnvelopeWriter(query: plan.query).list(
                page.records,
                nextCursor: page.nextCursor,
                previousCursor: page.previousCursor,
                total: page.total,
                isPartial: page.isPartial,
                meta: page.meta
            ),
            nextCursor: page.nextCursor,
            count: page.records.count,
            remoteRateLimit: page.rateLimit
        )
    }

    /// The page that the caller asks for.
    func page() async throws -> ListPage {
        if let merging = plan.mapping.merging, !plan.branches.isEmpty {
            return try await MergedList(run: self, merging: merging).page()
        }
        var position = try plan.query.cursor.map { try cursors.position($0, binding: binding) } ?? ListPosition()
        try checkAge(position)
        let limit = min(plan.limit, position.most ?? .max)
        position.most = nil
        let sideLoads = try SideLoads(plan)
        guard plan.mapping.fanOut.isEmpty || !plan.branches.isEmpty else {
            // None of the native lists can have what the caller wants.
            let state = Progress(start: position)
            return ListPage(records: [], total: 0, isPartial: plan.mapping.isPartial, meta: meta(state))
        }
        var (state, part) = try await gather(from: position, limit: limit)
        try await sideLoads.fill(&state.records, in: self)
        return try ListPage(
            records: state.records,
            nextCursor: state.next.map { try text($0, part) },
            previousCursor: previous(state, part, limit: limit).map { try cursors.text($0, binding: binding) },
            total: plan.localFilters.isEmpty && plan.branches.count < 2 ? state.total : nil,
            isPartial: plan.mapping.isPartial,
            meta: meta(state),
            rateLimit: state.rateLimit
        )
    }

    /// Records from a position on, and the list that they were read of last.
    func gather(from position: ListPosition, limit: Int) async throws -> (state: Progress, part: ListPart) {
        var position = position
        var part = try await ListPart(self, branch: position.slice.branch)
        try part.resume(&position)
        var state = Progress(start: position)

        for _ in 0..<plan.native.pagination.maxPages {
            if position.slice.branch != part.branch {
                part = try await ListPart(self, branch: position.slice.branch)
            }
            guard try await part.prepare(&position, clock: clock, state: &state) else {
                state.next = position
                break
            }
            let size = part.pagination.size(wanted: wanted(limit - state.records.count), position: position)
            let fetched = try await part.fetch(position, size: size)
            if state.firstAnswer == nil {
                state.firstAnswer = fetched.facts.answer
                state.drift = try fetched.facts.request.contract?.drift(of: fetched.facts.answer) ?? []
            }
            if fetched.facts.answer.document?.textWasRepaired == true { state.textWasRepaired = true }
            state.rateLimit = exchange.remoteRateLimit ?? state.rateLimit
            if state.pages == 0 { state.total = state.total ?? part.total(fetched.facts, position) }
            if let narrower = try part.halved(position, facts: fetched.facts) {
                position = narrower
                state.next = position
                continue
            }
            state.pages += 1
            position.values = try part.carried(fetched.facts)
            let given = try await take(fetched.facts, &position, part, limit: limit, &state)
            if given < fetched.facts.nodes.count {
                state.next = try part.cut(position, size: size, given: given, fetched.facts.nodes)
                break
            }
            state.next = try part.slicing.next(after: position, size: size, facts: fetched.facts)
            guard let next = state.next else { break }
            position = next
            if state.records.count == limit { break }
        }
        return (state, part)
    }

    /// Maps records of a page until the caller's page is full.
    ///
    /// - Returns: how many records of the vendor's page are dealt with.
    private func take(
        _ facts: PageFacts,
        _ position: inout ListPosition,
        _ part: ListPart,
        limit: Int,
        _ state: inout Progress
    ) async throws -> Int {
        var index = try part.skipped(position, facts.nodes)
        let filters = filters
        defer { state.branches += Array(repeating: part.branch, count: state.records.count - state.branches.count) }
        let reach = filters.isEmpty ? limit - state.records.count : facts.nodes.count
        let joined = try await part.joined(facts.nodes[index...].prefix(reach))
        let found = try await pipeline.after(part.plan, facts.answer)
        let mapper = ResponseMapper(found, context: found.context, answer: facts.answer)
        let start = index
        var leftOut = LeftOutRecords()
        var taken: [JSONNode] = []
        while index < facts.nodes.count, state.records.count + taken.count < limit {
            let node = facts.nodes[index]
            index += 1
            guard try part.admits(node, &position.seen) else { continue }
            let whole = joined?[safe: index - 1 - start] ?? node
            guard !filters.isEmpty else {
                taken.append(whole)
                continue
            }
            let records = try found.records([whole], mapper, leftOut: &leftOut)
            state.records += records.filter { filters.match($0.fields) }
        }
        state.records += try found.records(taken, mapper, leftOut: &leftOut)
        try leftOut.check()
        state.leftOut.add(leftOut)
        return index
    }

    /// What one call has gathered.
    struct Progress {
        let start: ListPosition
        var records: [MappedRecord] = []
        /// Which list each of them is of.
        var branches: [Int] = []
        var next: ListPosition?
        var total: Int?
        var pages = 0
        var rateLimit: UnifiedResult.RemoteRateLimit?
        var firstAnswer: NativeAnswer?
        /// How the first answer differs from what the connector knows of it.
        var drift: [Problem.Failure] = []
        /// Whether a page held text that is no text.
        var textWasRepaired = false
        /// Records that could not be mapped.
        var leftOut = LeftOutRecords()

        init(start: ListPosition) { self.start = start }

        /// Takes over what another one knows beside records.
        mutating func take(over other: Progress) {
            rateLimit = other.rateLimit ?? rateLimit
            drift += other.drift.filter { !drift.contains($0) }
            textWasRepaired = textWasRepaired || other.textWasRepaired
            leftOut.add(other.leftOut)
        }
    }

    /// What a cursor is good for.
    ///
    /// The page size is not part of it: a caller may change his mind.
    var binding: [String] {
        let query = plan.query
        return [
            call.account.description, call.category, call.resource, call.method, connector.revision,
            query.filters.map { "\($0.field)[\($0.comparison.rawValue)]=\($0.values.joined(separator: "\u{1}"))" }
                .sorted().joined(separator: "\u{2}"),
            query.sort.map { "\($0.field) \($0.isAscending)" }.joined(separator: ","), query.search ?? "",
            JSONValue.object(query.remoteQuery).text(.canonical),
        ]
    }

    /// What records are filtered by as they come; merged ones are when they are whole.
    private var filters: LocalFilters { plan.mapping.merging == nil ? plan.localFilters : LocalFilters() }

    /// More than the caller wants when some of it may be filtered out.
    private func wanted(_ missing: Int) -> Int {
        filters.isEmpty ? missing : max(missing, 100)
    }

    private func text(_ position: ListPosition, _ part: ListPart) throws -> String {
        var position = position
        if part.plan.native.pagination.cursorLifetime != nil { position.madeAt = clock.now() }
        return try cursors.text(position, binding: binding)
    }

    private func checkAge(_ position: ListPosition) throws {
        guard let made = position.madeAt, let lifetime = plan.native.pagination.cursorLifetime,
            clock.now() > made + lifetime
        else { return }
        throw Problem(
            .cursorMismatch,
            "the vendor keeps its place in a list for \(lifetime) seconds only; start again without a cursor",
            failures: [.init(code: "cursor_mismatch", message: "the cursor is too old", pointer: "next_cursor")]
        )
    }

    /// The page before the one given out.
    private func previous(_ state: Progress, _ part: ListPart, limit: Int) -> ListPosition? {
        let start = state.start
        guard let answer = state.firstAnswer, plan.localFilters.isEmpty, start.slice == ListSlice() else { return nil }
        var position = start
        if start.skip > 0 {
            position.skip = max(0, start.skip - limit)
            position.most = start.skip - position.skip
            position.lastHash = nil
            return position
        }
        let pagination = part.pagination
        if [.offset, .range].contains(pagination.config.pageKind), !pagination.countsPages {
            let offset = pagination.offset(of: start.page)
            let first = pagination.config.start
            guard offset > first else { return nil }
            let before = max(first, offset - limit)
            position = ListPosition(page: before == first ? .first : .offset(before))
            position.most = offset - before
            return position
        }
        return pagination.previous(before: start.page, answer: answer).map { page in
            position = ListPosition(page: page)
            position.size = start.size
            return position
        }
    }

    func meta(_ state: Progress) -> JSONObject {
        var meta = JSONObject()
        meta["request_id"] = call.requestID.map(JSONValue.string)
        if !plan.filterFates.isEmpty {
            meta["filters"] = .object(
                JSONObject(plan.filterFates.map { ($0.field, .string($0.fate.rawValue)) })
            )
        }
        var warnings = ListWarnings()
        warnings.add(state.leftOut.warnings)
        warnings.add(state.drift)
        if state.textWasRepaired {
            let message = "the vendor sent bytes that are not UTF-8; U+FFFD stands in their place"
            warnings.add([.init(code: "text_repaired", message: message, pointer: "/result")])
        }
        warnings.add(of: state.records)
        meta["warnings"] = warnings.json
        meta["config_revision"] = .string(connector.revision)
        return meta
    }
}

extension Array {
    /// The element at an index; nil outside of the array.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
