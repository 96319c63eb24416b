import ConnectorConfig
import JSONValue
import Vocabulary

/// A list in parts, as pure decisions: what narrows the query of a part, and which part comes after it.
///
/// Parts lie inside of each other: native lists one after the other, in them portions of identifiers, in them spans of
/// time, in them stretches of the order that ends where a query's cap does.
///
/// ```
/// page, page, ... cap reached -> records beyond the last value        (unique key)
///                             -> records of exactly the last value and a larger id, then those beyond it
///                             -> records from the last value on, without those given out already
/// ```
struct Slicing {
    let pagination: Pagination
    /// The order in which the list can go on after any record; nil when the caller wants another one.
    let order: KeysetOrder?
    /// Whether spans of time fit the order that the caller wants.
    let usesWindows: Bool
    /// The identifiers that are asked for in portions.
    let ids: [JSONValue]
    let branchCount: Int
    let identity: RecordIdentity

    private var config: PaginationConfig { pagination.config }

    init(
        _ pagination: Pagination,
        sort: [UnifiedQuery.Sort],
        ids: [JSONValue] = [],
        branchCount: Int = 1,
        identity: RecordIdentity
    ) {
        self.pagination = pagination
        self.ids = ids
        self.branchCount = branchCount
        self.identity = identity
        let config = pagination.config
        order = KeysetOrder(config.keys, sort: sort)
        usesWindows =
            config.window.map { window in
                sort.isEmpty || (sort.count == 1 && sort[0].isAscending && sort[0].field == window.field)
            } ?? false
    }

    /// The value of a record that ties it to others, when such records have to be remembered.
    func tie(_ node: JSONNode) throws -> String? {
        guard let order, order.needsMemory else { return nil }
        return try identity.hash(node.value(at: order.key.path) ?? .null)
    }

    /// The query of a part: the caller's with the part's conditions and order.
    func narrowed(_ query: JSONObject, to slice: ListSlice) -> JSONObject {
        var filters = query["filters"]?.array ?? []
        var query = query
        if let chunks = config.chunks, chunks.source == nil, !ids.isEmpty {
            for (index, filter) in filters.enumerated()
            where filter["field"] == .string(chunks.field) && filter["op"] == "in" {
                guard case .object(var members) = filter else { continue }
                members["value"] = .array(Array(portion(of: slice)))
                filters[index] = .object(members)
            }
        }
        if let order {
            query["sort"] = .array(order.sort(for: slice.bound))
            for condition in order.conditions(for: slice.bound) { filters = condition.added(to: filters) }
        }
        if let window = config.window, let span = slice.span {
            func condition(_ comparison: String, _ milliseconds: Int) -> SliceCondition {
                SliceCondition(
                    field: window.field,
                    native: window.native,
                    type: .datetime,
                    comparison: comparison,
                    value: .string(Instant(millisecondsSinceEpoch: milliseconds).text)
                )
            }
            filters = condition("gte", span.from).added(to: filters)
            if span.until < span.end { filters = condition("lt", span.until).added(to: filters) }
        }
        query["filters"] = .array(filters)
        return query
    }

    /// What expressions see as `slice`.
    func scope(_ slice: ListSlice) -> JSONValue {
        var scope: JSONObject = ["branch": .number(JSONNumber(slice.branch))]
        if !ids.isEmpty { scope["ids"] = .array(Array(portion(of: slice))) }
        if let bound = slice.bound {
            scope["value"] = bound.value
            scope["op"] = .string(bound.comparison)
            scope["id"] = bound.id
        }
        if let span = slice.span {
            scope["from"] = .string(Instant(millisecondsSinceEpoch: span.from).text)
            if span.until < span.end { scope["until"] = .string(Instant(millisecondsSinceEpoch: span.until).text) }
        }
        scope["job"] = slice.job
        return .object(scope)
    }

    /// The identifiers of a portion.
    func portion(of slice: ListSlice) -> ArraySlice<JSONValue> {
        ids.dropFirst(slice.batch).prefix(config.chunks?.max ?? ids.count)
    }

