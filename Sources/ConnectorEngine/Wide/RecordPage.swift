package import JSONValue
package import Vocabulary

/// One page of a unified list with each record written by itself, for answers that are put together of several pages.
package struct RecordPage: Sendable {
    /// The records as JSON texts.
    package var records: [[UInt8]]
    /// Where the list goes on; nil at its end.
    package var nextCursor: String?
    /// Whether the records lack fields that a `get` gives.
    package var isPartial: Bool
    /// What became of filters, warnings, revision.
    package var meta: JSONObject
    /// What the vendor tells about its limits.
    package var remoteRateLimit: UnifiedResult.RemoteRateLimit?
    /// How the strictest of our own limits stands.
    package var rateLimit: Problem.RateLimit?

    /// Puts a page together.
    package init(
        records: [[UInt8]],
        nextCursor: String?,
        isPartial: Bool = false,
        meta: JSONObject = JSONObject(),
        remoteRateLimit: UnifiedResult.RemoteRateLimit? = nil,
        rateLimit: Problem.RateLimit? = nil
    ) {
        self.records = records
        self.nextCursor = nextCursor
        self.isPartial = isPartial
        self.meta = meta
        self.remoteRateLimit = remoteRateLimit
        self.rateLimit = rateLimit
    }

    /// The envelope of a list with the page's records.
    package func envelope() -> [UInt8] {
        var bytes = Array("{\"result\":[".utf8)
        for (index, record) in records.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += record
        }
        bytes += Array("],".utf8)
        let tail: JSONObject = [
            "next_cursor": nextCursor.map(JSONValue.string) ?? .null, "prev_cursor": nil,
            "result_count": .number(JSONNumber(records.count)), "total_count": nil,
            "is_partial_response": .bool(isPartial), "meta": .object(meta),
        ]
        return bytes + JSONValue.object(tail).bytes().dropFirst()
    }
}

extension UnifiedCall {
    /// This call with other query parameters instead of those of the same names.
    package func replacing(_ parameters: [(name: String, value: String?)]) -> UnifiedCall {
        let names = Set(parameters.map(\.name))
        var query = query.filter { !names.contains($0.name) }
        for parameter in parameters {
            if let value = parameter.value { query.append((parameter.name, value)) }
        }
        return UnifiedCall(
            category: category,
            resource: resource,
            method: method,
            id: id,
            query: query,
            body: body,
            account: account,
            requestID: requestID,
            traffic: traffic
        )
    }
}
