import ConnectorConfig
import JSONValue
import UnifiedModel

/// Filters that no vendor evaluates, applied to mapped records.
///
/// A field inside of a list counts when one element of the list fits. Texts are compared as they are, but `contains` and
/// `starts_with` do not heed case, as searches of vendors do not.
struct LocalFilters: Sendable {
    private struct Condition: Sendable {
        let path: [String]
        let comparison: UnifiedQuery.Operator
        let value: JSONValue
        let type: FilterConfig.ValueType
    }

    private var conditions: [Condition] = []

    var isEmpty: Bool { conditions.isEmpty }

    /// The top-level fields that are looked at.
    var fields: [String] { conditions.map { $0.path[0] } }

    /// Adds a condition on a field such as `account[id]`.
    mutating func add(
        _ field: String,
        _ comparison: UnifiedQuery.Operator,
        _ value: JSONValue,
        type: FilterConfig.ValueType
    ) {
        guard let name = QueryName(field) else { return }
        conditions.append(Condition(path: name.parts, comparison: comparison, value: value, type: type))
    }

    /// Whether a record fulfils all conditions.
    func match(_ record: JSONObject) -> Bool {
        conditions.allSatisfy { Self.fits($0, Self.values(in: .object(record), at: $0.path[...])) }
    }

    private static func values(in value: JSONValue, at path: ArraySlice<String>) -> [JSONValue] {
        if case .array(let elements) = value { return elements.flatMap { values(in: $0, at: path) } }
        guard let name = path.first else { return value.isNull ? [] : [value] }
        return value[name].map { values(in: $0, at: path.dropFirst()) } ?? []
    }

    private static func fits(_ condition: Condition, _ found: [JSONValue]) -> Bool {
        let type = condition.type
        func isEqual(_ left: JSONValue, _ right: JSONValue) -> Bool { order(left, right, type) == .some(.same) }
        switch condition.comparison {
        case .exists: return found.isEmpty != (condition.value == true)
        case .eq: return found.contains { isEqual($0, condition.value) }
        case .ne: return !found.contains { isEqual($0, condition.value) }
        case .in: return found.contains { value in (condition.value.array ?? []).contains { isEqual(value, $0) } }
        case .nin: return !found.contains { value in (condition.value.array ?? []).contains { isEqual(value, $0) } }
        case .gt: return found.contains { order($0, condition.value, type) == .larger }
        case .gte: return found.contains { [.larger, .same].contains(order($0, condition.value, type)) }
        case .lt: return found.contains { order($0, condition.value, type) == .smaller }
        case .lte: return found.contains { [.smaller, .same].contains(order($0, condition.value, type)) }
        case .contains: return found.contains { text($0).contains(text(condition.value)) }
        case .startsWith: return found.contains { text($0).hasPrefix(text(condition.value)) }
        }
    }

    private enum Order { case smaller, same, larger }

    private static func order(_ left: JSONValue, _ right: JSONValue, _ type: FilterConfig.ValueType) -> Order? {
        func compared<Value: Comparable>(_ left: Value?, _ right: Value?) -> Order? {
            guard let left, let right else { return nil }
            return left < right ? .smaller : right < left ? .larger : .same
        }
        let texts = (left.plainText ?? "", right.plainText ?? "")
        switch type {
        case .number: return compared(Double(texts.0), Double(texts.1))
        case .datetime: return compared(Instant(texts.0), Instant(texts.1))
        case .string, .date, .boolean: return compared(texts.0, texts.1)
        }
    }

    private static func text(_ value: JSONValue) -> String { (value.plainText ?? "").lowercased() }
}

extension ResourceModel {
    /// What kind of value a filter's field holds.
    func shape(of field: String) -> FilterConfig.ValueType {
        var shape = shape
        for name in QueryName(field)?.parts ?? [] {
            if case .array(let element) = shape { shape = element }
            guard case .object(let fields, _) = shape, let next = fields[name] else { return .string }
            shape = next
        }
        switch shape {
        case .timestamp: return .datetime
        case .date: return .date
        case .integer, .number: return .number
        case .boolean: return .boolean
        case .identifier, .choice, .string, .link, .currency, .array, .object, .any: return .string
        }
    }
}