    /// The position after a page that has been given out whole; nil at the end of the list.
    ///
    /// `position`: that of the page.
    func next(after position: ListPosition, size: Int, facts: PageFacts) throws -> ListPosition? {
        let page = try pagination.next(after: position.page, size: size, facts: facts)
        let received = position.sliceCount + facts.nativeCount
        var isCut = false
        if let cap = config.cap {
            isCut = page == nil ? received >= cap : received + (pagination.countsPages ? size : config.limitMin) > cap
        } else if config.pageKind == .keyset {
            isCut = try !pagination.isStopped(facts) && !pagination.isLast(facts, size: size)
        }
        if isCut { return try crossing(position, facts) }
        if let page { return try following(position, page, size: size, received: received, facts: facts) }
        guard let slice = try part(after: position.slice) else { return nil }
        return fresh(slice, position, facts)
    }

    /// The next page of the same part.
    private func following(
        _ position: ListPosition,
        _ page: ListPosition.Page,
        size: Int,
        received: Int,
        facts: PageFacts
    ) throws -> ListPosition {
        var next = ListPosition(page: page, slice: position.slice)
        next.pageIndex = position.pageIndex + 1
        next.sliceCount = received
        next.seen = position.seen
        next.values = position.values
        if pagination.countsPages { next.size = size }
        switch config.pageKind {
        case .page, .offset, .range:
            // A vendor that does not heed the number gives the same page for ever.
            let ends = [facts.nodes.first, facts.nodes.last].compactMap(\.self)
            let mark = try identity.pageHash(ends.map(identity.hash) + [String(facts.nativeCount)])
            if mark == position.landmark { throw Pagination.circle }
            next.landmark = mark
        default:
            let mark = try identity.hash(ListPosition(page: page).json)
            if position.trail.places.contains(mark) || mark == position.landmark { throw Pagination.circle }
            next.trail = position.trail.followed(by: mark)
            // Brent's way to find a circle that is longer than the trail with one mark.
            next.landmark = next.pageIndex.nonzeroBitCount == 1 ? mark : position.landmark
        }
        return next
    }

    /// The part that goes on where the vendor would give no more of this one.
    private func crossing(_ position: ListPosition, _ facts: PageFacts) throws -> ListPosition {
        guard let order else {
            let cap = config.cap.map { "at most \($0) records" } ?? "no more records"
            throw Problem(
                .filterNotSupported,
                "the vendor gives \(cap) of a list in this order; leave the order out or narrow the list by filters"
            )
        }
        guard let last = facts.nodes.last, let bound = try order.bound(after: last, in: position.slice.bound) else {
            throw Problem(.remoteBadResponse, "the vendor's records lack the value by which the list goes on")
        }
        guard bound != position.slice.bound, !(order.needsMemory && position.seen.isFull) else {
            throw Problem(
                .remoteBadResponse,
                "too many records share one value of '\(order.key.native)' for the vendor to tell them apart; "
                    + "narrow the list by filters"
            )
        }
        var slice = position.slice
        slice.bound = bound
        return fresh(slice, position, facts)
    }

    /// The part after one that has been given out whole; nil when it was the last one.
    private func part(after slice: ListSlice) throws -> ListSlice? {
        var next = slice
        next.bound = nil
        if let bound = slice.bound, bound.id != nil, let order {
            next.bound = order.beyond(bound.value)
            return next
        }
        if let span = slice.span, span.until < span.end {
            let width = (span.until - span.from) * 2
            next.span = ListSlice.Span(from: span.until, until: min(span.end, span.until + width), end: span.end)
            return next
        }
        let count = portion(of: slice).count
        if slice.batch + count < ids.count {
            next = ListSlice()
            next.branch = slice.branch
            next.batch = slice.batch + count
            next.batchMark = try identity.hash(ids[next.batch - 1])
            return next
        }
        guard slice.branch + 1 < branchCount else { return nil }
        next = ListSlice()
        next.branch = slice.branch + 1
        return next
    }

    private func fresh(_ slice: ListSlice, _ position: ListPosition, _ facts: PageFacts) -> ListPosition {
        var next = ListPosition(slice: slice)
        next.seen = position.seen
        next.values = position.values
        return next
    }
}

/// An order that a list can go on in after any record.
struct KeysetOrder {
    let key: KeysetKey
    let isAscending: Bool

    /// The first key when the caller wants no order, else the one that he sorts by.
    init?(_ keys: [KeysetKey], sort: [UnifiedQuery.Sort]) {
        guard let first = keys.first else { return nil }
        if sort.isEmpty {
            key = first
            isAscending = true
            return
        }
        guard sort.count == 1, let key = keys.first(where: { $0.field == sort[0].field }) else { return nil }
        self.key = key
        isAscending = sort[0].isAscending
    }

    /// Whether records of one value can come twice.
    var needsMemory: Bool { !key.isUnique && key.idNative == nil }

