import JSONValue

/// One of several native lists that make up a unified one.
package struct FanOutBranch: Sendable {
    /// The native call, when it is part of the list, and its own mappings.
    package let route: MethodMapping.Route
    /// Instead of the method's own response mapping.
    package let responseMapping: MappingStack?
    /// True for a record that another list has; sees `response`, `context`.
    package let skipWhen: Expression?

    /// The lists of a list, or of an object that says how they are merged.
    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [FanOutBranch] {
        var branches: [FanOutBranch] = []
        let list = reader?.child("merge_by") == nil ? reader : try reader?.required("branches")
        for element in list?.elements() ?? [] {
            try element.allow([
                "when", "resource", "method", "query_mapping", "request_body_mapping", "response_mapping", "skip_when",
            ])
            branches.append(
                FanOutBranch(
                    route: try MethodMapping.Route(reading: element),
                    responseMapping: try element.child("response_mapping")?.mapping(),
                    skipWhen: try element.child("skip_when")?.expression()
                )
            )
        }
        return branches
    }
}

/// How the records of several native lists become one list of records about the same things.
package struct FanOutMerging: Sendable {
    /// Where a unified record has the key.
    package let key: DocumentPath
    /// Most records that are read of all lists together.
    package let recordsMax: Int

    static func read(_ reader: DocumentReader?) throws(ConnectorConfigError) -> FanOutMerging? {
        guard let reader, let key = reader.child("merge_by") else { return nil }
        try reader.allow(["merge_by", "max_records", "branches"])
        guard try reader.required("branches").elements().count > 1 else {
            throw try reader.required("branches").error("there are at least two lists to merge")
        }
        return FanOutMerging(
            key: DocumentPath(try key.string()),
            recordsMax: try reader.child("max_records")?.int(1...10_000) ?? 1000
        )
    }
}

/// A second native call whose records are joined into those of the first.
package struct NativeJoin: Sendable {
    /// When it is made; always, if nil.
    package let condition: Expression?
    /// The call; sees `slice.ids`.
    package let call: NativeCallName
    /// Where a record of the first call has the key.
    package let local: DocumentPath
    /// Where one of the second call has it.
    package let foreign: DocumentPath
    /// The member that takes the joined record; laid over the record itself if nil.
    package let into: String?
    /// Most keys of one call.
    package let max: Int

    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [NativeJoin] {
        var joins: [NativeJoin] = []
        for element in reader?.elements() ?? [] {
            try element.allow(["when", "resource", "method", "local", "foreign", "into", "ids_max"])
            joins.append(
                NativeJoin(
                    condition: try element.child("when")?.expression(),
                    call: try NativeCallName(reading: element),
                    local: try element.required("local").string().path,
                    foreign: try element.required("foreign").string().path,
                    into: try element.child("into")?.string(),
                    max: try element.child("ids_max")?.int(1...1000) ?? 100
                )
            )
        }
        return joins
    }
}

/// Unified records that a caller can have beside those of a list.
package struct SideLoad: Sendable {
    /// The unified resource of the same category.
    package let resource: String
    /// The filter of its list that takes the keys.
    package let filter: String
    /// Most keys of one request.
    package let max: Int
    /// Where a record of the list has the key.
    package let local: DocumentPath
    /// Where an included record has it.
    package let foreign: DocumentPath
    /// The field that takes what is found.
    package let into: String
    /// Whether several records can be found for one.
    package let isMany: Bool

    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [String: SideLoad] {
        var loads: [String: SideLoad] = [:]
        for (name, member) in try reader?.members() ?? [] {
            try member.allow(["request", "join"])
            let request = try member.required("request")
            try request.allow(["resource", "filter", "max"])
            let join = try member.required("join")
            try join.allow(["local", "foreign", "into", "many"])
            loads[name] = SideLoad(
                resource: try request.required("resource").string(),
                filter: try request.child("filter")?.string() ?? "id",
                max: try request.child("max")?.int(1...1000) ?? 100,
                local: try join.required("local").string().path,
                foreign: try join.child("foreign")?.string().path ?? DocumentPath("id"),
                into: try join.child("into")?.string() ?? name,
                isMany: try join.child("many")?.bool() ?? false
            )
        }
        return loads
    }
}

/// How a parameter that is too long for one request is cut into several requests for the same records.
package struct FieldChunking: Sendable {
    /// How the parts of a page are asked for, all of them before the next page.
    package enum Order: String, Sendable, CaseIterable {
        /// One after the other.
        case chunksFirst = "chunks_first"
        /// All at the same time.
        case parallel
    }

    /// The query parameter, or the member of the body.
    package let parameter: PaginationConfig.Parameter
    /// Most names of one request.
    package let countMax: Int?
    /// Most encoded characters of one request's parameter.
    package let charactersMax: Int?
    /// Names that each request has.
    package let always: [String]
    /// Where a record has the key by which its parts are put together.
    package let mergeKey: DocumentPath
    /// How the parts of a page are asked for.
    package let order: Order

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["param", "limit", "always_include", "merge_key", "order"])
        parameter = try PaginationConfig.Parameter(reading: reader.required("param"))
        guard [.query, .body].contains(parameter.place) else {
            throw try reader.required("param").error("names are cut in the query or the body")
        }
        let limit = try reader.required("limit")
        try limit.allow(["count", "chars"])
        countMax = try limit.child("count")?.int(1...100_000)
        charactersMax = try limit.child("chars")?.int(1...1_000_000)
        guard countMax != nil || charactersMax != nil else { throw limit.error("say 'count' or 'chars'") }
        always = try reader.child("always_include")?.strings() ?? []
        order = try reader.child("order")?.choice(Order.self) ?? .chunksFirst
        mergeKey = try reader.child("merge_key")?.string().path ?? DocumentPath("id")
    }
}
