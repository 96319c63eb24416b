import JSONValue

/// How a vendor cuts a list into pages.
package struct PaginationConfig: Sendable {
    /// The ways that the engine knows.
    package enum Kind: String, Sendable, CaseIterable {
        /// All at once; the engine cuts the list itself.
        case none
        /// The answer names the next page.
        case cursor
        /// Pages are counted.
        case page
        /// Records are counted.
        case offset
        /// The answer's body has the next page's address.
        case nextURL = "next_url"
        /// The answer's `Link` header has it (RFC 8288).
        case linkHeader = "link_header"
    }

    /// Where a paging value is put into a request.
    package struct Parameter: Sendable {
        /// The part of the request.
        package enum Place: String, Sendable, CaseIterable {
            case query, body, header
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

    /// The way.
    package let kind: Kind
    /// Where the page size goes; nil when the vendor does not let one choose.
    package let limitParameter: Parameter?
    /// Smallest page the vendor gives.
    package let limitMin: Int
    /// Largest page the vendor gives.
    package let limitMax: Int
    /// Where the cursor, page number or offset goes.
    package let cursorParameter: Parameter?
    /// Where the answer has the next cursor or address.
    package let cursorPath: DocumentPath?
    /// The first page's number, or the first offset.
    package let start: Int
    /// Whether an offset counts pages' sizes as asked for, or records as received.
    package let stepsByRecords: Bool
    /// True when the answer is the last page; sees `response`, `headers`, `status`, `page`.
    package let stopWhen: Expression?
    /// Where the answer says whether more is to come.
    package let hasMorePath: DocumentPath?
    /// Where the answer says how many pages there are.
    package let totalPagesPath: DocumentPath?
    /// Where the answer says how many records there are.
    package let totalPath: DocumentPath?
    /// The relation of the `Link` header.
    package let linkRelation: String
    /// Whether the body is left out when following an address.
    package let dropsBodyOnNext: Bool
    /// Most pages fetched for one call.
    package let maxPages: Int
    /// What a changed page leads to.
    package let onChange: OnChange

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow([
            "kind", "limit_param", "limit_min", "limit_max", "cursor_param", "cursor_path", "start", "step",
            "stop_when", "has_more_path", "total_pages_path", "total_path", "rel", "drop_body_on_next", "max_pages",
            "on_change",
        ])
        kind = try reader?.child("kind")?.choice(Kind.self) ?? .none
        limitParameter = try reader?.child("limit_param").map(Parameter.init(reading:))
        limitMax = try reader?.child("limit_max")?.int(1...1_000_000) ?? (kind == .none ? 1_000_000 : 100)
        limitMin = try reader?.child("limit_min")?.int(1...1_000_000) ?? 1
        cursorParameter = try reader?.child("cursor_param").map(Parameter.init(reading:))
        cursorPath = try reader?.child("cursor_path")?.string().path
        start = try reader?.child("start")?.int() ?? (kind == .page ? 1 : 0)
        let step = try reader?.child("step")?.string() ?? "records"
        stepsByRecords = step == "records"
        stopWhen = try reader?.child("stop_when")?.expression()
        hasMorePath = try reader?.child("has_more_path")?.string().path
        totalPagesPath = try reader?.child("total_pages_path")?.string().path
        totalPath = try reader?.child("total_path")?.string().path
        linkRelation = try reader?.child("rel")?.string() ?? "next"
        dropsBodyOnNext = try reader?.child("drop_body_on_next")?.bool() ?? false
        maxPages = try reader?.child("max_pages")?.int(1...1000) ?? 20
        onChange = try reader?.child("on_change")?.choice(OnChange.self) ?? (kind == .none ? .refuse : .resume)
        guard let reader else { return }
        guard step == "records" || step == "size" else {
            throw try reader.required("step").error("'\(step)' is not one of records, size")
        }
        if [.cursor, .nextURL].contains(kind) { _ = try reader.required("cursor_path") }
        if [.cursor, .page, .offset].contains(kind) { _ = try reader.required("cursor_param") }
    }

    /// Whether the vendor decides the page size, so that the engine may have to cut pages.
    package var hasFixedPages: Bool {
        limitParameter == nil || limitMin > 1
    }
}

extension PaginationConfig.Parameter {
    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        if case .string(let name) = reader.value {
            self.init(place: .query, name: name)
            return
        }
        try reader.allow(["in", "name"])
        self.init(
            place: try reader.child("in")?.choice(Place.self) ?? .query,
            name: try reader.required("name").string()
        )
    }
}

extension String {
    fileprivate var path: DocumentPath { DocumentPath(self) }
}
