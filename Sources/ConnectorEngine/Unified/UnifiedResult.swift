import JSONValue
package import Vocabulary

/// What a unified call answers.
package struct UnifiedResult: Sendable {
    /// What the vendor tells about its limits.
    package struct RemoteRateLimit: Sendable, Equatable {
        /// Calls in a window.
        package var limit: Int?
        /// Calls left.
        package var remaining: Int?
        /// Seconds until the window ends.
        package var reset: Int?
    }

    /// The body, as it goes to the caller: an envelope for lists, the bare record else.
    package var body: [UInt8]
    /// Where a list goes on.
    package let nextCursor: String?
    /// How many records the body holds.
    package let count: Int
    /// What the vendor tells about its limits.
    package let remoteRateLimit: RemoteRateLimit?
    /// The record's version at the vendor, where it tells one.
    package var etag: String?
    /// What the caller should know beside the answer.
    package var warnings: [Problem.Failure] = []
    /// How the strictest of our own limits stands.
    package var rateLimit: Problem.RateLimit?
}

/// Writes answers.
///
/// Vendors' records are copied as the bytes they came in.
struct EnvelopeWriter {
    let query: UnifiedQuery

    /// The envelope of a list.
    func list(
        _ records: [MappedRecord],
        nextCursor: String?,
        previousCursor: String? = nil,
        total: Int?,
        isPartial: Bool,
        meta: JSONObject
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        let size = records.reduce(0) { $0 + $1.count + (wantsRemoteData ? $1.remoteData.count + 20 : 1) }
        bytes.reserveCapacity(size + 1024)
        bytes += Array("{\"result\":[".utf8)
        for (index, record) in records.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(record, to: &bytes)
        }
        bytes += Array("],".utf8)
        var tail: JSONObject = [
            "next_cursor": nextCursor.map(JSONValue.string) ?? .null,
            "prev_cursor": previousCursor.map(JSONValue.string) ?? .null,
            "result_count": .number(JSONNumber(records.count)),
            "total_count": total.map { .number(JSONNumber($0)) } ?? .null,
            "is_partial_response": .bool(isPartial),
        ]
        tail["meta"] = .object(meta)
        bytes += JSONValue.object(tail).bytes().dropFirst()
        return bytes
    }

    /// A bare record.
    func single(_ record: MappedRecord) -> [UInt8] {
        var bytes: [UInt8] = []
        append(record, to: &bytes)
        return bytes
    }

    private func append(_ record: MappedRecord, to bytes: inout [UInt8]) {
        if query.format == .raw {
            bytes += record.remoteData
            return
        }
        let isEmpty: Bool
        if query.projectsAll {
            record.append(to: &bytes, closes: !wantsRemoteData)
            isEmpty = record.count == 2
        } else {
            let text = projected(record)
            bytes += wantsRemoteData ? text.dropLast() : text[...]
            isEmpty = text.count == 2
        }
        guard wantsRemoteData else { return }
        bytes += Array((isEmpty ? "\"remote_data\":" : ",\"remote_data\":").utf8)
        bytes += record.remoteData
        bytes.append(UInt8(ascii: "}"))
    }

    private var wantsRemoteData: Bool {
        query.format == .unified && !query.ignoresRemoteData && query.projects("remote_data")
    }

    /// The fields the caller wants; the identifier is always among them.
    private func projected(_ record: MappedRecord) -> [UInt8] {
        var text: [UInt8] = []
        record.append(to: &text)
        guard let document = try? JSONDocument(parsing: text, policy: .vendor) else { return text }
        return Self.object(document.root, of: { query.projects($0) }) { name, value in
            guard name == "custom_fields", value.kind == .object else { return value.sourceBytes }
            return Self.object(value, of: query.projects(customField:)) { $1.sourceBytes }[...]
        }
    }

    /// An object with those of its members whose names are wanted, each as `text` gives it.
    private static func object(
        _ node: JSONNode,
        of isWanted: (String) -> Bool,
        text: (String, JSONNode) -> ArraySlice<UInt8>
    ) -> [UInt8] {
        var bytes = [UInt8(ascii: "{")]
        for member in node.members where isWanted(member.key) {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes += JSONValue.string(member.key).bytes()
            bytes.append(UInt8(ascii: ":"))
            bytes += text(member.key, member.value)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
