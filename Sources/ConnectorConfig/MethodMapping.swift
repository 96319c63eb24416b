import JSONValue

/// How one method of a unified resource is done with a vendor's native calls.
package final class MethodMapping: Sendable {
    /// One way to do it; the first whose condition holds is taken.
    package final class Route: Sendable {
        /// When; always, if nil.
        ///
        /// Sees `query`, `id`, `context`.
        package let condition: Expression?
        /// The native resource.
        package let resource: String
        /// Its method.
        package let method: String
        /// Instead of the method's own query mapping.
        package let queryMapping: MappingStack?
        /// Instead of the method's own body mapping.
        package let bodyMapping: MappingStack?

        init(reading reader: DocumentReader) throws(ConnectorConfigError) {
            condition = try reader.child("when")?.expression()
            resource = try reader.required("resource").string()
            method = try reader.required("method").string()
            queryMapping = try reader.child("query_mapping")?.mapping()
            bodyMapping = try reader.child("request_body_mapping")?.mapping()
        }

        fileprivate init(only reader: DocumentReader) throws(ConnectorConfigError) {
            condition = nil
            resource = try reader.required("resource").string()
            method = try reader.required("method").string()
            queryMapping = nil
            bodyMapping = nil
        }
    }

    /// The ways.
    package let routes: [Route]
    /// Native query parameters; sees `query`, `id`, `body`, `context`, `page`.
    package let queryMapping: MappingStack?
    /// Native body.
    package let bodyMapping: MappingStack?
    /// Native header fields.
    package let headerMapping: MappingStack?
    /// Values for the native path, visible there as `path`.
    package let pathMapping: MappingStack?
    /// The unified record; sees `response` (one native record), `page` (the whole body), `context`.
    package let responseMapping: MappingStack?
    /// Which filters the vendor can evaluate.
    package let filters: [FilterConfig]
    /// Unified sort keys and their native names.
    package let sort: [String: String]
    /// How many sort keys the vendor takes.
    package let sortMax: Int
    /// Whether free text can be searched.
    package let supportsSearch: Bool
    /// Native fields that are asked for by name, those found in the response mapping included.
    package let select: [String]
    /// Patterns of native names in mappings that are added to `select` by themselves.
    package let selectDiscovery: [String]
    /// Closed sets: unified pointer, then native value to unified value.
    package let enums: [EnumMap]
    /// Which native fields are custom ones.
    package let customFields: CustomFieldsConfig?
    /// Whether records of this method lack fields that `get` gives.
    package let isPartial: Bool
    /// What the method says about writing.
    package let write: WriteConfig
    /// Native lists that follow each other in one unified list; empty when `routes` say all.
    package let fanOut: [FanOutBranch]
    /// How the records of those lists are merged; they follow each other, if nil.
    package let merging: FanOutMerging?
    /// Gives the unified records of a whole page at once, each of which ``responseMapping`` hands on; nil where it maps
    /// one record after the other.
    package let pageMapping: MappingStack?
    /// Native calls whose records are joined into each record before it is mapped.
    package let joins: [NativeJoin]
    /// What callers can include, by name.
    package let sideLoads: [String: SideLoad]
    /// Whether the engine may evaluate filters that the vendor cannot.
    package let allowsLocalFilters: Bool
    /// The steps around the native call.
    package let pipeline: PipelineConfig
    /// How an account's own fields are asked for.
    package let describe: DescribeConfig?
    /// How the vendor gives what has changed.
    package let incremental: IncrementalConfig?
    /// What the vendor's refusals mean here; sees `response`, `status`, `headers`, `code`, `message`, `context`.
    package let errorMapping: MappingStack?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        let keys = [
            "resource", "method", "route", "query_mapping", "request_body_mapping", "request_header_mapping",
            "path_mapping", "response_mapping", "filters", "sort", "sort_max", "search", "select", "select_discovery",
            "enums",
            "custom_fields", "is_partial", "fan_out", "joins", "side_loads", "local_filters", "incremental",
            "error_mapping", "response_mapping_scope",
        ]
        try reader.allow(keys + WriteConfig.keys + PipelineConfig.keys + ["describe"])
        queryMapping = try reader.child("query_mapping")?.mapping()
        bodyMapping = try reader.child("request_body_mapping")?.mapping()
        headerMapping = try reader.child("request_header_mapping")?.mapping()
        pathMapping = try reader.child("path_mapping")?.mapping()
        let isWhole = try reader.child("response_mapping_scope")?.choice(MappingScope.self) == .page
        let mapped = try reader.child("response_mapping")?.mapping()
        pageMapping = isWhole ? mapped : nil
        responseMapping = isWhole ? try Self.handingOn(mapped, reader) : mapped
        var filters: [FilterConfig] = []
        for (field, member) in try reader.child("filters")?.members() ?? [] {
            filters.append(try FilterConfig(field: field, reading: member))
        }
        self.filters = filters
        var sort: [String: String] = [:]
        for (key, member) in try reader.child("sort")?.members() ?? [] { sort[key] = try member.string() }
        self.sort = sort
        sortMax = try reader.child("sort_max")?.int(1...10) ?? 10
        supportsSearch = try reader.child("search")?.bool() ?? false
        selectDiscovery = try reader.child("select_discovery")?.strings() ?? []
        let named = try Self.selected(reader.child("select"))
        let words = SourceWords(mapped?.sources ?? [])
        let discovered = selectDiscovery.flatMap { words.names(matching: $0) }
        select = named + discovered.filter { !named.contains($0) }
        var enums: [EnumMap] = []
        for (pointer, member) in try reader.child("enums")?.members() ?? [] {
            enums.append(try EnumMap(pointer: pointer, reading: member))
        }
        self.enums = enums
        customFields = try reader.child("custom_fields").map(CustomFieldsConfig.init(reading:))
        isPartial = try reader.child("is_partial")?.bool() ?? false
        write = try WriteConfig(reading: reader)
        fanOut = try FanOutBranch.all(reading: reader.child("fan_out"))
        merging = try FanOutMerging.read(reader.child("fan_out"))
        joins = try NativeJoin.all(reading: reader.child("joins"))
        sideLoads = try SideLoad.all(reading: reader.child("side_loads"))
        allowsLocalFilters = try reader.child("local_filters")?.bool() ?? true
        pipeline = try PipelineConfig(reading: reader)
        describe = try reader.child("describe").map(DescribeConfig.init(reading:))
        incremental = try reader.child("incremental").map(IncrementalConfig.init(reading:))
        errorMapping = try reader.child("error_mapping")?.mapping()
        routes = fanOut.isEmpty ? try Self.routes(reader) : fanOut.map(\.route)
    }

    /// What a response mapping is about.
    private enum MappingScope: String, CaseIterable {
        case record, page
    }

    /// The mapping of one record where another one has mapped the page.
    private static func handingOn(
        _ stack: MappingStack?,
        _ reader: DocumentReader
    ) throws(ConnectorConfigError) -> MappingStack {
        let place = try reader.required("response_mapping")
        guard stack?.stages.count == 1 else {
            throw place.error("a mapping of whole pages takes no overlay; say 'mode: replace'")
        }
        for word in ["joins", "fan_out"] {
            if let word = reader.child(word) { throw word.error("it needs a mapping of one record after the other") }
        }
        return try MappingStack(
            reading: DocumentReader(value: "response.record", pointer: place.pointer, compiler: reader.compiler)
        )
    }

    /// The mappings that tell which fields records get.
    var fieldMappings: [MappingStack] {
        [pageMapping ?? responseMapping].compactMap(\.self) + fanOut.compactMap(\.responseMapping)
    }

    private static func routes(_ reader: DocumentReader) throws(ConnectorConfigError) -> [Route] {
        guard let list = reader.child("route") else {
            return [try Route(only: reader)]
        }
        var routes: [Route] = []
        for element in list.elements() {
            try element.allow(["when", "resource", "method", "query_mapping", "request_body_mapping"])
            routes.append(try Route(reading: element))
        }
        return routes
    }

    /// A list of names, or an object of names and booleans, which layers can extend.
    private static func selected(_ reader: DocumentReader?) throws(ConnectorConfigError) -> [String] {
        guard let reader else { return [] }
        guard case .object = reader.value else { return try reader.strings() }
        var names: [String] = []
        for (name, member) in try reader.members() where try member.bool() { names.append(name) }
        return names
    }
}

