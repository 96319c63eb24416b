import JSONValue

/// A record of the unified model with the vendor's own record beside it.
///
/// It is kept as the text that goes to the caller.
struct MappedRecord {
    /// Where the text stands, beside others of the same page.
    private var page: JSONText
    private var range: Range<Int>
    let remoteData: ArraySlice<UInt8>
    /// The record's version, where the mapping gives one.
    let etag: String?
    let warnings: [(pointer: String, message: String)]

    init(
        page: JSONText,
        range: Range<Int>,
        remoteData: ArraySlice<UInt8>,
        etag: String? = nil,
        warnings: [(pointer: String, message: String)]
    ) {
        self.page = page
        self.range = range
        self.remoteData = remoteData
        self.etag = etag
        self.warnings = warnings
    }

    init(fields: JSONObject, remoteData: ArraySlice<UInt8>, warnings: [(pointer: String, message: String)]) {
        let (page, range) = Self.text(of: fields)
        self.init(page: page, range: range, remoteData: remoteData, etag: fields["etag"]?.string, warnings: warnings)
    }

    /// How long the record is as JSON, without the vendor's own.
    var count: Int { range.count }

    /// Adds the record as JSON to bytes, without the vendor's own; the closing brace can be left to the caller.
    func append(to bytes: inout [UInt8], closes: Bool = true) {
        page.append(closes ? range : range.lowerBound..<range.upperBound - 1, to: &bytes)
    }

    /// The record as a tree: read from the text and written back to it, so for those who have to only.
    var fields: JSONObject {
        get {
            var bytes: [UInt8] = []
            append(to: &bytes)
            return (try? JSONValue(parsing: bytes, policy: .vendor))?.object ?? JSONObject()
        }
        set { (page, range) = Self.text(of: newValue) }
    }

    private static func text(of fields: JSONObject) -> (JSONText, Range<Int>) {
        var writer = JSONByteWriter()
        writer.append(.object(fields))
        let count = writer.count
        return (writer.finishText(), 0..<count)
    }
}
