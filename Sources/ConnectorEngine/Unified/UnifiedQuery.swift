package import JSONValue
package import UnifiedModel
import Vocabulary

/// What a caller asks for, read from the query parameters and checked against the model of the resource.
package struct UnifiedQuery: Sendable {
    /// How a filter compares.
    package enum Operator: String, Sendable, CaseIterable {
        case eq, ne, `in`, nin, gt, gte, lt, lte, contains, exists
        case startsWith = "starts_with"
    }

    /// One condition.
    package struct Filter: Sendable, Hashable {
        /// The unified field, such as `account[id]`.
        package let field: String
        /// The comparison.
        package let comparison: Operator
        /// One value, or several for `in` and `nin`.
        package var values: [String]
    }

    /// One key of the order.
    package struct Sort: Sendable, Hashable {
        /// The unified field.
        package let field: String
        /// Whether small comes first.
        package let isAscending: Bool
    }

    /// What the records of an answer look like.
    package enum ResponseFormat: String, Sendable, CaseIterable {
        /// The unified record with the vendor's own beside it.
        case unified
        /// The vendor's record as it is.
        case raw
        /// The unified record with every field of the model, null where there is no value, and without the vendor's.
        case normalized
    }

    /// Most side loads of one call.
    package static let includesMax = 5
    /// Most records of one page.
    package static let limitMax = 1000

    /// How many records are wanted.
    package private(set) var limit = 50
    /// Whether the caller names it.
    private(set) var namesLimit = false
    /// Where to go on, or back.
    package private(set) var cursor: String?
    /// Conditions, in the order given.
    package private(set) var filters: [Filter] = []
    /// Order.
    package private(set) var sort: [Sort] = []
    /// Free text.
    package private(set) var search: String?
    /// The only fields wanted; all if nil.
    package private(set) var fields: [String]?
    /// Fields not wanted.
    package private(set) var excludedFields: [String] = []
    /// Whether the vendor's record is left out.
    package private(set) var ignoresRemoteData = false
    /// Whether an unsupported filter is refused.
    package private(set) var isStrict = true
    /// Whether the answer tells how it came about.
    package private(set) var explains = false
    /// Native parameters, laid over what the mapping gives.
    package private(set) var remoteQuery = JSONObject()

    /// What is wanted beside the records.
    package private(set) var includes: [String] = []
    /// The form of the records.
    package private(set) var format = ResponseFormat.unified

    private var failures: [Problem.Failure] = []
    private var code: ErrorCode?
    /// How the caller wrote the filters that have another name here.
    private var spellings: [String: String] = [:]

    private static let aliases = [
        "updated_after": ("updated_at", Operator.gt), "updated_before": ("updated_at", .lt),
        "created_after": ("created_at", .gt), "created_before": ("created_at", .lt),
    ]
    private static let addressing: Set<String> = [
        "integrated_account_id", "integrated_account_ids", "account_group_id",
    ]
    private static let fieldAliases = ["emails": "email_addresses", "phones": "phone_numbers"]

    /// Reads a query.
    ///
    /// - Parameters:
    ///   - items: names and values, percent-decoded, in order.
    ///   - resource: the model to check filters and sort keys against.
    ///   - isList: whether filters, sorting and paging make sense.
    /// - Throws: `Problem` with every wrong parameter named.
    package init(_ items: [(name: String, value: String)], resource: ResourceModel, isList: Bool) throws {
        for item in items {
            guard let name = QueryName(item.name) else {
                let fault = item.name.isEmpty ? "a parameter has no name" : "the brackets of the name do not match"
                refuse(.unknownParameter, item.name, fault)
                continue
            }
            if read(common: name, item, isList: isList) { continue }
            if isList, read(paging: name, item) || read(order: name, item, resource) { continue }
            if isList, read(filter: name, item, resource) { continue }
            refuse(unknown: name, item.name, resource, isList: isList)
        }
        if let code {
            let message = failures.count == 1 ? failures[0].message : "\(failures.count) query parameters are wrong"
            let subject = failures.count == 1 ? "'\(failures[0].pointer.prefix(100))': " : ""
            throw Problem(code, subject + message, failures: failures)
        }
    }

    /// A filter's name as the caller wrote it.
    func spelling(of name: String) -> String { spellings[name] ?? name }

    private mutating func read(common name: QueryName, _ item: (name: String, value: String), isList: Bool) -> Bool {
        switch name.first {
        case "ignore_remote_data", "truto_ignore_remote_data": ignoresRemoteData = flag(item) ?? ignoresRemoteData
        case "strict_query": isStrict = flag(item) ?? isStrict
        case "explain": explains = flag(item) ?? explains
        case "fields": fields = (fields ?? []) + list(item.value)
        case "exclude_fields", "truto_exclude_fields": excludedFields += list(item.value)
        case "response_format", "truto_response_format":
            if let known = ResponseFormat(rawValue: item.value) {
                format = known
            } else {
                // A list's stream is not a form of the records.
                let names = ResponseFormat.allCases.map(\.rawValue) + (isList ? ["stream"] : [])
                refuse(.invalidRequest, item.name, "expected one of \(names.joined(separator: ", "))")
            }
        case "include":
            for name in list(item.value) where !includes.contains(name) { includes.append(name) }
            if includes.count > Self.includesMax {
                refuse(.invalidRequest, item.name, "at most \(Self.includesMax) can be included")
            }
        case "remote_query":
            guard name.parts.count >= 2, name.parts.allSatisfy({ !$0.isEmpty }) else {
                refuse(.invalidRequest, item.name, "write remote_query[name]=value")
                return true
            }
            remoteQuery[QueryName.joined(name.parts.dropFirst())] = .string(item.value)
        default: return Self.addressing.contains(name.first) && name.parts.count == 1
        }
        return true
    }

    private mutating func read(paging name: QueryName, _ item: (name: String, value: String)) -> Bool {
        guard name.parts.count == 1 else { return false }
        switch name.first {
        case "limit", "page_size":
            if let number = Int(item.value), (1...Self.limitMax).contains(number) {
                limit = number
                namesLimit = true
            } else {
                refuse(.invalidRequest, item.name, "expected a whole number from 1 to \(Self.limitMax)")
            }
        case "next_cursor", "cursor", "prev_cursor":
            guard !item.value.isEmpty else { return true }
            if cursor != nil { refuse(.invalidRequest, item.name, "give one cursor only") }
            cursor = item.value
        default: return false
        }
        return true
    }

    private mutating func read(
        order name: QueryName,
        _ item: (name: String, value: String),
        _ resource: ResourceModel
    ) -> Bool {
        switch name.first {
        case "search" where name.parts.count == 1: search = item.value.isEmpty ? nil : item.value
        case "sort_by":
            let field = name.parts.count == 1 ? item.value : QueryName.joined(name.parts.dropFirst())
            let direction = name.parts.count == 1 ? "asc" : item.value.lowercased()
            guard resource.sortKeys.contains(field) else {
                let keys = resource.sortKeys.isEmpty ? ["nothing"] : resource.sortKeys.sorted()
                let message = "\(resource.name) can be sorted by \(keys.joined(separator: ", "))"
                refuse(.filterNotSupported, item.name, message)
                return true
            }
            guard direction == "asc" || direction == "desc" else {
                refuse(.invalidRequest, item.name, "expected asc or desc")
                return true
            }
            sort.append(Sort(field: field, isAscending: direction == "asc"))
        default: return false
        }
        return true
    }

    private mutating func read(
        filter name: QueryName,
        _ item: (name: String, value: String),
        _ resource: ResourceModel
    ) -> Bool {
        let name = Self.canonical(name, resource)
        if name.parts.count == 1, let (field, comparison) = Self.aliases[name.first] {
            guard resource.filters[field] != nil else { return false }
            return add(Filter(field: field, comparison: comparison, values: [item.value]), item, resource)
        }
        var parts = name.parts
        let isList = parts.last == ""
        if isList { parts.removeLast() }
        if resource.filters[QueryName.joined(parts)] != nil {
            let filter = Filter(
                field: QueryName.joined(parts),
                comparison: isList ? .in : .eq,
                values: isList ? list(item.value) : [item.value]
            )
            return add(filter, item, resource)
        }
        let field = QueryName.joined(parts.dropLast())
        guard parts.count >= 2, resource.filters[field] != nil else { return false }
        guard let comparison = Operator(rawValue: parts[parts.count - 1]) else {
            let names = Operator.allCases.map(\.rawValue).joined(separator: ", ")
            refuse(.filterNotSupported, item.name, "'\(parts[parts.count - 1])' is not one of \(names)")
            return true
        }
        let takesList = comparison == .in || comparison == .nin
        let values = takesList ? list(item.value) : [item.value]
        return add(Filter(field: field, comparison: comparison, values: values), item, resource)
    }

    /// The model's name for a field that is called otherwise elsewhere: `emails`, `phones`, or a list in the singular.
    private static func canonical(_ name: QueryName, _ resource: ResourceModel) -> QueryName {
        let roots = Set(resource.filters.keys.map { String($0.prefix { $0 != "[" }) })
        guard !roots.contains(name.first) else { return name }
        let others = [fieldAliases[name.first], "\(name.first)s", name.first.dropLast() + "ies"].compactMap(\.self)
        return others.first { roots.contains($0) }.map { name.renamed($0) } ?? name
    }

    private mutating func add(
        _ filter: Filter,
        _ item: (name: String, value: String),
        _ resource: ResourceModel
    ) -> Bool {
        guard let allowed = resource.filters[filter.field], allowed.contains(filter.comparison.rawValue) else {
            let allowed = resource.filters[filter.field] ?? []
            refuse(
                .filterNotSupported,
                item.name,
                "'\(filter.field)' can be compared with \(allowed.joined(separator: ", "))"
            )
            return true
        }
        let name = "\(filter.field)[\(filter.comparison.rawValue)]"
        if name != item.name { spellings[name] = String(item.name.prefix(200)) }
        if let index = filters.firstIndex(where: { $0.field == filter.field && $0.comparison == filter.comparison }) {
            guard filter.comparison == .in || filter.comparison == .nin else {
                refuse(.invalidRequest, item.name, "the filter is given twice")
                return true
            }
            filters[index].values += filter.values
        } else {
            filters.append(filter)
        }
        return true
    }

    private mutating func flag(_ item: (name: String, value: String)) -> Bool? {
        switch item.value {
        case "true", "1", "": return true
        case "false", "0": return false
        default:
            refuse(.invalidRequest, item.name, "expected true or false")
            return nil
        }
    }

    private func list(_ text: String) -> [String] {
        text.split(separator: ",").map(String.init)
    }

    /// Says what a parameter that does not exist was probably meant to be.
    private mutating func refuse(unknown name: QueryName, _ text: String, _ resource: ResourceModel, isList: Bool) {
        let filters = isList ? resource.filters.keys.sorted() : []
        let isField = resource.document["properties"]?[name.first] != nil
        if isList, isField, !filters.contains(where: { QueryName($0)?.first == name.first }) {
            let names = filters.joined(separator: ", ")
            return refuse(.filterNotSupported, text, "\(resource.name) cannot be filtered by it, but by \(names)")
        }
        let options = [
            "fields", "exclude_fields", "ignore_remote_data", "response_format", "include", "explain", "strict_query",
        ]
        let ofLists = isList ? ["limit", "next_cursor", "search", "sort_by"] + Self.aliases.keys : []
        let inner = filters.first { QueryName($0)?.parts.last == name.first }
        let inside = isField ? filters.first { QueryName($0)?.first == name.first } : nil
        let hint =
            (inner ?? inside).map { "; did you mean '\($0)'?" }
            ?? SpellingSuggestion.hint(for: name.first, among: filters + options + ofLists)
        refuse(
            .unknownParameter,
            text,
            "there is no such parameter here"
                + (hint.isEmpty ? "; what is meant for the vendor goes into remote_query[\(name.first)]" : hint)
        )
    }

    private mutating func refuse(_ code: ErrorCode, _ name: String, _ message: String) {
        self.code = self.code ?? code
        failures.append(Problem.Failure(code: code.rawValue, message: message, pointer: String(name.prefix(200))))
    }
}
