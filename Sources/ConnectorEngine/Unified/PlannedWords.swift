import ConnectorConfig
import JSONValue
import Synchronization
import UnifiedModel
import Vocabulary

/// What follows from the words of a call alone: which resource and method it means, what its query says, and what of that
/// the vendor does.
///
/// The same for all records and all accounts of one configuration.
final class PlannedWords: Sendable {
    let model: ResourceModel
    let mapping: MethodMapping
    /// What the query wants of the request itself.
    let options: CallOptions
    let query: UnifiedQuery
    /// The query as request expressions see it.
    let described: JSONValue
    let filterFates: [(field: String, fate: Plan.FilterFate)]
    /// Filters that the engine evaluates on mapped records.
    let localFilters: LocalFilters
    /// Since when the vendor is asked for changes, as it reads times.
    let since: String?

    /// Understands a call.
    ///
    /// - Throws: `Problem` for what the model, the connector or the vendor cannot do.
    init(_ call: UnifiedCall, connector: CompiledConnector, model: UnifiedModel) throws {
        guard let resource = model.resource(call.category, call.resource) else {
            throw Problem(.notFound, "there is no resource '\(call.category)/\(call.resource)' in the unified model")
        }
        guard let mapping = connector.mapping(category: call.category, resource: call.resource, method: call.method)
        else {
            throw connector.lacks(call.method, call.category, call.resource)
        }
        self.model = resource
        self.mapping = mapping
        options = try CallOptions(call.query, proxy: connector.document.proxy)
        query = try UnifiedQuery(options.otherParameters, resource: resource, isList: call.method == "list")
        let siblings = ["get", "list"].compactMap {
            $0 == call.method
                ? nil : connector.mapping(category: call.category, resource: call.resource, method: $0)
        }
        try query.checkFields(of: resource, given: [mapping] + siblings)
        let filters = try PlannedFilters(query, mapping: mapping, resource: resource)
        localFilters = filters.local
        since = filters.since
        let description = try QueryDescription(query, filters: filters, mapping: mapping)
        described = .object(description.members)
        filterFates = filters.fates + description.ignored.map { ($0, .ignored) }
    }
}

/// Keeps the words of calls that were understood, as far as they may come again: not those with a cursor or a long value.
final class KnownWords: Sendable {
    private struct Name: Hashable {
        let connector: ObjectIdentifier
        let category: String
        let resource: String
        let method: String
        let query: [(name: String, value: String)]

        static func == (left: Name, right: Name) -> Bool {
            left.connector == right.connector && left.method == right.method && left.resource == right.resource
                && left.category == right.category && left.query.elementsEqual(right.query, by: ==)
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(connector)
            hasher.combine(resource)
            hasher.combine(method)
            for item in query {
                hasher.combine(item.name)
                hasher.combine(item.value)
            }
        }
    }

    private struct Entry {
        let words: PlannedWords
        /// Keeps the name good: another connector cannot come to stand in its place.
        let connector: CompiledConnector
    }

    /// What was asked for lately, and what was before that.
    private struct Halves {
        var young: [Name: Entry] = [:]
        var old: [Name: Entry] = [:]
    }

    private static let halfCapacity = 512
    private static let valueBytesMax = 64
    private let halves = Mutex(Halves())

    /// The words of a call, understood now or before.
    ///
    /// - Throws: what ``PlannedWords/init(_:connector:model:)`` throws.
    func words(of call: UnifiedCall, connector: CompiledConnector, model: UnifiedModel) throws -> PlannedWords {
        guard Self.mayComeAgain(call.query) else {
            return try PlannedWords(call, connector: connector, model: model)
        }
        let name = Name(
            connector: ObjectIdentifier(connector),
            category: call.category,
            resource: call.resource,
            method: call.method,
            query: call.query
        )
        if let known = halves.withLock({ $0.young[name]?.words }) { return known }
        let entry =
            try halves.withLock({ $0.old[name] })
            ?? Entry(words: PlannedWords(call, connector: connector, model: model), connector: connector)
        halves.withLock { halves in
            if halves.young.count >= Self.halfCapacity {
                halves.old = halves.young
                halves.young = [:]
            }
            halves.young[name] = entry
        }
        return entry.words
    }

    private static func mayComeAgain(_ query: [(name: String, value: String)]) -> Bool {
        query.allSatisfy { item in
            item.value.utf8.count <= valueBytesMax && item.name != "next_cursor" && item.name != "cursor"
                && item.name != "prev_cursor"
        }
    }
}
