import ConnectorConfig
import Formats
import FoundationEssentials
import JSONValue
import Vocabulary

/// Writes a body in the format that the vendor reads.
struct BodyEncoder {
    let form: BodyForm

    /// The body's bytes; nil when there is none.
    ///
    /// `security`: credentials that go into a SOAP envelope.
    /// Throws: `Problem` (`mapping_failed`) when the format cannot express the body.
    func encoded(_ body: JSONValue?, security: SOAPSecurity? = nil) throws -> EncodedBody? {
        let format = form.format
        if format.kind == .soap {
            let encoded = try guarded { () throws(FormatError) in try SOAPBody(form: form).encoded(body) }
            guard let security else { return encoded }
            return EncodedBody(
                bytes: try security.inject(into: encoded.bytes),
                contentType: encoded.contentType,
                headers: encoded.headers
            )
        }
        guard let body, format.kind != .none else {
            return format.kind == .graphql ? json(graphql(.object([:]))) : nil
        }
        switch format.kind {
        case .json: return json(body)
        case .graphql: return json(graphql(body))
        case .form:
            let items = (body.object ?? JSONObject()).flatMap {
                FormText.items($0.key, $0.value, format.arrayFormat, format.objectFormat)
            }
            return answer(Array(FormText.encoded(items).utf8), "application/x-www-form-urlencoded")
        case .ndjson: return answer(NDJSON.bytes(of: body.array ?? [body]), "application/x-ndjson")
        case .xml:
            let bytes = try guarded { () throws(FormatError) in
                try XMLWriter.bytes(of: XMLBody(naming: format.xml).document(body))
            }
            return answer(bytes, "application/xml; charset=utf-8")
        case .multipart: return try multipart(body)
        case .raw: return try raw(body)
        case .soap, .none: return nil
        }
    }

    private func graphql(_ body: JSONValue) -> JSONValue {
        ["query": .string(form.document), "variables": (form.variables ?? .object([:])).overlaid(by: body)]
    }

    private func json(_ value: JSONValue) -> EncodedBody {
        answer(value.bytes(), "application/json")
    }

    private func answer(_ bytes: [UInt8], _ contentType: String) -> EncodedBody {
        EncodedBody(bytes: bytes, contentType: form.format.contentType ?? contentType)
    }

    /// Each member is a part; lists repeat it; `{filename?, content_type?, text | base64}` is a file.
    private func multipart(_ body: JSONValue) throws -> EncodedBody {
        var parts: [Multipart.Part] = []
        for member in body.object ?? JSONObject() {
            for value in member.value.array ?? [member.value] where !value.isNull {
                if let text = value.plainText {
                    parts.append(Multipart.Part(name: member.key, body: Array(text.utf8)))
                } else if let content = try Self.content(value) {
                    parts.append(
                        Multipart.Part(
                            name: member.key,
                            filename: value["filename"]?.string,
                            contentType: value["content_type"]?.string ?? "application/octet-stream",
                            body: content
                        )
                    )
                } else {
                    parts.append(
                        Multipart.Part(name: member.key, contentType: "application/json", body: value.bytes())
                    )
                }
            }
        }
        let boundary = Self.boundary(unlikeAnyOf: parts.map(\.body))
        let bytes = try guarded { () throws(FormatError) in try Multipart.bytes(of: parts, boundary: boundary) }
        return answer(bytes, "multipart/form-data; boundary=\(boundary)")
    }

    /// A text as it is, or the bytes of `{base64}`.
    private func raw(_ body: JSONValue) throws -> EncodedBody {
        if let text = body.plainText { return answer(Array(text.utf8), "text/plain; charset=utf-8") }
        guard let content = try Self.content(body) else {
            throw Problem(.mappingFailed, "a raw body is a text, {text} or {base64}")
        }
        let type = body["content_type"]?.string ?? "application/octet-stream"
        return answer(content, HeaderText.isValue(type) ? type : "application/octet-stream")
    }

    private static func content(_ value: JSONValue) throws -> [UInt8]? {
        if let text = value["text"]?.string { return Array(text.utf8) }
        guard let text = value["base64"]?.string else { return nil }
        guard let data = Data(base64Encoded: text) else {
            throw Problem(.mappingFailed, "'base64' of a file does not hold base64")
        }
        return [UInt8](data)
    }

    /// A boundary that no part holds: numbers are tried until one fits.
    private static func boundary(unlikeAnyOf bodies: [[UInt8]]) -> String {
        let start = Array("--tributary-part-".utf8)
        var number = 1
        for body in bodies {
            var index = body.startIndex
            while let found = body[index...].firstIndex(of: start[0]), body.count - found >= start.count {
                if body[found...].starts(with: start) {
                    let digits = body[(found + start.count)...].prefix { (0x30...0x39).contains($0) }.prefix(9)
                    number = max(number, (Int(String(decoding: digits, as: UTF8.self)) ?? 0) + 1)
                }
                index = found + 1
            }
        }
        return "tributary-part-\(number)-end"
    }

    private func guarded<Value>(_ body: () throws(FormatError) -> Value) throws -> Value {
        do { return try body() } catch {
            throw Problem(
                .mappingFailed,
                "the body cannot be written as \(form.format.kind.rawValue): \(error.message)",
                underlying: error
            )
        }
    }
}
