import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// One native list of a unified one, with all that is needed to fetch its pages.
struct ListPart {
    /// A page with the request that it answers.
    struct Fetched {
        let facts: PageFacts
    }

    let branch: Int
    let plan: Plan
    let pagination: Pagination
    let slicing: Slicing
    private let identity: RecordIdentity
    private let run: ListRun
    private let skipWhen: Expression?

    private var config: PaginationConfig { pagination.config }

    init(_ run: ListRun, branch: Int) async throws {
        self.run = run
        self.branch = branch
        plan = try run.plan.branch(branch, of: run.connector)
        skipWhen = plan.branches[safe: branch]?.skipWhen
        pagination = Pagination(config: plan.native.pagination)
        identity = RecordIdentity(digests: run.digests, path: plan.identityPath)
        slicing = Slicing(
            pagination,
            sort: plan.query.sort,
            ids: try await Self.ids(plan, run),
            branchCount: plan.branches.count,
            identity: identity
        )
    }

    /// Finds the place of a cursor again in a list of identifiers that may have changed.
    func resume(_ position: inout ListPosition) throws {
        guard let mark = position.slice.batchMark else { return }
        let ids = slicing.ids
        let batch = position.slice.batch
        if batch <= ids.count, try identity.hash(ids[batch - 1]) == mark { return }
        guard let index = try ids.lastIndex(where: { try identity.hash($0) == mark }) else { throw Self.changed }
        position.slice.batch = index + 1
    }

    /// Whether a page can be asked for now: fills in the first span of time, or waits for what the vendor makes ready.
    func prepare(
        _ position: inout ListPosition,
        clock: EngineClock,
        state: inout ListRun.Progress
    ) async throws -> Bool {
        if let window = config.window, slicing.usesWindows, config.cap == nil, position.slice.span == nil {
            position.slice.span = try span(window)
        }
        if position.page == .first, let initial = config.dynamic?.initial {
            do {
                if let state = try initial.value(in: plan.scope), !state.isNull { position.page = .state(state) }
            } catch { throw ExpressionProblem.problem(error) }
        }
        guard let job = config.job else { return true }
        return try await AsyncJobRun(job: job, plan: plan, connector: run.connector, exchange: run.exchange)
            .isReady(&position.slice, scope: scope(position, size: 0), clock: clock)
    }

    /// The page at a position.
    func fetch(_ position: ListPosition, size: Int) async throws -> Fetched {
        let document = run.connector.document
        let asked = scope(position, size: size)
        var native = plan.native
        var request: NativeRequest
        if let download = config.job?.download {
            (native, request) = try plan.side(
                download,
                connector: run.connector,
                slice: slicing.scope(position.slice),
                asked: asked
            )
        } else {
            request = try plan.request(connector: document, in: asked)
        }
        try pagination.apply(position.page, size: size, to: &request, connector: document, scope: asked)
        if let parameter = config.chunks?.parameter {
            let texts = slicing.portion(of: position.slice)
            let value: JSONValue =
                parameter.place == .body
                ? .array(Array(texts)) : .string(texts.compactMap(\.plainText).joined(separator: ","))
            try pagination.put(value, parameter, &request)
        }
        if position.page == .first, let url = position.slice.job?["url"]?.string {
            try pagination.apply(.address(url), size: size, to: &request, connector: document, scope: asked)
        }
        let empty = native.emptyStatuses + [204] + (config.pageKind == .range ? [416] : [])
        let answer = try await FieldChunks(native.fieldChunking, recordsPath: native.recordsPath)
            .answer(to: request, by: run.exchange, emptyStatuses: empty)
        let found = try plan.records(in: answer, of: native, scope: asked)
        return Fetched(
            facts: PageFacts(
                asked: asked,
                request: request,
                connector: document,
                answer: answer,
                nodes: found.nodes,
                nativeCount: found.nativeCount,
                lastRecord: found.nodes.last.map { plan.mapping.pageMapping == nil ? $0 : $0["remote_data"] ?? $0 },
                position: position
            )
        )
    }

    /// The first half of a span of time, or of all time, that holds more than one query gives; nil when it is small
    /// enough.
    func halved(_ position: ListPosition, facts: PageFacts) throws -> ListPosition? {
        guard let cap = config.cap, let window = config.window, slicing.usesWindows, position.page == .first,
            position.skip == 0, position.slice.bound == nil,
            let total = pagination.total(in: facts.answer), total > cap
        else { return nil }
        let span = try position.slice.span ?? span(window)
        guard span.until - span.from > 1 else { return nil }
        var narrower = position
        let middle = span.from + (span.until - span.from) / 2
        narrower.slice.span = ListSlice.Span(from: span.from, until: middle, end: span.end)
        return narrower
    }

    /// How many records the list has, where that can be said of all its parts.
    func total(_ facts: PageFacts, _ position: ListPosition) -> Int? {
        guard position.slice == ListSlice(), slicing.ids.isEmpty else { return nil }
        return [.none, .asyncJob].contains(config.kind) && config.pageKind == .none && config.totalPath == nil
            ? facts.nodes.count : pagination.total(in: facts.answer)
    }

