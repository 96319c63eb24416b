import JSONValue

/// The expressions of a paging that follows no common pattern.
package struct DynamicPaging: Sendable {
    /// The first page's state; none if nil.
    package let initial: Expression?
    /// The next page's state; no value ends the list.
    package let next: Expression
    /// What goes to the vendor as the cursor; the state itself if nil.
    package let out: Expression?

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        initial = try reader.child("initial")?.expression()
        next = try reader.required("next").expression()
        out = try reader.child("cursor_out")?.expression()
    }
}

/// An order of records in which a list can go on after any of them by a filter.
package struct KeysetKey: Sendable {
    /// The unified sort key that asks for this order; nil for one that callers cannot ask for.
    package let field: String?
    /// The native name for filters and orders.
    package let native: String
    /// Where a record has the value.
    package let path: DocumentPath
    /// The kind of value.
    package let type: FilterConfig.ValueType
    /// Whether no two records have the same value.
    package let isUnique: Bool
    /// The native name of a unique second key, by which records of equal value are told apart.
    package let idNative: String?
    /// Where a record has it.
    package let idPath: DocumentPath

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(["field", "native", "path", "type", "unique", "id"])
        field = try reader.child("field")?.string()
        native = try reader.required("native").string()
        path = DocumentPath(try reader.child("path")?.string() ?? native)
        type = try reader.child("type")?.choice(FilterConfig.ValueType.self) ?? .string
        isUnique = try reader.child("unique")?.bool() ?? false
        let id = reader.child("id")
        try id?.allow(["native", "path"])
        idNative = try id?.required("native").string()
        idPath = DocumentPath(try id?.child("path")?.string() ?? idNative ?? "id")
    }

    /// The keys of a paging: its own, or those of its cap.
    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [KeysetKey] {
        let cap = reader?.child("cap")
        try cap?.allow(["records", "then", "key"])
        let then = try cap?.child("then")?.choice(CapAnswer.self)
        if then == .keyset { _ = try cap?.required("key") }
        if then == .timeWindow { _ = try reader?.required("window") }
        var keys: [KeysetKey] = []
        for element in (cap?.child("key") ?? reader?.child("key"))?.elements() ?? [] {
            keys.append(try KeysetKey(reading: element))
        }
        return keys
    }

    private enum CapAnswer: String, CaseIterable {
        case keyset
        case timeWindow = "time_window"
    }
}

/// Spans of time that a list is cut into, halved until the vendor gives all of one.
package struct TimeWindow: Sendable {
    /// The unified field; its sort key is the order of the list.
    package let field: String?
    /// The native name for filters.
    package let native: String
    /// Before the first record.
    package let from: Expression
    /// The end of the last span; it stays open for what comes later.
    package let until: Expression
    /// Seconds of the first span; everything if nil.
    package let width: Int?

    static func read(
        from reader: DocumentReader?,
        isWanted: Bool
    ) throws(ConnectorConfigError) -> TimeWindow? {
        if isWanted { _ = try reader?.required("window") }
        guard let window = reader?.child("window") else { return nil }
        try window.allow(["field", "native", "from", "until", "width_seconds"])
        let now = Expression.jsonata(try window.compiler.compiled("$now()", at: window.pointer))
        return TimeWindow(
            field: try window.child("field")?.string(),
            native: try window.required("native").string(),
            from: try window.required("from").expression(),
            until: try window.child("until")?.expression() ?? now,
            width: try window.child("width_seconds")?.int(1...Int(Int32.max))
        )
    }
}

/// Identifiers that a vendor takes in portions only.
package struct IDChunks: Sendable {
    /// The native call that gives them; nil when the caller's filter does.
    package let source: NativeCallName?
    /// Where the answer of that call has them.
    package let path: DocumentPath
    /// The unified field whose `in` filter is cut into portions.
    package let field: String
    /// Most of one portion.
    package let max: Int
    /// Where a portion goes; nil when expressions take it from `slice.ids`.
    package let parameter: PaginationConfig.Parameter?

    static func read(from reader: DocumentReader?, isWanted: Bool) throws(ConnectorConfigError) -> IDChunks? {
        if let batching = reader?.child("id_batching") {
            try batching.allow(["field", "max"])
            return IDChunks(
                source: nil,
                path: DocumentPath(""),
                field: try batching.child("field")?.string() ?? "id",
                max: try batching.required("max").int(1...10_000),
                parameter: nil
            )
        }
        guard isWanted, let reader else { return nil }
        let ids = reader.child("ids")
        try ids?.allow(["resource", "method", "path"])
        var source: NativeCallName?
        if let ids { source = try NativeCallName(reading: ids) }
        return IDChunks(
            source: source,
            path: DocumentPath(try ids?.child("path")?.string() ?? ""),
            field: "id",
            max: try reader.child("ids_max")?.int(1...10_000) ?? 100,
            parameter: try PaginationConfig.Parameter.read(reader.child("ids_param"))
        )
    }
}

/// The name of a native call.
package struct NativeCallName: Sendable, Hashable {
    /// The native resource.
    package let resource: String
    /// Its method.
    package let method: String

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        resource = try reader.required("resource").string()
        method = try reader.required("method").string()
    }
}

/// A list that the vendor makes ready first.
package struct AsyncJob: Sendable {
    /// The native call that starts it.
    package let create: NativeCallName
    /// The native call that asks for its state; sees `job.id`.
    package let poll: NativeCallName
    /// Where the first answer has its name.
    package let idPath: DocumentPath
    /// Where the last answer has the address of the result; nil when the list's own path leads there.
    package let urlPath: DocumentPath?
    /// Whether it is ready.
    package let doneWhen: Expression
    /// Whether it never will be.
    package let failedWhen: Expression?
    /// The native call that fetches the result, by its own rules; the list's own call if nil.
    package let download: NativeCallName?
    /// The native call that takes the order back when the result is not waited for any longer; sees `job.id`.
    package let abort: NativeCallName?
    /// How long the vendor has in all; as long as the caller likes, if nil.
    package let giveUpAfter: Duration?
    /// How often one call asks.
    package let maxPolls: Int
    /// Seconds between two questions.
    package let interval: Duration
}

extension DocumentReader {
    fileprivate func call(_ key: String) throws(ConnectorConfigError) -> NativeCallName {
        let reader = try required(key)
        try reader.allow(["resource", "method"])
        return try NativeCallName(reading: reader)
    }

    func asyncJob() throws(ConnectorConfigError) -> AsyncJob {
        try allow([
            "create", "poll", "id_path", "url_path", "done_when", "failed_when", "max_polls", "interval_seconds",
            "download", "abort", "give_up_after_seconds",
        ])
        return AsyncJob(
            create: try call("create"),
            poll: try call("poll"),
            idPath: DocumentPath(try child("id_path")?.string() ?? "id"),
            urlPath: try child("url_path")?.string().path,
            doneWhen: try required("done_when").expression(),
            failedWhen: try child("failed_when")?.expression(),
            download: child("download") == nil ? nil : try call("download"),
            abort: child("abort") == nil ? nil : try call("abort"),
            giveUpAfter: try child("give_up_after_seconds")?.int(1...86_400).seconds,
            maxPolls: try child("max_polls")?.int(1...60) ?? 5,
            interval: try child("interval_seconds")?.int(0...60).seconds ?? .seconds(2)
        )
    }
}
