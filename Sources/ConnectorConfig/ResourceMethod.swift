import JSONValue

/// One native call of a vendor: how it is asked and where the records are in the answer.
package final class ResourceMethod: Sendable {
    /// The request.
    package let request: RequestTemplate
    /// Where the record or the records are; empty for the whole body.
    package let recordsPath: DocumentPath
    /// Where a record's own name is, to tell records apart while paging.
    package let idPath: DocumentPath
    /// What an element at `recordsPath` becomes: one record, several or none; sees `response`, `page`, `query`, `id`,
    /// `context`.
    package let recordExpression: Expression?
    /// How further pages are asked for.
    package let pagination: PaginationConfig
    /// Whether the call may be repeated.
    package let isIdempotent: Bool
    /// Whether the vendor honours `If-Match`.
    package let supportsIfMatch: Bool
    /// The header field that makes the vendor do a repeated call once.
    package let idempotencyHeader: String?
    /// Scopes that the call needs.
    package let scopes: [String]
    /// Which rate budget the call counts against.
    package let rateClass: String?
    /// The vendor's page about the call.
    package let docs: String?
    /// Where a record's key is, when records that were just given out can come again.
    package let dedupePath: DocumentPath?
    /// How a parameter that is too long for one request is cut.
    package let fieldChunking: FieldChunking?
    /// How long a good answer is kept for the account; not at all, if nil.
    package let cacheLifetime: Duration?
    /// What the request and its answer look like.
    package let contract: ContractConfig
    /// What tools that are made of the call are filed under.
    package let toolTags: [String]

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        try reader.allow(
            RequestTemplate.keys + [
                "records_path", "record_expr", "id_path", "pagination", "idempotent", "scopes", "rate_class", "docs",
                "supports_if_match", "idempotency_header",
                "dedupe_key", "field_chunking", "cacheable", "tool_tags",
            ] + ContractConfig.keys
        )
        request = try RequestTemplate(reading: reader)
        recordsPath = DocumentPath(try reader.child("records_path")?.string() ?? "")
        idPath = DocumentPath(try reader.child("id_path")?.string() ?? "id")
        recordExpression = try reader.child("record_expr")?.expression()
        pagination = try PaginationConfig(reading: reader.child("pagination"))
        isIdempotent = try reader.child("idempotent")?.bool() ?? (request.method == "GET")
        supportsIfMatch = try reader.child("supports_if_match")?.bool() ?? false
        idempotencyHeader = try reader.child("idempotency_header")?.string()
        scopes = try reader.child("scopes")?.strings() ?? []
        rateClass = try reader.child("rate_class")?.string()
        docs = try reader.child("docs")?.string()
        dedupePath = try reader.child("dedupe_key")?.string().path
        fieldChunking = try reader.child("field_chunking").map(FieldChunking.init(reading:))
        let cacheable = reader.child("cacheable")
        try cacheable?.allow(["ttl_seconds"])
        cacheLifetime = try cacheable?.required("ttl_seconds").int(1...86_400).seconds
        if let cacheable, !isIdempotent { throw cacheable.error("only a call that changes nothing can be kept") }
        contract = try ContractConfig(reading: reader)
        toolTags = try reader.child("tool_tags")?.strings() ?? []
    }

    /// Statuses that mean an empty list by themselves.
    package var emptyStatuses: [Int] {
        request.answer.emptyCondition == nil ? request.answer.emptyStatuses : []
    }
}
