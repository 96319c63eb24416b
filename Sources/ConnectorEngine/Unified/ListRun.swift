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
    let exchange: VendorExchange
    let cursors: CursorCodec
    let digests: any Digests
    let context: JSONValue

    /// The page as an answer.
    func result() async throws -> UnifiedResult {
        let page = try await page()
        return UnifiedResult(
            body: EnvelopeWriter(query: plan.query).list(
                page.records,
                nextCursor: page.nextCursor,
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
        let pagination = Pagination(config: plan.native.pagination)
        let limit = plan.query.limit
        var position = try plan.query.cursor.map { try cursors.position($0, binding: binding) } ?? ListPosition()
        var records: [MappedRecord] = []
        var next: ListPosition?
        var total: Int?
        var rateLimit: UnifiedResult.RemoteRateLimit?

        for _ in 0..<pagination.config.maxPages {
            let size = pagination.size(wanted: limit - records.count, position: position)
            var request = try plan.request(
                connector: connector.document,
                paging: pagination.scope(position.page, size: size)
            )
            try pagination.apply(position.page, size: size, to: &request, connector: connector.document)
            let answer = try await exchange.answer(to: request)
            rateLimit = exchange.rateLimit(answer.response) ?? rateLimit
            let found = try answer.records(of: plan.native, scope: plan.scope)
            let nodes = found.nodes
            total = pagination.config.kind == .none ? nodes.count : pagination.total(in: answer) ?? total
            let skip = try skipped(position, nodes)
            let taken = nodes[skip...].prefix(limit - records.count)
            let mapper = ResponseMapper(plan, context: context, answer: answer)
            records += try mapper.records(taken)

            let given = skip + taken.count
            if given < nodes.count {
                next = try cut(position.page, size: size, given: given, nodes)
                break
            }
            guard
                let page = try pagination.next(
                    after: position.page,
                    size: size,
                    answer: answer,
                    count: found.nativeCount
                )
            else {
                next = nil
                break
            }
            position = ListPosition(page: page)
            if pagination.config.kind == .page { position.size = size }
            next = position
            if records.count == limit { break }
        }
        return ListPage(
            records: records,
            nextCursor: try next.map { try cursors.text($0, binding: binding) },
            total: total,
            isPartial: plan.mapping.isPartial,
            meta: meta(records),
            rateLimit: rateLimit
        )
    }

    /// What a cursor is good for.
    ///
    /// The page size is not part of it: a caller may change his mind.
    private var binding: [String] {
        let query = plan.query
        return [
            call.account.description, call.category, call.resource, call.method, connector.revision,
            query.filters.map { "\($0.field)[\($0.comparison.rawValue)]=\($0.values.joined(separator: "\u{1}"))" }
                .sorted().joined(separator: "\u{2}"),
            query.sort.map { "\($0.field) \($0.isAscending)" }.joined(separator: ","), query.search ?? "",
            JSONValue.object(query.remoteQuery).text(.canonical),
        ]
    }

    /// How many records of a page the caller has already, after a look at whether it still is the same page.
    private func skipped(_ position: ListPosition, _ nodes: [JSONNode]) throws -> Int {
        guard position.skip > 0 else { return 0 }
        let hashes = try nodes.map(hash)
        if position.skip <= nodes.count, try pageHash(hashes) == position.pageHash { return position.skip }
        if plan.native.pagination.onChange == .resume, let last = position.lastHash,
            let index = hashes.lastIndex(of: last)
        {
            return index + 1
        }
        throw Problem(
            .cursorMismatch,
            "the vendor's list changed while it was being read; start again without a cursor",
            failures: [.init(code: "cursor_mismatch", message: "the list has changed", pointer: "next_cursor")]
        )
    }

    /// The position inside of a page.
    private func cut(
        _ page: ListPosition.Page,
        size: Int,
        given: Int,
        _ nodes: [JSONNode]
    ) throws -> ListPosition {
        let hashes = try nodes.map(hash)
        var position = ListPosition(page: page)
        position.skip = given
        position.pageHash = try pageHash(hashes)
        position.lastHash = given > 0 ? hashes[given - 1] : nil
        position.size = size
        return position
    }

    private func pageHash(_ hashes: [String]) throws -> String {
        try short(Array(hashes.joined(separator: ",").utf8), 12)
    }

    /// Identity of a record: its id, else all of it.
    private func hash(_ node: JSONNode) throws -> String {
        let id = plan.native.idPath.names.reduce(node as JSONNode?) { $0?[$1] }
        return try short(Array((id ?? node).sourceBytes), 8)
    }

    private func short(_ bytes: [UInt8], _ length: Int) throws -> String {
        Base64.urlEncoded(Array(try digests.digest(.sha256, of: bytes).prefix(length)))
    }

    private func meta(_ records: [MappedRecord]) -> JSONObject {
        var meta = JSONObject()
        meta["request_id"] = call.requestID.map(JSONValue.string)
        if !plan.filterFates.isEmpty {
            meta["filters"] = .object(
                JSONObject(plan.filterFates.map { ($0.field, .string($0.fate.rawValue)) })
            )
        }
        let warnings = records.enumerated().flatMap { index, record in
            record.warnings.map { ("/result/\(index)\($0.pointer)", $0.message) }
        }
        if !warnings.isEmpty {
            meta["warnings"] = .array(
                warnings.prefix(100).map { pointer, message in
                    ["code": "value_adjusted", "message": .string(message), "pointer": .string(pointer)]
                }
            )
        }
        meta["config_revision"] = .string(connector.revision)
        return meta
    }
}
