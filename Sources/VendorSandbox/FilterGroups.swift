import JSONValue

/// Searches by a JSON body: groups joined by OR, the filters in a group by AND.
///
/// ```
/// {"filterGroups": [{"filters": [{"propertyName", "operator", "value" | "values" | "highValue"}]}],
///  "sorts": [{"propertyName", "direction"}], "query": "free text"}
/// ```
struct FilterGroups: Sendable {
    /// The body cannot be used.
    struct Failure: Error {
        let message: String
    }

    private let groups: [[JSONValue]]
    private let sorts: [JSONValue]
    private let text: String?
    /// Names of filters that stand for lists elsewhere in the record, such as those of linked records.
    private let paths: [String: [String]]

    init(_ body: JSONValue, paths: [String: [String]] = [:]) throws {
        self.paths = paths
        groups = (body["filterGroups"]?.array ?? []).map { $0["filters"]?.array ?? [] }
        sorts = body["sorts"]?.array ?? []
        text = body["query"]?.string
        guard groups.count <= 5, groups.allSatisfy({ $0.count <= 6 }), groups.joined().count <= 18 else {
            throw Failure(message: "There are too many filters: at most 5 groups of 6, and 18 in all")
        }
        guard sorts.count <= 1 else { throw Failure(message: "Only one sort is supported") }
    }

    /// The records that match, sorted; `properties` takes a record to what is searched.
    func run(on records: [JSONValue], properties: (JSONValue) -> JSONValue) throws -> [JSONValue] {
        var found = try records.filter { record in
            let values = properties(record)
            if let text, !text.isEmpty, !Self.contains(values, text.lowercased()) { return false }
            return try groups.isEmpty
                || groups.contains { try $0.allSatisfy { try matches($0, record: record, values: values) } }
        }
        if let sort = sorts.first, let name = sort["propertyName"]?.string ?? sort.string {
            let isDescending = sort["direction"]?.string == "DESCENDING"
            found = found.enumerated().sorted { left, right in
                let first = Self.comparable(properties(left.element)[name])
                let second = Self.comparable(properties(right.element)[name])
                if Self.isLess(first, second) { return !isDescending }
                if Self.isLess(second, first) { return isDescending }
                return left.offset < right.offset
            }.map(\.element)
        }
        return found
    }

    private static func contains(_ values: JSONValue, _ text: String) -> Bool {
        (values.object ?? [:]).contains { $0.value.string?.lowercased().contains(text) == true }
    }

    /// A filter over a list holds when it does for one of its elements.
    private func matches(_ filter: JSONValue, record: JSONValue, values: JSONValue) throws -> Bool {
        guard let name = filter["propertyName"]?.string, let path = paths[name] else {
            return try Self.matches(filter, values)
        }
        let list = path.reduce(record as JSONValue?) { $0?[$1] }?.array ?? []
        return try list.contains { try Self.matches(filter, .object([name: $0])) }
    }

    private static func matches(_ filter: JSONValue, _ values: JSONValue) throws -> Bool {
        guard let name = filter["propertyName"]?.string, let word = filter["operator"]?.string else {
            throw Failure(message: "a filter needs propertyName and operator")
        }
        let value = values[name]?.string
        let wanted = filter["value"]?.string ?? filter["value"]?.number?.text ?? ""
        let list = (filter["values"]?.array ?? []).compactMap { $0.string ?? $0.number?.text }
        switch word {
        case "EQ": return value.map { equal($0, wanted) } ?? false
        case "NEQ": return value.map { !equal($0, wanted) } ?? true
        case "IN": return value.map { value in list.contains { equal(value, $0) } } ?? false
        case "NOT_IN": return value.map { value in !list.contains { equal(value, $0) } } ?? true
        case "HAS_PROPERTY": return value?.isEmpty == false
        case "NOT_HAS_PROPERTY": return value?.isEmpty != false
        case "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN":
            let token = wanted.lowercased().trimmed(of: "*")
            return (value?.lowercased().contains(token) ?? false) == (word == "CONTAINS_TOKEN")
        case "LT", "LTE", "GT", "GTE", "BETWEEN":
            guard let value else { return false }
            let left = comparable(.string(value))
            let right = comparable(.string(wanted))
            switch word {
            case "LT": return isLess(left, right)
            case "LTE": return !isLess(right, left)
            case "GT": return isLess(right, left)
            case "GTE": return !isLess(left, right)
            default:
                let high = comparable(filter["highValue"])
                return !isLess(left, right) && !isLess(high, left)
            }
        default: throw Failure(message: "operator \(word) is not one of the known ones")
        }
    }

    private static func equal(_ left: String, _ right: String) -> Bool {
        if let first = Moment.seconds(left), let second = moment(right) { return first == second }
        return left.lowercased() == right.lowercased()
    }

    private static func moment(_ text: String) -> Double? {
        // Times may be asked for in milliseconds since 1970.
        Moment.seconds(text) ?? (text.utf8.count >= 12 ? Double(text).map { $0 / 1000 } : nil)
    }

    private enum Comparable {
        case none
        case number(Double)
        case text(String)
    }

    private static func comparable(_ value: JSONValue?) -> Comparable {
        guard let text = value?.string ?? value?.number?.text, !text.isEmpty else { return .none }
        if let seconds = moment(text) { return .number(seconds) }
        return Double(text).map(Comparable.number) ?? .text(text.lowercased())
    }

    private static func isLess(_ left: Comparable, _ right: Comparable) -> Bool {
        switch (left, right) {
        case (.number(let first), .number(let second)): first < second
        case (.text(let first), .text(let second)): first < second
        case (.number, .text), (.none, .number), (.none, .text): true
        case (.text, .number), (_, .none): false
        }
    }
}

extension String {
    fileprivate func trimmed(of character: Character) -> String {
        String(drop { $0 == character }.reversed().drop { $0 == character }.reversed())
    }
}
