import HTTPExchange
import HTTPTypes
import NIOHTTP1

/// The first part of a request, checked for everything that would make its meaning ambiguous.
///
/// The decoder (llhttp, strict) has refused folded lines, bare line feeds, spaces before colons and a length beside a
/// transfer coding. What RFC 9112 leaves to the server is refused here.
struct RequestHead: Sendable {
    /// Why a head is refused.
    struct Fault: Error, Equatable {
        /// For the caller.
        let message: String
    }

    /// The method.
    let method: HTTPRequest.Method
    /// The path as sent, starting with a slash.
    let path: String
    /// The query as sent.
    let rawQuery: String?
    /// The header fields in the order sent.
    let headers: HeaderFields
    /// The announced length of the body; nil when it comes in chunks.
    let contentLength: Int?
    /// Whether the client waits for `100 Continue` before it sends the body.
    let expectsContinue: Bool
    /// Whether the client takes a body in chunks.
    let takesChunks: Bool
    /// Whether the connection may serve another request.
    let keepsAlive: Bool

    /// Checks and converts what the decoder read.
    ///
    /// - Parameters:
    ///   - head: the decoder's head.
    ///   - targetBytesMax: limit of path and query together.
    /// - Throws: ``Fault`` for what is ambiguous or not spoken here.
    init(_ head: HTTPRequestHead, targetBytesMax: Int) throws(Fault) {
        guard head.version.major == 1, let method = HTTPRequest.Method(head.method.rawValue), method != .connect else {
            throw Fault(message: "only HTTP/1.0 and HTTP/1.1 are spoken here, without CONNECT")
        }
        self.method = method
        guard head.uri.utf8.count <= targetBytesMax else {
            throw Fault(message: "the path and query are longer than \(targetBytesMax) bytes")
        }
        (path, rawQuery) = try Self.split(head.uri)

        var fields: [HeaderField] = []
        fields.reserveCapacity(head.headers.count)
        var hosts = 0
        var codings: [String] = []
        var length: Int?
        var expects = false
        var upgrades = false
        for (name, untrimmed) in head.headers {
            let value = Self.withoutTrailingSpace(untrimmed)
            // A field replaces what may not be in a value.
            guard let field = FieldNames.name(name).map({ HeaderField(name: $0, value: value) }), field.value == value
            else {
                throw Fault(message: "a header field has a name or value that HTTP does not allow")
            }
            switch field.name {
            case Self.host: hosts += 1
            case .transferEncoding: codings.append(value.lowercased())
            case .expect: expects = value.lowercased() == "100-continue"
            case .upgrade: upgrades = true
            case .contentLength:
                guard length == nil, let count = Self.digits(value) else {
                    throw Fault(message: "Content-Length must stand once, in decimal digits")
                }
                length = count
            default: break
            }
            fields.append(field)
        }
        let isOld = head.version.minor == 0
        guard hosts == 1 || (isOld && hosts == 0) else {
            throw Fault(message: "a request has exactly one Host")
        }
        guard codings.isEmpty || (codings == ["chunked"] && !isOld && length == nil) else {
            throw Fault(message: "the only transfer coding is chunked, without a Content-Length")
        }
        headers = HeaderFields(list: fields)
        contentLength = codings.isEmpty ? length ?? 0 : nil
        expectsContinue = expects && !isOld
        takesChunks = !isOld
        keepsAlive = head.isKeepAlive && !upgrades
    }

    /// Splits a request target in origin form, or in the absolute form that RFC 9112 section 3.2.2 asks servers to take.
    private static func split(_ target: String) throws(Fault) -> (String, String?) {
        var rest = Substring(target)
        if target.utf8.first != UInt8(ascii: "/") {
            for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
                let authority = target.dropFirst(scheme.count)
                rest = authority.firstIndex(of: "/").map { authority[$0...] } ?? "/"
            }
        }
        guard rest.utf8.first == UInt8(ascii: "/"), isSendable(rest) else {
            throw Fault(message: "the request target must be a path of printable ASCII without a fragment")
        }
        let bytes = rest.utf8Span.span
        guard let mark = bytes.indices.first(where: { bytes[$0] == UInt8(ascii: "?") }) else {
            return (String(rest), nil)
        }
        // ASCII, as was looked at.
        return (String(utf8: bytes.extracting(..<mark)) ?? "", String(utf8: bytes.extracting((mark + 1)...)))
    }

    private static func isSendable(_ text: Substring) -> Bool {
        let bytes = text.utf8Span.span
        for index in bytes.indices where bytes[index] <= 0x20 || bytes[index] >= 0x7F || bytes[index] == 0x23 {
            return false
        }
        return true
    }

    /// A value as RFC 9110 section 5.5 has it; the decoder leaves the white space behind it.
    private static func withoutTrailingSpace(_ value: String) -> String {
        guard let last = value.utf8.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") else { return value }
        let end = value.utf8.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return end.map { String(value[...$0]) } ?? ""
    }

    private static let host = HTTPField.Name("Host")

    private static func digits(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