    /// What the connector carries from page to page.
    func carried(_ facts: PageFacts) throws -> JSONObject {
        var values = facts.position.values
        for value in config.values { values[value.name] = try facts.value(of: value.expression) ?? .null }
        return values
    }

    /// Whether a record has not been given out yet and belongs to this list.
    func admits(_ node: JSONNode, _ seen: inout SeenRecords) throws -> Bool {
        if let tie = try slicing.tie(node) {
            guard seen.admits(try identity.hash(node), value: tie) else { return false }
        } else if plan.native.dedupePath != nil {
            guard seen.admits(try identity.hash(node)) else { return false }
        }
        guard let skipWhen else { return true }
        do {
            return try !skipWhen.isTrue(in: plan.scope.adding("response", node.value))
        } catch {
            throw ExpressionProblem.problem(error)
        }
    }

    /// The records with those of other native calls joined in; nil when there is nothing to join.
    func joined(_ nodes: ArraySlice<JSONNode>) async throws -> [JSONNode]? {
        guard !plan.mapping.joins.isEmpty, !nodes.isEmpty else { return nil }
        return try await NativeJoins(plan: plan, connector: run.connector, exchange: run.exchange)
            .joined(Array(nodes))
    }

    /// How many records of a page the caller has already, after a look at whether it still is the same page.
    func skipped(_ position: ListPosition, _ nodes: [JSONNode]) throws -> Int {
        guard position.skip > 0 || position.pageHash != nil else { return 0 }
        let hashes = try nodes.map(identity.hash)
        if position.skip <= nodes.count, try identity.pageHash(hashes) == position.pageHash { return position.skip }
        if config.onChange == .resume, let last = position.lastHash, let index = hashes.lastIndex(of: last) {
            return index + 1
        }
        throw Self.changed
    }

    /// The position inside of a page.
    func cut(_ position: ListPosition, size: Int, given: Int, _ nodes: [JSONNode]) throws -> ListPosition {
        let hashes = try nodes.map(identity.hash)
        var position = position
        position.skip = given
        position.pageHash = try identity.pageHash(hashes)
        position.lastHash = given > 0 ? hashes[given - 1] : nil
        position.size = size
        return position
    }

    private func scope(_ position: ListPosition, size: Int) -> ExpressionScope {
        var scope = plan.scope
        scope.root["paging"] = pagination.scope(position.page, size: size)
        scope.root["page_index"] = .number(JSONNumber(position.pageIndex))
        scope.root["slice"] = slicing.scope(position.slice)
        scope.root["job"] = position.slice.job
        scope.root["values"] = .object(position.values)
        if case .object(let query)? = scope.root["query"] {
            scope.root["query"] = .object(slicing.narrowed(query, to: position.slice))
        }
        return scope
    }

    private func span(_ window: TimeWindow) throws -> ListSlice.Span {
        func milliseconds(_ expression: Expression) throws -> Int {
            let value: JSONValue?
            do { value = try expression.value(in: plan.scope) } catch { throw ExpressionProblem.problem(error) }
            guard let instant = value?.plainText.flatMap({ Instant($0) }) else {
                throw Problem(.configInvalid, "the window of a paging needs times in RFC 3339")
            }
            return instant.milliseconds
        }
        var from = try milliseconds(window.from)
        for filter in plan.scope.root["query"]?["filters"]?.array ?? []
        where filter["native"] == .string(window.native) && filter["op"]?.string?.hasPrefix("g") == true {
            if let instant = filter["value"]?.string.flatMap({ Instant($0) }) { from = max(from, instant.milliseconds) }
        }
        let end = max(from + 1, try milliseconds(window.until))
        let until = window.width.map { min(end, from + $0 * 1000) } ?? end
        return ListSlice.Span(from: from, until: until, end: end)
    }

    /// The identifiers that the list is asked for by: those of the caller's filter, or of a native call.
    private static func ids(_ plan: Plan, _ run: ListRun) async throws -> [JSONValue] {
        guard let chunks = plan.native.pagination.chunks else { return [] }
        guard let source = chunks.source else {
            let filters = plan.scope.root["query"]?["filters"]?.array ?? []
            let ids = filters.first { $0["field"] == .string(chunks.field) && $0["op"] == "in" }?["value"]?.array
            guard let ids else {
                guard plan.native.pagination.kind == .idChunk else { return [] }
                let name = "\(chunks.field)[in]"
                throw Problem(
                    .invalidRequest,
                    "the vendor lists these records by their identifiers only; give \(name)",
                    failures: [.init(code: "invalid_request", message: "this filter is needed", pointer: name)]
                )
            }
            var seen: Set<JSONValue> = []
            return ids.filter { seen.insert($0).inserted }
        }
        let (native, request) = try plan.side(source, connector: run.connector, slice: [:])
        let answer = try await run.exchange.answer(to: request, emptyStatuses: native.emptyStatuses + [204])
        if answer.isEmptyResult { return [] }
        return answer.value(at: chunks.path)?.array ?? []
    }

    private static var changed: Problem {
        Problem(
            .cursorMismatch,
            "the vendor's list changed while it was being read; start again without a cursor",
            failures: [.init(code: "cursor_mismatch", message: "the list has changed", pointer: "next_cursor")]
        )
    }
}
