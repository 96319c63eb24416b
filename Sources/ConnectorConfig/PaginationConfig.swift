import JSONValue

/// How a vendor cuts a list into pages, and into parts where one query does not give all.
package struct PaginationConfig: Sendable {
    /// The ways that the engine knows.
    package enum Kind: String, Sendable, CaseIterable {
        /// All at once; the engine cuts the list itself.
        case none
        /// The answer names the next page.
        case cursor
        /// Pages are counted.
        case page
        /// Pages are counted, number and size in the request's body.
        case soapPage = "soap_page"
        /// Records are counted.
        case offset
        /// The answer's body has the next page's address.
        case nextURL = "next_url"
        /// The answer's `Link` header has it (RFC 8288).
        case linkHeader = "link_header"
        /// Records are counted in the `Range` header (RFC 9110 section 14).
        case range
        /// The last record's value is the next page's filter.
        case keyset
        /// Spans of time, each small enough for the vendor.
        case timeWindow = "time_window"
        /// Portions of a list of identifiers.
        case idChunk = "id_chunk"
        /// The vendor makes the list ready first.
        case asyncJob = "async_job"
        /// Expressions decide.
        case dynamic
    }

    /// Where a paging value is put into a request.
    package struct Parameter: Sendable {
        /// The part of the request.
        package enum Place: String, Sendable, CaseIterable {
            case query, body, header, path
        }

        /// The part of the request.
        package let place: Place
        /// The parameter's name.
        package let name: String
    }

    /// What happens when a page that the engine cuts is not the same any more at the next call.
    package enum OnChange: String, Sendable, CaseIterable {
        /// The caller must start again.
        case refuse
        /// Go on after the last record given out, if it is still there.
        case resume
    }

    /// How an offset grows.
    package enum Step: String, Sendable, CaseIterable {
        /// By the records that came.
        case records
        /// By the size that was asked for.
        case size
        /// By one: the "offset" counts pages.
        case pages
    }

    /// The way.
    package let kind: Kind
    /// The way inside of a part of the list; `kind` itself where the list has no parts.
    package let pageKind: Kind
    /// Where the page size goes; nil when the vendor does not let one choose.
    package let limitParameter: Parameter?
    /// Smallest page the vendor gives.
    package let limitMin: Int
    /// Largest page the vendor gives.
    package let limitMax: Int
    /// The size of the caller's page where he names none.
    package let limitDefault: Int?
    /// Largest first page, where it differs.
    package let firstLimitMax: Int?
    /// Where the cursor, page number or offset goes.
    package let cursorParameter: Parameter?
    /// Where the answer has the next cursor or address.
    package let cursorPath: DocumentPath?
    /// The header field that has the next cursor.
    package let cursorHeader: String?
    /// Where the answer has the cursor or address of the page before.
    package let previousPath: DocumentPath?
    /// Seconds that the vendor's cursor can be used for.
    package let cursorLifetime: Int?
    /// The first page's number, or the first offset.
    package let start: Int
    /// How an offset grows.
    package let step: Step
    /// Whether a page with fewer records than asked for is the last one.
    package let shortPageEnds: Bool
    /// True when the answer is the last page.
    package let stopWhen: Expression?
    /// Where the answer says whether more is to come.
    package let hasMorePath: DocumentPath?
    /// Where the answer says how many pages there are.
    package let totalPagesPath: DocumentPath?
    /// Where the answer says how many records there are.
    package let totalPath: DocumentPath?
    /// The header field that says how many records there are.
    package let totalHeader: String?
    /// The relation of the `Link` header.
    package let linkRelation: String
    /// The unit of the `Range` header.
    package let rangeUnit: String
    /// Query parameters that the first request does not have.
    package let omittedOnFirst: [String]
    /// Query parameters that requests with a cursor do not have; `*` for all.
    package let omittedOnNext: [String]
    /// Whether requests with a cursor have no body but what the cursor itself puts there.
    package let dropsBodyOnNext: Bool
    /// Most pages fetched for one call.
    package let maxPages: Int
    /// What a changed page leads to.
    package let onChange: OnChange
    /// The expressions of a dynamic way.
    package let dynamic: DynamicPaging?
    /// What is carried from page to page, visible as `values`.
    package let values: [NamedExpression]
    /// The orders in which the list can be gone through by a filter on the last value.
    package let keys: [KeysetKey]
    /// How many records one query gives at most.
    package let cap: Int?
    /// The spans of time that the list is cut into.
    package let window: TimeWindow?
    /// Portions of identifiers.
    package let chunks: IDChunks?
    /// How the vendor makes the list ready.
    package let job: AsyncJob?

    private static let words = [
        "kind", "within", "limit_param", "limit_min", "limit_max", "limit_default", "first_limit_max", "cursor_param",
        "cursor_path",
        "cursor_header", "prev_path", "cursor_ttl_seconds", "start", "step", "short_page_ends", "stop_when",
        "has_more_path", "total_pages_path", "total_path", "total_header", "rel", "range_unit", "omit_on_first",
        "omit_on_next", "drop_body_on_next", "max_pages", "on_change", "initial", "next", "cursor_out", "values",
        "key", "cap", "window", "ids", "ids_max", "ids_param", "id_batching", "job",
    ]

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(Self.words)
        kind = try reader?.child("kind")?.choice(Kind.self) ?? .none
        let within = try reader?.child("within")?.choice(Kind.self)
        switch kind {
        case .timeWindow, .idChunk, .asyncJob: pageKind = within ?? .none
        case .soapPage: pageKind = .page
        default: pageKind = kind
        }
        let place: Parameter.Place = kind == .soapPage ? .body : .query
        limitParameter = try Parameter.read(reader?.child("limit_param"), place)
        limitMax = try reader?.child("limit_max")?.int(1...1_000_000) ?? (pageKind == .none ? 1_000_000 : 100)
        limitMin = try reader?.child("limit_min")?.int(1...1_000_000) ?? 1
        limitDefault = try reader?.child("limit_default")?.int(1...1000)
        firstLimitMax = try reader?.child("first_limit_max")?.int(1...1_000_000)
        cursorParameter = try Parameter.read(reader?.child("cursor_param"), place)
        cursorPath = try reader?.child("cursor_path")?.string().path
        cursorHeader = try reader?.child("cursor_header")?.string()
        previousPath = try reader?.child("prev_path")?.string().path
        cursorLifetime = try reader?.child("cursor_ttl_seconds")?.int(1...31_536_000)
        start = try reader?.child("start")?.int() ?? (pageKind == .page ? 1 : 0)
        step = try reader?.child("step")?.choice(Step.self) ?? .records
        shortPageEnds = try reader?.child("short_page_ends")?.bool() ?? true
        stopWhen = try reader?.child("stop_when")?.expression()
        hasMorePath = try reader?.child("has_more_path")?.string().path
        totalPagesPath = try reader?.child("total_pages_path")?.string().path
        totalPath = try reader?.child("total_path")?.string().path
        totalHeader = try reader?.child("total_header")?.string()
        linkRelation = try reader?.child("rel")?.string() ?? "next"
        rangeUnit = try reader?.child("range_unit")?.string() ?? "items"
        omittedOnFirst = try reader?.child("omit_on_first")?.strings() ?? []
        omittedOnNext = try reader?.child("omit_on_next")?.strings() ?? []
        dropsBodyOnNext = try reader?.child("drop_body_on_next")?.bool() ?? false
        maxPages = try reader?.child("max_pages")?.int(1...1000) ?? 20
        onChange = try reader?.child("on_change")?.choice(OnChange.self) ?? (pageKind == .none ? .refuse : .resume)
        dynamic = pageKind == .dynamic ? try reader.map(DynamicPaging.init(reading:)) : nil
        values = try reader?.child("values")?.expressions() ?? []
        keys = try KeysetKey.all(reading: reader)
        cap = try reader?.child("cap")?.required("records").int(1...10_000_000)
        window = try TimeWindow.read(from: reader, isWanted: kind == .timeWindow)
        chunks = try IDChunks.read(from: reader, isWanted: kind == .idChunk)
        job = kind == .asyncJob ? try reader?.required("job").asyncJob() : nil
        if let reader { try check(reader) }
    }

    private func check(_ reader: DocumentReader) throws(ConnectorConfigError) {
        if let within = reader.child("within"),
            ![.timeWindow, .idChunk, .asyncJob].contains(kind)
                || [.timeWindow, .idChunk, .asyncJob, .keyset].contains(pageKind)
        {
            throw within.error("'within' is the way inside of time_window, id_chunk or async_job")
        }
        if pageKind == .cursor, cursorPath == nil, cursorHeader == nil {
            throw reader.error("'cursor_path' is missing; it or 'cursor_header' says where the next cursor is")
        }
        if pageKind == .nextURL { _ = try reader.required("cursor_path") }
        if [.cursor, .page, .offset].contains(pageKind) { _ = try reader.required("cursor_param") }
        if kind == .keyset { _ = try reader.required("key") }
    }
}

extension PaginationConfig.Parameter {
    /// `place`: where a parameter goes that is only named.
    init(reading reader: DocumentReader, place: Place = .query) throws(ConnectorConfigError) {
        if case .string(let name) = reader.value {
            self.init(place: place, name: name)
            return
        }
        try reader.allow(["in", "name"])
        self.init(
            place: try reader.child("in")?.choice(Place.self) ?? place,
            name: try reader.required("name").string()
        )
    }

    static func read(_ reader: DocumentReader?, _ place: Place = .query) throws(ConnectorConfigError) -> Self? {
        guard let reader else { return nil }
        return try Self(reading: reader, place: place)
    }
}

extension PaginationConfig {
    /// The native calls that the paging names.
    var calls: [NativeCallName] {
        [chunks?.source, job?.create, job?.poll, job?.download, job?.abort].compactMap(\.self)
    }
}

extension String {
    var path: DocumentPath { DocumentPath(self) }
}