/// A unified filter that the vendor can evaluate.
package struct FilterConfig: Sendable {
    /// What a value must look like before it may reach the vendor.
    package enum ValueType: String, Sendable, CaseIterable {
        case string, number, boolean, datetime, date
    }

    /// The unified field, such as `account[id]`.
    package let field: String
    /// The operators, such as `eq`.
    package let operators: [String]
    /// The native name.
    package let native: String
    /// The kind of value.
    package let type: ValueType

    init(field: String, reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["ops", "native", "type"])
        self.field = field
        operators = try reader.required("ops").strings()
        native = try reader.child("native")?.string() ?? field
        type = try reader.child("type")?.choice(ValueType.self) ?? .string
    }
}

/// The counterparts of a vendor's values in a closed set of the unified model.
package struct EnumMap: Sendable {
    /// Pointer of the unified field; `*` stands for each element of an array.
    package let path: [String]
    /// Native value to unified value.
    package let values: [String: String]
    /// Unified value to the first native value that stands for it.
    package let natives: [String: String]
    /// What becomes of a value without counterpart.
    package let fallback: String

    init(pointer: String, reading reader: DocumentReader) throws(ConnectorConfigError) {
        guard pointer.hasPrefix("/") else { throw reader.error("an enum is named by a pointer, such as '/status'") }
        path = DocumentPath(pointer).names
        var values: [String: String] = [:]
        var natives: [String: String] = [:]
        for (native, member) in try reader.members() {
            let unified = try member.string()
            values[native] = unified
            if native != "*", natives[unified] == nil { natives[unified] = native }
        }
        self.natives = natives
        fallback = values["*"] ?? "other"
        values["*"] = nil
        self.values = values
    }
}

