package import JSONValue

/// How an answer's body is read: a word, or an object with `kind` and options.
///
/// Whatever the kind, records are JSON from there on.
package final class ResponseFormat: Sendable {
    /// A body of JSON.
    package static let json = ResponseFormat(.json)

    /// The ways that the engine knows.
    package enum Kind: String, Sendable, CaseIterable {
        /// RFC 8259.
        case json
        /// One JSON value a line, which gives an array.
        case ndjson
        /// The other name of `ndjson`.
        case jsonLines = "json_lines"
        /// XML 1.0: an object with the root element.
        case xml
        /// What stands in the body of a SOAP envelope.
        case soap
        /// Comma-separated values (RFC 4180): an array of rows.
        case csv
        /// The same with tabs.
        case tsv
        /// `{"text"}`.
        case text
        /// `{"base64", "content_type"}`.
        case binary
    }

    /// What becomes of namespace prefixes.
    package enum Namespaces: String, Sendable, CaseIterable {
        case strip, keep
    }

    /// Where the columns of separated values get their names.
    package enum Header: Sendable, Hashable {
        /// From the first row.
        case firstRow
        /// From the document.
        case names([String])
        /// Nowhere: rows are arrays.
        case none
    }

    /// What the body itself is packed in, whatever the transport does.
    package enum Compression: String, Sendable, CaseIterable {
        case gzip
        /// One file of an archive.
        case zip
        /// Whichever of these it is, or none.
        case auto
    }

    /// The way.
    package let kind: Kind
    /// What the body is packed in; nothing, if nil.
    package let compression: Compression?
    /// Which file of an archive; the first one that fits.
    package let entry: NamePattern
    /// XML: elements that are always arrays, as names or as paths from the root.
    package let arrayElements: Set<String>
    /// XML: what becomes of prefixes.
    package let namespaces: Namespaces
    /// XML: put before the names of attributes.
    package let attributePrefix: String
    /// XML: the name of the text beside attributes or elements.
    package let textKey: String
    /// Separated values: the delimiter.
    package let delimiter: Character?
    /// Separated values: where names come from.
    package let header: Header
    /// Separated values and text: the name of the characters' encoding.
    package let encoding: String
    /// Separated values: whether rows of another length than the first are taken.
    package let fitsRows: Bool

    init(reading place: DocumentReader) throws(ConnectorConfigError) {
        let reader = place.spelledOut
        kind = try reader.required("kind").choice(Kind.self)
        let own: [String] =
            switch kind {
            case .xml, .soap: ["force_array", "namespaces", "attribute_prefix", "text_key"]
            case .csv, .tsv: ["delimiter", "header", "encoding", "ragged"]
            case .text: ["encoding"]
            case .json, .ndjson, .jsonLines, .binary: []
            }
        try reader.allow(["kind", "compression", "entry"] + own)
        compression = try reader.child("compression")?.choice(Compression.self)
        entry = NamePattern(try reader.child("entry")?.string() ?? "*")
        if let place = reader.child("entry"), compression == nil || compression == .gzip {
            throw place.error("'entry' names a file of an archive; say 'compression: zip' too")
        }
        arrayElements = Set(try reader.child("force_array")?.strings() ?? [])
        namespaces = try reader.child("namespaces")?.choice(Namespaces.self) ?? .strip
        attributePrefix = try reader.child("attribute_prefix")?.string() ?? "@"
        textKey = try reader.child("text_key")?.string() ?? "#text"
        if let place = reader.child("delimiter") {
            let text = try place.string()
            guard text.count == 1, let character = text.first, character.isASCII, character != "\"" else {
                throw place.error("expected one ASCII character that is no quote")
            }
            delimiter = character
        } else {
            delimiter = nil
        }
        switch reader.child("header")?.value {
        case nil, .bool(true): header = .firstRow
        case .bool(false): header = .none
        default: header = .names(try reader.required("header").strings())
        }
        encoding = try reader.child("encoding")?.string() ?? "utf-8"
        switch try reader.child("ragged")?.string() {
        case nil, "refuse": fitsRows = false
        case "fit": fitsRows = true
        default: throw try reader.required("ragged").error("expected refuse or fit")
        }
        guard !attributePrefix.isEmpty, !textKey.isEmpty else {
            throw reader.error("'attribute_prefix' and 'text_key' cannot be empty")
        }
    }

    /// A kind without options.
    package init(_ kind: Kind) {
        self.kind = kind
        compression = nil
        entry = NamePattern("*")
        arrayElements = []
        namespaces = .strip
        attributePrefix = "@"
        textKey = "#text"
        delimiter = nil
        header = .firstRow
        encoding = "utf-8"
        fitsRows = false
    }
}

/// What the answers of one call mean before any error rule is asked.
package final class AnswerRules: Sendable {
    /// The usual rules: 2xx is good, nothing stands for an empty result.
    package static let usual = AnswerRules()

    static let keys = ["response_format", "empty_when", "success_when", "unreadable"]

    /// What becomes of a good answer whose body cannot be read.
    package enum Unreadable: String, Sendable, CaseIterable {
        /// A bad answer.
        case fail
        /// Nothing was found.
        case empty
        /// The vendor is in trouble: the call may be repeated.
        case retry
    }

    /// How the body is read; the connector's default, if nil.
    package let format: ResponseFormat?
    /// Statuses that mean an empty result; any when empty.
    package let emptyStatuses: [Int]
    /// A further condition of an empty result; sees `response`, `status`, `headers`.
    package let emptyCondition: Expression?
    /// Whether an answer is good, whatever its status; any 2xx, if nil.
    package let success: Expression?
    /// What becomes of a good answer whose body cannot be read.
    package let unreadable: Unreadable
    /// The names that the call's answers had so far.
    package let names = KnownNames()

    private init() {
        format = nil
        emptyStatuses = []
        emptyCondition = nil
        success = nil
        unreadable = .fail
    }

    init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        format = try reader.child("response_format").map(ResponseFormat.init(reading:))
        let empty = reader.child("empty_when")
        try empty?.allow(["status", "expr"])
        var statuses: [Int] = []
        for status in empty?.child("status")?.elements() ?? [] { statuses.append(try status.int(200...599)) }
        emptyStatuses = statuses
        emptyCondition = try empty?.child("expr")?.expression()
        success = try reader.child("success_when")?.expression()
        unreadable = try reader.child("unreadable")?.choice(Unreadable.self) ?? .fail
    }
}
