import JSONValue

/// A record of the unified model with the vendor's own record beside it.
///
/// It is kept as the text that goes to the caller.
struct MappedRecord {
    /// The record as JSON, without the vendor's own.
    private(set) var text: ArraySlice<UInt8>
    let remoteData: ArraySlice<UInt8>
    /// The record's version, where the mapping gives one.
    let etag: String?
    let warnings: [(pointer: String, message: String)]

    init(
        text: ArraySlice<UInt8>,
        remoteData: ArraySlice<UInt8>,
        etag: String? = nil,
        warnings: [(pointer: String, message: String)]
    ) {
        self.text = text
        self.remoteData = remoteData
        self.etag = etag
        self.warnings = warnings
    }

    init(fields: JSONObject, remoteData: ArraySlice<UInt8>, warnings: [(pointer: String, message: String)]) {
        self.init(
            text: JSONValue.object(fields).bytes()[...],
            remoteData: remoteData,
            etag: fields["etag"]?.string,
            warnings: warnings
        )
    }

    /// The record as a tree: read from the text and written back to it, so for those who have to only.
    var fields: JSONObject {
        get { (try? JSONValue(parsing: Array(text), policy: .vendor))?.object ?? JSONObject() }
        set { text = JSONValue.object(newValue).bytes()[...] }
    }
}
