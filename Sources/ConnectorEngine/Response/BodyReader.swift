import ConnectorConfig
import Formats
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// Reads a vendor's body into JSON, whatever it is written in; from there on every vendor looks alike.
struct BodyReader {
    let format: ResponseFormat
    /// The most that a packed body may hold.
    var bytesMax = 33_554_432
    /// What is known of the names in such bodies.
    var names: KnownNames?

    /// The body as a document; nil when there is none.
    ///
    /// - Throws: `Problem` (`remote_bad_response`) when the body is not what the connector says.
    func document(_ response: InboundResponse) throws -> JSONDocument? {
        let isBlank = response.body.isEmpty
        guard !isBlank || format.kind == .binary || format.kind == .text, response.status != 204 else { return nil }
        do {
            switch format.kind {
            case .json where format.compression == nil:
                return try JSONDocument(parsing: response.body, policy: .vendor, names: names)
            case .json: return try JSONDocument(parsing: unpacked(response.body), policy: .vendor)
            default:
                try refusePage(response)
                return try JSONDocument(parsing: value(response, format).bytes(), policy: .vendor)
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            try refusePage(response)
            throw Problem(
                .remoteBadResponse,
                "the vendor's answer is not \(format.kind.label)",
                remote: Problem.Remote(status: response.status),
                underlying: error
            )
        }
    }

    /// The body of an error: by its content type or its looks, in this reader's format else; null when it cannot be read.
    func errorBody(_ response: InboundResponse) -> JSONValue {
        let type = response.headers[.contentType]?.lowercased() ?? ""
        let first = response.body.first { $0 > 0x20 }
        let isText = format.kind == .text || format.kind == .binary
        if type.contains("json") || (!type.contains("xml") && (first == 0x7B || first == 0x5B)) {
            return (try? JSONValue(parsing: response.body, policy: .vendor)) ?? .null
        }
        guard !Self.isPage(response) else { return .null }
        if type.contains("xml") || first == UInt8(ascii: "<") {
            let own = format.kind == .xml || format.kind == .soap ? format : ResponseFormat(.xml)
            let read = try? value(response, own)
            // An envelope is one, whatever the call answers with when all is well.
            if own.kind == .xml, read?["Envelope"]?["Body"] != nil { return read?["Envelope"]?["Body"] ?? .null }
            return read ?? .null
        }
        return isText ? .null : (try? document(response)?.root.value) ?? .null
    }

    private func value(_ response: InboundResponse, _ format: ResponseFormat) throws -> JSONValue {
        let bytes = try unpacked(response.body)
        switch format.kind {
        case .json: return try JSONValue(parsing: bytes, policy: .vendor)
        case .ndjson, .jsonLines: return .array(try NDJSON.values(of: bytes))
        case .xml: return try XMLReader.value(of: bytes, form: xmlForm(format))
        case .soap: return try envelopeBody(try XMLReader.value(of: bytes, form: xmlForm(format)))
        case .csv, .tsv: return try CSVReader.value(of: bytes, form: csvForm(format))
        case .text:
            guard let encoding = TextEncoding(named: format.encoding) else {
                throw Problem(.configInvalid, "'\(format.encoding)' is not an encoding that is read")
            }
            return ["text": .string(String(decoding: try encoding.decoded(bytes), as: UTF8.self))]
        case .binary:
            return [
                "base64": .string(Base64.encoded(bytes)),
                "content_type": response.headers[.contentType].map(JSONValue.string) ?? .null,
            ]
        }
    }

    /// The body without what it is packed in; a body that the transport has unpacked already stays as it is.
    private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
        guard let compression = format.compression else { return bytes }
        if compression != .zip, Packed.isGzip(bytes) { return try Packed.gunzipped(bytes, limit: bytesMax) }
        if compression != .gzip, Packed.isZip(bytes) {
            guard let file = try Packed.unzipped(bytes, limit: bytesMax, where: format.entry.matches) else {
                throw Problem(.remoteBadResponse, "the vendor's archive has no file of the name that is wanted")
            }
            return file
        }
        return bytes
    }

    /// What stands in the envelope's body, whatever prefixes the envelope has.
    private func envelopeBody(_ document: JSONValue) throws -> JSONValue {
        func member(_ value: JSONValue?, _ name: String) -> JSONValue? {
            value?.object?.first { $0.key == name || $0.key.hasSuffix(":\(name)") }?.value
        }
        guard let body = member(member(document, "Envelope"), "Body") else {
            throw Problem(.remoteBadResponse, "the vendor's answer is not a SOAP envelope")
        }
        // An empty body is an empty text in the JSON of XML.
        return body.object == nil ? .object([:]) : body
    }

    private func xmlForm(_ format: ResponseFormat) -> XMLForm {
        var form = XMLForm()
        form.namespaces = format.namespaces == .strip ? .strip : .keep
        form.arrayElements = format.arrayElements
        form.attributePrefix = format.attributePrefix
        form.textName = format.textKey
        form.bytesMax = 268_435_456
        return form
    }

    private func csvForm(_ format: ResponseFormat) throws -> CSVForm {
        var form = CSVForm(delimiter: format.delimiter ?? (format.kind == .tsv ? "\t" : ","))
        guard let encoding = TextEncoding(named: format.encoding) else {
            throw Problem(.configInvalid, "'\(format.encoding)' is not an encoding that is read")
        }
        form.encoding = encoding
        form.raggedRows = format.fitsRows ? .fit : .refuse
        form.bytesMax = 268_435_456
        form.header =
            switch format.header {
            case .firstRow: .firstRow
            case .names(let names): .names(names)
            case .none: .none
            }
        return form
    }

    /// A page for people where data belongs comes from a proxy, a sign-in wall or a vendor in trouble.
    private func refusePage(_ response: InboundResponse) throws {
        guard format.kind != .text, format.kind != .binary, Self.isPage(response) else { return }
        throw Problem(
            .remoteBadResponse,
            "the vendor answered with a web page where \(format.kind.label) belongs",
            remote: Problem.Remote(status: response.status)
        )
    }

    private static func isPage(_ response: InboundResponse) -> Bool {
        if response.headers[.contentType]?.lowercased().hasPrefix("text/html") == true { return true }
        let start = String(decoding: response.body.prefix(64).drop { $0 <= 0x20 }, as: UTF8.self).lowercased()
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
    }
}

extension ResponseFormat.Kind {
    /// How messages name the format.
    fileprivate var label: String {
        switch self {
        case .json: "JSON"
        case .ndjson, .jsonLines: "JSON lines"
        case .xml: "XML"
        case .soap: "a SOAP envelope"
        case .csv, .tsv: "separated values"
        case .text: "text"
        case .binary: "binary data"
        }
    }
}
