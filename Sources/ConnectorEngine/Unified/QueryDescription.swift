import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// The query as request expressions see it: `filters`, `limit`, `select`, `search`, `sort`, with native names.
struct QueryDescription {
    private(set) var members: JSONObject
    /// What the vendor cannot do and the caller does not insist on.
    private(set) var ignored: [String] = []

    /// Describes a query.
    ///
    /// - Throws: `Problem` for what the vendor cannot do, when the caller insists on it.
    init(_ query: UnifiedQuery, filters: PlannedFilters, mapping: MethodMapping) throws {
        let sortedHere = query.sort.map(\.field).filter(mapping.sortsHere(by:))
        let looked = filters.local.fields + sortedHere.map(\.root)
        members = [
            "filters": .array(filters.accepted), "limit": .number(JSONNumber(query.limit)),
            "select": .array(mapping.select(for: query.wantedFields(beside: looked)).map(JSONValue.string)),
        ]
        if let search = query.search {
            if mapping.supportsSearch {
                members["search"] = .string(search)
            } else {
                try refuse("search", "the connector cannot search here", isStrict: query.isStrict)
            }
        }
        var sort: [JSONValue] = []
        for key in query.sort where !sortedHere.contains(key.field) {
            let name = "sort_by[\(key.field)]"
            guard let native = mapping.sort[key.field] else {
                let others = mapping.sort.keys.sorted().joined(separator: ", ")
                let hint = others.isEmpty ? "" : ", but by \(others)"
                try refuse(name, "the connector cannot sort by '\(key.field)'\(hint)", isStrict: query.isStrict)
                continue
            }
            guard sort.count < mapping.sortMax else {
                let message = "the connector can sort by \(mapping.sortMax) key at a time"
                try refuse(name, message, isStrict: query.isStrict)
                continue
            }
            sort.append([
                "field": .string(key.field), "native": .string(native),
                "direction": key.isAscending ? "asc" : "desc",
            ])
        }
        members["sort"] = .array(sort)
    }

    private mutating func refuse(_ name: String, _ message: String, isStrict: Bool) throws {
        guard isStrict else {
            ignored.append(name)
            return
        }
        throw Problem(
            .filterNotSupported,
            message,
            failures: [.init(code: "filter_not_supported", message: message, pointer: name)]
        )
    }
}

extension MethodMapping {
    /// Whether the engine orders records by a field itself, as it can where it has all of them.
    func sortsHere(by field: String) -> Bool { merging != nil && mayGive(field.root) }
}

extension String {
    /// The field of a record that a name such as `account[id]` begins with.
    fileprivate var root: String { String(prefix { $0 != "[" }) }
}

/// The filters of a query with their native names, those that the engine evaluates itself, or the refusal of those that
/// nobody can.
struct PlannedFilters {
    private(set) var accepted: [JSONValue] = []
    private(set) var local = LocalFilters()
    private(set) var fates: [(field: String, fate: Plan.FilterFate)] = []
    /// Since when the vendor is asked for changes, as it reads times.
    private(set) var since: String?
    private var failures: [Problem.Failure] = []
    private var refused: ErrorCode?

    init(_ query: UnifiedQuery, mapping: MethodMapping, resource: ResourceModel) throws {
        for filter in query.filters {
            let name = "\(filter.field)[\(filter.comparison.rawValue)]"
            let config = mapping.filters.first { $0.field == filter.field }
            if let incremental = mapping.incremental, incremental.field == filter.field,
                [.gt, .gte].contains(filter.comparison), config != nil || incremental.parameter != nil
            {
                push(filter, name, config, since: incremental)
            } else if let config, config.operators.contains(filter.comparison.rawValue) {
                push(filter, name, config)
            } else if query.isStrict {
                refuse(.filterNotSupported, name, Self.refusal(filter, config, mapping))
            } else {
                keep(filter, name, mapping, resource)
            }
        }
        if let refused {
            failures = failures.map { failure in
                Problem.Failure(
                    code: failure.code,
                    message: failure.message,
                    pointer: query.spelling(of: failure.pointer)
                )
            }
            throw Problem(refused, "'\(failures[0].pointer)': \(failures[0].message)", failures: failures)
        }
    }

    private mutating func push(_ filter: UnifiedQuery.Filter, _ name: String, _ config: FilterConfig) {
        guard let value = Self.value(of: filter, type: config.type) else {
            refuse(.invalidRequest, name, "expected \(Self.expectation(config.type))")
            return
        }
        fates.append((name, .pushedDown))
        accepted.append([
            "field": .string(filter.field), "op": .string(filter.comparison.rawValue),
            "native": .string(config.native), "type": .string(config.type.rawValue), "value": value,
        ])
    }

