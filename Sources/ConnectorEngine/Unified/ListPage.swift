import JSONValue

/// One page of a unified list, before it is written.
struct ListPage {
    /// The records.
    var records: [MappedRecord]
    /// Where the list goes on; nil at its end.
    var nextCursor: String?
    /// The page before, where the vendor's way of paging has one.
    var previousCursor: String?
    /// How many records the vendor says there are.
    var total: Int?
    /// Whether the records lack fields that a `get` gives.
    var isPartial: Bool
    /// What became of filters, warnings, revision, explanation.
    var meta: JSONObject
    /// What the vendor tells about its limits.
    var rateLimit: UnifiedResult.RemoteRateLimit?
}
