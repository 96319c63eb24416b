import ConnectorConfig
import JSONValue
import Vocabulary

/// A unified list of several native ones whose records are about the same things: those with the same key become one.
///
/// Nothing can be said of a record before all lists are read: the last row of the last list may belong to the first
/// record. So all of them are read for each page, up to a limit that the connector sets, and the engine filters, sorts and
/// cuts the result; a cursor tells only where. Further pages cost no calls where the native lists are `cacheable`.
struct MergedList {
    let run: ListRun
    let merging: FanOutMerging

    /// Vendor's pages that are read at most, whatever they hold.
    private static let roundsMax = 100

    func page() async throws -> ListPage {
        let plan = run.plan
        let sideLoads = try SideLoads(plan)
        let position = try plan.query.cursor.map { try run.cursors.position($0, binding: run.binding) }
        let limit = min(plan.limit, position?.most ?? .max)
        var state = try await everything()
        var records = state.records
        if !plan.localFilters.isEmpty { records = records.filter { plan.localFilters.match($0.fields) } }
        if let order = RecordOrder(plan.query.sort.filter { plan.mapping.sortsHere(by: $0.field) }, of: plan.model) {
            records = order.sorted(records)
        }
        let start = try start(position, in: records)
        let end = min(records.count, start + limit)
        state.records = Array(records[start..<end])
        try await sideLoads.fill(&state.records, in: run)
        return ListPage(
            records: state.records,
            nextCursor: end < records.count
                ? try run.cursors.text(place(end, after: records[end - 1]), binding: run.binding) : nil,
            previousCursor: start > 0
                ? try run.cursors.text(before(start, by: limit), binding: run.binding) : nil,
            total: records.count,
            isPartial: plan.mapping.isPartial,
            meta: run.meta(state),
            rateLimit: state.rateLimit
        )
    }

    /// The records of all lists, merged.
    private func everything() async throws -> ListRun.Progress {
        var merger = RecordMerger(merging, branches: run.plan.branches)
        var next: ListPosition? = ListPosition()
        var whole = ListRun.Progress(start: ListPosition())
        var rounds = 0
        while let position = next {
            let (part, _) = try await run.gather(from: position, limit: merging.recordsMax + 1 - merger.readCount)
            for (record, branch) in zip(part.records, part.branches) { merger.add(record, of: branch) }
            rounds += 1
            guard merger.readCount <= merging.recordsMax, rounds < Self.roundsMax else {
                throw Problem(
                    .remoteResponseTooLarge,
                    "the vendor's lists hold more than \(merging.recordsMax) records; narrow them by a filter"
                )
            }
            whole.take(over: part)
            next = part.next
        }
        whole.records = merger.records
        return whole
    }

    private func start(_ position: ListPosition?, in records: [MappedRecord]) throws -> Int {
        guard let position, case .offset(let offset) = position.page else { return 0 }
        guard let last = position.lastHash else { return min(offset, records.count) }
        if offset <= records.count, offset > 0, try hash(records[offset - 1]) == last { return offset }
        guard let index = try records.lastIndex(where: { try hash($0) == last }) else {
            throw Problem(
                .cursorMismatch,
                "the vendor's list changed while it was being read; start again without a cursor",
                failures: [.init(code: "cursor_mismatch", message: "the list has changed", pointer: "next_cursor")]
            )
        }
        return index + 1
    }

    private func place(_ offset: Int, after record: MappedRecord) throws -> ListPosition {
        var position = ListPosition(page: .offset(offset))
        position.lastHash = try hash(record)
        return position
    }

    private func before(_ start: Int, by limit: Int) -> ListPosition {
        let offset = max(0, start - limit)
        var position = ListPosition(page: .offset(offset))
        position.most = start - offset
        return position
    }

    private func hash(_ record: MappedRecord) throws -> String {
        try RecordIdentity(digests: run.digests, path: merging.key).hash(record.fields["id"] ?? .object(record.fields))
    }
}

/// Records with the same key as one: the first list's values stand, what it lacks comes from those after it.
struct RecordMerger {
    private struct Entry {
        var fields: JSONObject
        /// The vendor's own records by the names of their resources.
        var natives: [(name: String, text: ArraySlice<UInt8>)]
        var warnings: [(pointer: String, message: String)]
    }

    private let merging: FanOutMerging
    private let resources: [String]
    private var merged: [Entry] = []
    private var places: [String: Int] = [:]
    /// How many records were added.
    private(set) var readCount = 0

    init(_ merging: FanOutMerging, branches: [FanOutBranch]) {
        self.merging = merging
        let names = branches.map(\.route.resource)
        resources = branches.map(\.route).map { route in
            names.count { $0 == route.resource } > 1 ? "\(route.resource)_\(route.method)" : route.resource
        }
    }

    /// Adds a record of one of the lists.
    ///
    /// `key`: instead of the one it has.
    mutating func add(_ record: MappedRecord, of branch: Int, key given: String? = nil) {
        readCount += 1
        let fields = record.fields
        let key = given ?? merging.key.value(in: .object(fields))?.plainText
        if let key, let place = places[key] {
            merged[place].fields = merged[place].fields.completed(by: fields)
            if !merged[place].natives.contains(where: { $0.name == resources[branch] }) {
                merged[place].natives.append((resources[branch], record.remoteData))
            }
            merged[place].warnings += record.warnings
            return
        }
        // A record without the key is like no other.
        if let key { places[key] = merged.count }
        merged.append(
            Entry(fields: fields, natives: [(resources[branch], record.remoteData)], warnings: record.warnings)
        )
    }

    /// The records, each with its native ones under the names of their resources.
    var records: [MappedRecord] {
        merged.map { entry in
            var native = Array("{".utf8)
            for (index, part) in entry.natives.enumerated() {
                if index > 0 { native.append(UInt8(ascii: ",")) }
                native += JSONValue.string(part.name).bytes() + [UInt8(ascii: ":")] + part.text
            }
            native.append(UInt8(ascii: "}"))
            return MappedRecord(fields: entry.fields, remoteData: native[...], warnings: entry.warnings)
        }
    }
}

extension JSONObject {
    /// The object with what it lacks from another one; nulls and empty lists count as lacking.
    fileprivate func completed(by other: JSONObject) -> JSONObject {
        var whole = self
        for member in other {
            switch (whole[member.key], member.value) {
            case (.object(let own)?, .object(let more)): whole[member.key] = .object(own.completed(by: more))
            case (nil, _), (.null?, _), (.array([])?, _): whole[member.key] = member.value
            default: break
            }
        }
        return whole
    }
}
