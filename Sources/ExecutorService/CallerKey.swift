import ConnectorEngine
import FoundationEssentials
import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import Vocabulary

/// Finds the caller's API key in a request that another vendor's client made.
///
/// Such clients put what they believe to be the vendor's credential where the vendor wants it. In `Authorization` any
/// text is taken for the key; in all other places only what is spelt as one of our keys: other header fields, the query,
/// the password of a SOAP envelope, and a member of a form or JSON document, where token endpoints get client secrets.
enum CallerKey {
    /// The largest SOAP envelope that is looked into.
    private static let envelopeBytesMax = 16 * 1024 * 1024

    /// The key; nil when there is none.
    ///
    /// A SOAP envelope that is still arriving is read to its end for it, and stands in `request` as a whole afterwards.
    static func find(in request: inout EndpointRequest) async throws -> Secret<String>? {
        if let key = inHead(request) { return key }
        let type = request.headers[.contentType]?.lowercased() ?? ""
        if type.contains("xml") {
            if let upload = request.upload {
                guard let whole = try await upload.collected(upTo: envelopeBytesMax) else {
                    throw Problem(.payloadTooLarge, "an envelope may have at most \(envelopeBytesMax) bytes")
                }
                request.body = whole
                request.upload = nil
            }
            return SOAPSecurity.password(in: request.body)
        }
        guard request.upload == nil, !request.body.isEmpty else { return nil }
        if type.contains("json") {
            let object = (try? JSONValue(parsing: request.body))?.object ?? JSONObject()
            return object.compactMap { ours($0.value.string) }.first
        }
        guard type.contains("urlencoded"), let form = try? QueryItems(parsing: request.body.span) else { return nil }
        return form.items.compactMap { ours($0.value) }.first
    }

    private static func inHead(_ request: EndpointRequest) -> Secret<String>? {
        if let field = request.headers[.authorization], let key = inAuthorization(field) { return key }
        for field in request.headers where field.name != .authorization {
            if let key = ours(field.value) { return key }
        }
        return request.query.items.lazy.compactMap { ours($0.value) }.first
    }

    /// The key of an `Authorization` field: the half of a Basic pair that is spelt as one, else the user name; what
    /// follows any other scheme's name; or the whole field.
    static func inAuthorization(_ field: String) -> Secret<String>? {
        if let token = BearerAuthenticator.token(in: field) { return Secret(token) }
        let parts = field.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true).map(Substring.init)
        guard let last = parts.last else { return nil }
        guard parts.count == 2, parts[0].lowercased() == "basic" else {
            return parts.count <= 2 ? Secret(String(last)) : ours(String(last))
        }
        guard let data = Data(base64Encoded: String(last)), let pair = String(validating: data, as: UTF8.self) else {
            return nil
        }
        let halves = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let key = halves.lazy.compactMap({ ours($0) }).first { return key }
        return halves[0].isEmpty ? nil : Secret(halves[0])
    }

    private static func ours(_ text: String?) -> Secret<String>? {
        guard let text, text.utf8.starts(with: BearerAuthenticator.keyPrefix.utf8) else {
            guard let text, let space = text.lastIndex(of: " ") else { return nil }
            let word = text[text.index(after: space)...]
            return word.utf8.starts(with: BearerAuthenticator.keyPrefix.utf8) ? Secret(String(word)) : nil
        }
        return Secret(text)
    }
}