    /// The order to ask the vendor for.
    func sort(for bound: ListSlice.Bound?) -> [JSONValue] {
        func entry(_ native: String, _ field: String?, _ isAscending: Bool) -> JSONValue {
            [
                "field": field.map(JSONValue.string) ?? .string(native), "native": .string(native),
                "direction": isAscending ? "asc" : "desc",
            ]
        }
        let id = key.isUnique ? nil : key.idNative.map { entry($0, nil, true) }
        if bound?.id != nil, let id { return [id] }
        return [entry(key.native, key.field, isAscending)] + [id].compactMap(\.self)
    }

    /// The conditions of a stretch.
    func conditions(for bound: ListSlice.Bound?) -> [SliceCondition] {
        guard let bound else { return [] }
        let own = SliceCondition(
            field: key.field,
            native: key.native,
            type: key.type,
            comparison: bound.comparison,
            value: bound.value
        )
        guard let id = bound.id, let native = key.idNative else { return [own] }
        return [
            own, SliceCondition(field: nil, native: native, type: .string, comparison: "gt", value: id),
        ]
    }

    /// The stretch that starts after a record; nil when the record lacks a value.
    func bound(after node: JSONNode, in current: ListSlice.Bound?) throws -> ListSlice.Bound? {
        guard let value = typed(node.value(at: key.path)) else { return nil }
        if key.isUnique { return beyond(value) }
        guard key.idNative != nil else {
            return ListSlice.Bound(value: value, comparison: isAscending ? "gte" : "lte", id: nil)
        }
        guard let id = node.value(at: key.idPath), !id.isNull else { return nil }
        return ListSlice.Bound(value: value, comparison: "eq", id: id)
    }

    /// All records that come after a value.
    func beyond(_ value: JSONValue) -> ListSlice.Bound {
        ListSlice.Bound(value: value, comparison: isAscending ? "gt" : "lt", id: nil)
    }

    /// The value in the form that filters of its type have.
    private func typed(_ value: JSONValue?) -> JSONValue? {
        guard let value, !value.isNull, let text = value.plainText else { return nil }
        switch key.type {
        case .number: return JSONValue.number(fromText: text)
        case .datetime:
            if let instant = Instant(text) { return .string(instant.text) }
            guard let number = Int(text), text.utf8.count > 11 else { return nil }
            return .string(Instant(millisecondsSinceEpoch: number).text)
        case .date: return CivilDate(prefixOf: text).map { .string($0.text) }
        case .string, .boolean: return .string(text)
        }
    }
}

/// A filter that the engine adds to the caller's.
struct SliceCondition {
    let field: String?
    let native: String
    let type: FilterConfig.ValueType
    let comparison: String
    let value: JSONValue

    /// The filters with this one; of two on the same side the stricter one stays.
    func added(to filters: [JSONValue]) -> [JSONValue] {
        var kept: [JSONValue] = []
        for filter in filters {
            guard filter["native"] == .string(native), let other = filter["op"]?.string, isSameSide(other) else {
                kept.append(filter)
                continue
            }
            if isStricter(filter["value"] ?? .null) { return filters }
        }
        kept.append([
            "field": .string(field ?? native), "op": .string(comparison), "native": .string(native),
            "type": .string(type.rawValue), "value": value,
        ])
        return kept
    }

    private func isSameSide(_ other: String) -> Bool {
        comparison.prefix(2) == other.prefix(2) && comparison != "eq"
    }

    /// Whether another value excludes more than this one.
    private func isStricter(_ other: JSONValue) -> Bool {
        let isLower = comparison.hasPrefix("g")
        switch type {
        case .datetime:
            guard let mine = Instant(value.plainText ?? ""), let its = Instant(other.plainText ?? "") else {
                return false
            }
            return isLower ? its >= mine : its <= mine
        case .number:
            guard let mine = value.number?.double, let its = other.number?.double else { return false }
            return isLower ? its >= mine : its <= mine
        case .string, .boolean, .date:
            let mine = value.plainText ?? ""
            let its = other.plainText ?? ""
            return isLower ? its >= mine : its <= mine
        }
    }
}

extension JSONNode {
    /// The value at a path; nil when it is not there.
    func value(at path: DocumentPath) -> JSONValue? {
        var node: JSONNode? = self
        for name in path.names {
            guard let current = node else { return nil }
            node = current.kind == .array ? Int(name).flatMap { current[$0] } : current[name]
        }
        return node?.value
    }
}
