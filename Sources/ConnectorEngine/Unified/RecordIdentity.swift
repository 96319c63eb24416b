import ConnectorConfig
import JSONValue
import Vocabulary

/// Short names for records and pages, to tell them apart without keeping them.
struct RecordIdentity {
    /// Characters of a record's name.
    static let length = 8

    let digests: any Digests
    /// Where a record's own name is.
    let path: DocumentPath

    /// A record's name: made of its id, else of all of it.
    func hash(_ node: JSONNode) throws -> String {
        let id = path.names.reduce(node as JSONNode?) { $0?[$1] }
        return try short(Array((id ?? node).sourceBytes), 6)
    }

    /// A page's name, made of its records' names.
    func pageHash(_ hashes: [String]) throws -> String {
        try short(Array(hashes.joined(separator: ",").utf8), 12)
    }

    /// A value's name.
    func hash(_ value: JSONValue) throws -> String {
        try short(value.bytes(), 6)
    }

    private func short(_ bytes: [UInt8], _ length: Int) throws -> String {
        Base64.urlEncoded(Array(try digests.digest(.sha256, of: bytes).prefix(length)))
    }
}