    /// The vendor is asked for changes since a time that it can read; what it gives too much is left out afterwards.
    private mutating func push(
        _ filter: UnifiedQuery.Filter,
        _ name: String,
        _ config: FilterConfig?,
        since incremental: IncrementalConfig
    ) {
        guard let instant = Instant(filter.values[0]) else {
            refuse(.invalidRequest, name, "expected \(Self.expectation(.datetime))")
            return
        }
        let asked = incremental.start(for: instant)
        since = asked.text
        fates.append((name, .pushedDown))
        if let config {
            accepted.append([
                "field": .string(filter.field), "op": asked.isEarlier ? "gte" : .string(filter.comparison.rawValue),
                "native": .string(config.native), "type": .string(config.type.rawValue), "value": .string(asked.text),
            ])
        }
        if asked.isEarlier || config == nil {
            local.add(filter.field, filter.comparison, .string(instant.text), type: .datetime)
        }
    }

    /// The engine evaluates what the mapping gives a value for.
    private mutating func keep(
        _ filter: UnifiedQuery.Filter,
        _ name: String,
        _ mapping: MethodMapping,
        _ resource: ResourceModel
    ) {
        guard Self.canKeep(filter, mapping) else {
            fates.append((name, .ignored))
            return
        }
        let shape = resource.shape(of: filter.field)
        guard let value = Self.value(of: filter, type: shape) else {
            refuse(.invalidRequest, name, "expected \(Self.expectation(shape))")
            return
        }
        fates.append((name, .appliedLocally))
        local.add(filter.field, filter.comparison, value, type: shape)
    }

    /// Whether the records have what the filter looks at.
    private static func canKeep(_ filter: UnifiedQuery.Filter, _ mapping: MethodMapping) -> Bool {
        mapping.allowsLocalFilters && mapping.mayGive(filter.field.root)
    }

    /// Why the vendor is not asked for a filter, and what the caller can do.
    private static func refusal(
        _ filter: UnifiedQuery.Filter,
        _ config: FilterConfig?,
        _ mapping: MethodMapping
    ) -> String {
        var message = "the connector cannot evaluate this filter"
        if let config {
            message = "the connector compares '\(filter.field)' with \(config.operators.joined(separator: ", ")) only"
        }
        guard canKeep(filter, mapping) else { return message }
        return message + "; with strict_query=false it is applied here, where a page can still be filled"
    }

    private mutating func refuse(_ code: ErrorCode, _ name: String, _ message: String) {
        refused = refused ?? code
        failures.append(.init(code: code.rawValue, message: message, pointer: name))
    }

    private static func value(of filter: UnifiedQuery.Filter, type: FilterConfig.ValueType) -> JSONValue? {
        switch filter.comparison {
        case .exists: return filter.values[0] == "false" ? false : filter.values[0] == "true" ? true : nil
        case .in, .nin:
            let values = filter.values.map { typed($0, type) }
            guard !values.isEmpty, !values.contains(nil) else { return nil }
            return .array(values.compactMap(\.self))
        default: return typed(filter.values[0], type)
        }
    }

    /// The value in the form that its type promises to expressions; nil when it has not that form.
    private static func typed(_ text: String, _ type: FilterConfig.ValueType) -> JSONValue? {
        switch type {
        case .string: .string(text)
        case .number: JSONValue.number(fromText: text)
        case .boolean: text == "true" ? true : text == "false" ? false : nil
        case .datetime: Instant(text).map { .string($0.text) }
        case .date: CivilDate(text).map { .string($0.text) }
        }
    }

    private static func expectation(_ type: FilterConfig.ValueType) -> String {
        switch type {
        case .string: "a value"
        case .number: "a number"
        case .boolean: "true or false"
        case .datetime: "an RFC 3339 time, such as 2026-05-01T00:00:00Z"
        case .date: "a date, such as 2026-05-01"
        }
    }
}

extension IncrementalConfig {
    /// The time that the vendor is asked for, at or before the one that the caller means.
    func start(for instant: Instant) -> (text: String, isEarlier: Bool) {
        let step =
            switch granularity {
            case .millisecond: 1
            case .second: 1000
            case .minute: 60_000
            case .hour: 3_600_000
            case .day: 86_400_000
            }
        let wanted = instant.milliseconds - Int(overlap.components.seconds) * 1000
        let asked = wanted - ((wanted % step) + step) % step
        guard asked != instant.milliseconds else { return (instant.text, false) }
        let text = Instant(millisecondsSinceEpoch: asked).text
        if granularity == .day { return (String(text.prefix(10)), true) }
        return (granularity == .millisecond ? text : text.replacing(".000Z", with: "Z"), true)
    }
}