/// Which fields of a native record are custom ones.
package struct CustomFieldsConfig: Sendable {
    /// The object that holds them; empty for the record itself.
    package let path: DocumentPath
    /// Names that count, with `*` at the front or the end; all when empty.
    package let keys: [NamePattern]
    /// Names that do not count.
    package let except: Set<String>
    /// The object of a native body that they are written to; nil when the mapping writes them itself.
    package let writePath: DocumentPath?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["path", "keys", "except", "write_path", "write"])
        path = DocumentPath(try reader.child("path")?.string() ?? "")
        keys = try reader.child("keys")?.strings().map(NamePattern.init) ?? []
        except = Set(try reader.child("except")?.strings() ?? [])
        let isWritten = try reader.child("write")?.bool() ?? true
        writePath = isWritten ? DocumentPath(try reader.child("write_path")?.string() ?? "").or(path) : nil
    }

    /// Whether a name is that of a custom field.
    package func covers(_ name: String) -> Bool {
        !except.contains(name) && (keys.isEmpty || keys.contains { $0.matches(name) })
    }
}

/// A name with at most one `*`, at its front or its end.
package struct NamePattern: Sendable, Hashable {
    private let text: String

    init(_ text: String) { self.text = text }

    /// Whether the pattern fits a name.
    package func matches(_ name: String) -> Bool {
        if text.hasPrefix("*") { return name.hasSuffix(text.dropFirst()) }
        if text.hasSuffix("*") { return name.hasPrefix(text.dropLast()) }
        return name == text
    }
}
