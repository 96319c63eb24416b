import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// The order that a caller wants of records that come from several lists.
package struct RecordOrder: Sendable {
    /// What of a record decides its place.
    package struct Key: Sendable {
        fileprivate let values: [Value?]
    }

    fileprivate enum Value: Sendable {
        case number(Double)
        case time(Int)
        case text(String)
    }

    private let keys: [(path: [String], type: FilterConfig.ValueType, isAscending: Bool)]

    /// The order by some keys of a resource; nil for none.
    init?(_ sort: [UnifiedQuery.Sort], of resource: ResourceModel) {
        guard !sort.isEmpty else { return nil }
        keys = sort.map { sort in
            (QueryName(sort.field)?.parts ?? [sort.field], resource.shape(of: sort.field), sort.isAscending)
        }
    }

    /// Reads `sort_by` of a list; nil when the caller wants no order.
    ///
    /// - Throws: `Problem` for an order that the model has not, and for answers that do not show what decides it.
    init?(_ call: UnifiedCall, model: UnifiedModel) throws {
        guard let resource = model.resource(call.category, call.resource) else { return nil }
        let shown = ["sort_by", "fields", "exclude_fields", "truto_exclude_fields"]
        let isRaw = call.query.contains { $0.name.hasSuffix("response_format") && $0.value == "raw" }
        let query = try UnifiedQuery(
            call.query.filter { item in QueryName(item.name).map { shown.contains($0.first) } ?? false },
            resource: resource,
            isList: true
        )
        self.init(query.sort, of: resource)
        guard !isRaw, keys.allSatisfy({ query.projects($0.path[0]) }) else {
            throw Problem(
                .invalidRequest,
                "a list over several accounts is sorted by what its records show; let them show the fields of sort_by",
                failures: [.init(code: "invalid_request", message: "the field must be shown", pointer: "sort_by")]
            )
        }
    }

    /// Refuses a page whose records are in no order, since the connector cannot sort them and the caller does not insist.
    ///
    /// - Throws: `Problem` (`filter_not_supported`).
    package func check(_ page: RecordPage) throws {
        let fates = page.meta["filters"]?.object ?? JSONObject()
        guard let fate = fates.first(where: { $0.key.hasPrefix("sort_by[") && $0.value == "ignored" }) else { return }
        let message =
            "the account's connector cannot sort here, so its records have no place among those of the others; "
            + "leave the order out, or read the account alone"
        throw Problem(
            .filterNotSupported,
            message,
            failures: [.init(code: "filter_not_supported", message: message, pointer: fate.key)]
        )
    }

    /// What decides a record's place.
    ///
    /// `record`: as JSON text.
    package func key(of record: [UInt8]) -> Key {
        key(of: (try? JSONValue(parsing: record, policy: .vendor)) ?? .null)
    }

    /// What decides a record's place.
    func key(of record: JSONValue) -> Key {
        Key(
            values: keys.map { key in
                let found = key.path.reduce(Optional(record)) { value, name in value?[name] }
                guard let text = found?.plainText else { return nil }
                return switch key.type {
                case .number: Double(text).map(Value.number)
                case .datetime: Instant(text).map { .time($0.milliseconds) }
                case .string, .date, .boolean: .text(text.lowercased())
                }
            }
        )
    }

    /// Whether a record comes before another one; records without a value come last.
    package func precedes(_ left: Key, _ right: Key) -> Bool {
        for (index, key) in keys.enumerated() {
            switch (left.values[index], right.values[index]) {
            case (nil, nil): continue
            case (nil, _?): return false
            case (_?, nil): return true
            case (let one?, let other?):
                if one < other { return key.isAscending }
                if other < one { return !key.isAscending }
            }
        }
        return false
    }
}

extension RecordOrder {
    /// The records in this order; those of equal keys stay as they are.
    func sorted(_ records: [MappedRecord]) -> [MappedRecord] {
        let keys = records.map { key(of: .object($0.fields)) }
        return records.indices.sorted { left, right in
            if precedes(keys[left], keys[right]) { return true }
            return !precedes(keys[right], keys[left]) && left < right
        }.map { records[$0] }
    }
}

extension RecordOrder.Value: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.number(let one), .number(let other)): one < other
        case (.time(let one), .time(let other)): one < other
        case (.text(let one), .text(let other)): one < other
        default: false
        }
    }
}

/// Where a sorted list over several accounts goes on: for each account the page it stands in, and how much of it has been
/// given out.
package struct MergePosition: Sendable, Equatable {
    /// One account.
    package struct Lane: Sendable, Equatable {
        /// The page it stands in; nil for its first.
        package var cursor: String?
        /// Records of that page that have been given out.
        package var skip = 0
        /// The identifier of the last of them, by which the place is found in a page that has changed since.
        package var last: String?
        /// Whether it has nothing more.
        package var isDone = false

        /// The start of an account.
        package init() {}
    }

    /// Accounts that can be merged at once: each has its place in the cursor.
    package static let lanesMax = 20

    /// The accounts, in the caller's order.
    package var lanes: [Lane]
    /// The size of the accounts' pages, the same on all of the way.
    package let pageSize: Int

    /// The start of a list.
    package init(accounts: Int, pageSize: Int) {
        lanes = Array(repeating: Lane(), count: accounts)
        self.pageSize = pageSize
    }

    /// Whether nothing is left.
    package var isAtEnd: Bool { lanes.allSatisfy(\.isDone) }
}

extension MergePosition {
    /// `[size, [cursor, skip, last], true, ...]`: true for an account that has nothing more.
    var json: JSONValue {
        .array(
            [.number(JSONNumber(pageSize))]
                + lanes.map { lane in
                    lane.isDone
                        ? true
                        : [
                            lane.cursor.map(JSONValue.string) ?? .null, .number(JSONNumber(lane.skip)),
                            lane.last.map(JSONValue.string) ?? .null,
                        ]
                }
        )
    }

    init?(_ json: JSONValue, accounts: Int) {
        guard let parts = json.array, parts.count == accounts + 1, accounts <= Self.lanesMax,
            let size = parts[0].int, (1...UnifiedQuery.limitMax).contains(size)
        else { return nil }
        self.init(accounts: accounts, pageSize: size)
        for index in 0..<accounts {
            let part = parts[index + 1]
            lanes[index].isDone = part == true
            lanes[index].cursor = part[0]?.string
            lanes[index].skip = max(0, part[1]?.int ?? 0)
            lanes[index].last = part[2]?.string
        }
    }
}

extension Engine {
    /// The order that a list over several accounts is wanted in; nil for that of the accounts.
    package func order(of call: UnifiedCall) throws -> RecordOrder? {
        try RecordOrder(call, model: model)
    }

    /// The cursor for a place in a sorted list over several accounts.
    package func cursor(_ position: MergePosition, binding: [String]) throws -> String {
        try cursors.sealed(position.json.bytes(), binding: ["merge"] + binding)
    }

    /// The place that a cursor stands for.
    ///
    /// - Throws: `Problem` (`cursor_mismatch`) when it was made for something else, or not by us.
    package func mergePosition(_ cursor: String, accounts: Int, binding: [String]) throws -> MergePosition {
        let payload = try cursors.opened(cursor, binding: ["merge"] + binding)
        guard let json = try? JSONValue(parsing: payload), let position = MergePosition(json, accounts: accounts) else {
            throw CursorCodec.refusal
        }
        return position
    }
}
