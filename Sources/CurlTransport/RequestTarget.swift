import CCurl
import HTTPExchange

/// An address taken apart by libcurl's own parser, so that what is checked is what is dialled.
struct RequestTarget: Equatable {
    let scheme: String
    let host: String
    /// The port, where the address names one.
    let writtenPort: Int?
    /// Path and query, as they are sent.
    let path: String

    var port: Int { writtenPort ?? (scheme == "https" ? 443 : 80) }

    /// The address without path and query.
    var origin: String { "\(scheme)://\(host)" + (writtenPort.map { ":\($0)" } ?? "") }

    /// Reads an absolute http or https address without user information.
    ///
    /// - Throws: `invalidRequest`; the message never holds the address, which may carry a secret in its query.
    init(_ url: String) throws(ExchangeError) {
        func refuse(_ why: String) -> ExchangeError {
            ExchangeError(.invalidRequest, why, requestMayHaveBeenSent: false)
        }
        if let plain = Self(plain: url) {
            self = plain
            return
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw refuse("the address holds a character that must be percent-encoded")
        }
        guard let handle = curl_url() else { throw refuse("no memory for the address") }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_DISALLOW_USER | CURLU_PATH_AS_IS)) == CURLUE_OK
        else {
            throw refuse("the address is not an absolute http or https address without user and password")
        }
        guard let scheme = Self.part(handle, CURLUPART_SCHEME), let host = Self.part(handle, CURLUPART_HOST),
            let path = Self.part(handle, CURLUPART_PATH)
        else { throw refuse("the address has no host") }
        guard scheme == "http" || scheme == "https" else { throw refuse("the address is neither http nor https") }
        self.scheme = scheme
        // [address%25zone] (RFC 6874), of which libcurl gives the zone apart.
        let zone = Self.part(handle, CURLUPART_ZONEID).map { "%25\($0)]" }
        self.host = zone.map { host.dropLast() + $0 } ?? host.lowercased()
        writtenPort = Self.part(handle, CURLUPART_PORT).flatMap { Int($0) }
        self.path = path + (Self.part(handle, CURLUPART_QUERY).map { "?" + $0 } ?? "")
    }

    private init(scheme: String, host: String, writtenPort: Int?, path: String) {
        self.scheme = scheme
        self.host = host
        self.writtenPort = writtenPort
        self.path = path
    }

    /// Reads the one spelling that leaves no parser a choice, as nearly all addresses have it: scheme and a host name in
    /// lower case that ends in a letter, perhaps a port, and a path; nil for all others, which libcurl's parser reads.
    private init?(plain url: String) {
        let bytes = url.utf8Span.span
        let scheme: String
        if Self.begins(bytes, "https://") {
            scheme = "https"
        } else if Self.begins(bytes, "http://") {
            scheme = "http"
        } else {
            return nil
        }
        let start = scheme.utf8.count + 3
        var index = start
        while index < bytes.count, Self.isHostByte(bytes[index]) { index += 1 }
        let end = index
        guard end > start, end - start <= 253, (0x61...0x7A).contains(bytes[end - 1]) else { return nil }
        var writtenPort: Int?
        if index < bytes.count, bytes[index] == UInt8(ascii: ":") {
            var port = 0
            index += 1
            while index < bytes.count, (0x30...0x39).contains(bytes[index]), port <= 65535 {
                port = port * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            guard (1...65535).contains(port) else { return nil }
            writtenPort = port
        }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "/") else { return nil }
        let pathStart = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\\") { return nil }
            index += 1
        }
        guard let host = String(utf8: bytes.extracting(start..<end)),
            let path = String(utf8: bytes.extracting(pathStart..<index))
        else { return nil }
        self.init(scheme: scheme, host: host, writtenPort: writtenPort, path: path)
    }

    private static func begins(_ bytes: Span<UInt8>, _ prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { prefix in prefix.indices.allSatisfy { bytes[$0] == prefix[$0] } }
    }

    /// A letter in lower case, a digit, a hyphen or a dot.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    /// The address that `location` of a redirect means, seen from this one.
    ///
    /// - Throws: `redirectRefused` where it is none that could be asked.
    func following(_ location: String) throws(ExchangeError) -> RequestTarget {
        let refusal = ExchangeError(
            .redirectRefused,
            "\(host) redirects to an unreadable address",
            requestMayHaveBeenSent: true
        )
        guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let handle = curl_url() else { throw refusal }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, origin + path, UInt32(CURLU_PATH_AS_IS)) == CURLUE_OK,
            curl_url_set(handle, CURLUPART_URL, location, UInt32(CURLU_DISALLOW_USER | CURLU_PATH_AS_IS)) == CURLUE_OK,
            let next = Self.part(handle, CURLUPART_URL)
        else { throw refusal }
        do { return try RequestTarget(next) } catch { throw refusal }
    }

    /// The same address by plain HTTP, for a host that the operator maps there.
    func overPlainHTTP() -> RequestTarget {
        RequestTarget(scheme: "http", host: host, writtenPort: writtenPort, path: path)
    }

    /// Whether both are the same scheme, host and port (RFC 6454).
    func hasSameOrigin(as other: RequestTarget) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
