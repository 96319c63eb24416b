import ConnectorConfig
import HTTPExchange
import HTTPTypes
import Vocabulary

/// AWS Signature Version 4 in the `Authorization` header field: a canonical form of the request, a text to sign, and a
/// key that is derived for day, region and service.
struct SigV4Signature: RequestSignature {
    let config: SigV4Config

    func fields(for request: OutboundRequest, in scope: ExpressionScope, tools: SigningTools) throws -> [(
        name: String, value: String
    )] {
        let moment = Self.moment(tools.now())
        let day = String(moment.prefix(8))
        let digests = tools.digests
        let payload = Hexadecimal.text(try digests.digest(.sha256, of: request.body ?? []))
        var fields: [(name: String, value: String)] = [("X-Amz-Date", moment)]
        if let token = config.sessionToken {
            fields.append(("X-Amz-Security-Token", try scope.secretText(token)))
        }
        if !config.encodesTwice { fields.append(("X-Amz-Content-Sha256", payload)) }
        let canonical = canonical(request, fields, payload: payload)
        let place = [
            day, try scope.secretText(config.region), try scope.secretText(config.service), "aws4_request",
        ]
        let text = [
            "AWS4-HMAC-SHA256", moment, place.joined(separator: "/"),
            Hexadecimal.text(try digests.digest(.sha256, of: Array(canonical.text.utf8))),
        ].joined(separator: "\n")
        let key = try place.reduce(Array("AWS4\(scope.secretText(config.secretKey))".utf8)) { key, part in
            try digests.hmac(.sha256, of: Array(part.utf8), key: key)
        }
        let signature = Hexadecimal.text(try digests.hmac(.sha256, of: Array(text.utf8), key: key))
        let credential = ([try scope.secretText(config.accessKey)] + place).joined(separator: "/")
        fields.append(
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=\(credential), SignedHeaders=\(canonical.headers), Signature=\(signature)"
            )
        )
        return fields
    }

    /// The request as it is signed, and the names of the header fields in it.
    private func canonical(
        _ request: OutboundRequest,
        _ fields: [(name: String, value: String)],
        payload: String
    ) -> (text: String, headers: String) {
        let address = SignedAddress(request.url)
        var headers: [(name: String, value: String)] = [("host", address.host)]
        for field in request.headers {
            let name = field.name.canonicalName
            if name == "content-type" || name.hasPrefix("x-amz-") { headers.append((name, field.value)) }
        }
        for field in fields {
            headers.removeAll { $0.name == field.name.lowercased() }
            headers.append((field.name.lowercased(), field.value))
        }
        headers.sort { $0.name < $1.name }
        let names = headers.map(\.name).joined(separator: ";")
        let path = config.encodesTwice ? URLText.encoded(address.path, allowing: "/") : address.path
        let query = address.items.map { (URLText.encoded($0.name), URLText.encoded($0.value)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map { "\($0.0)=\($0.1)" }
            .joined(separator: "&")
        let lines =
            [request.method.rawValue, path, query] + headers.map { "\($0.name):\(Self.trimmed($0.value))" }
            + ["", names, payload]
        return (lines.joined(separator: "\n"), names)
    }

    /// A value without blanks at its ends, runs of them made one.
    private static func trimmed(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    /// `YYYYMMDD'T'HHMMSS'Z'`.
    private static func moment(_ now: Int) -> String {
        Instant(millisecondsSinceEpoch: now * 1000).text.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }
}
