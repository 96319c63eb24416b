import CCurl
import HTTPExchange

/// An address taken apart by libcurl's own parser, so that what is checked is what is dialled.
struct RequestTarget: Equatable {
    let scheme: String
    let host: String
    let port: Int
    let url: String

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
            let portText = Self.part(handle, CURLUPART_PORT, flags: CURLU_DEFAULT_PORT), let port = Int(portText),
            let whole = Self.part(handle, CURLUPART_URL)
        else { throw refuse("the address has no host") }
        guard scheme == "http" || scheme == "https" else { throw refuse("the address is neither http nor https") }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        self.url = whole
    }

    private init(scheme: String, host: String, port: Int, url: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.url = url
    }

    /// Reads the one spelling that leaves no parser a choice, as nearly all addresses have it: scheme and a host name in
    /// lower case that ends in a letter, perhaps a port, and a path; nil for all others, which libcurl's parser reads.
    private init?(plain url: String) {
        let bytes = url.utf8Span.span
        let isSecure: Bool
        if Self.begins(bytes, "https://") {
            isSecure = true
        } else if Self.begins(bytes, "http://") {
            isSecure = false
        } else {
            return nil
        }
        let start = isSecure ? 8 : 7
        var index = start
        while index < bytes.count, Self.isHostByte(bytes[index]) { index += 1 }
        let end = index
        guard end > start, end - start <= 253, (0x61...0x7A).contains(bytes[end - 1]) else { return nil }
        var port = isSecure ? 443 : 80
        if index < bytes.count, bytes[index] == UInt8(ascii: ":") {
            port = 0
            index += 1
            while index < bytes.count, (0x30...0x39).contains(bytes[index]), port <= 65535 {
                port = port * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            guard (1...65535).contains(port) else { return nil }
        }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "/") else { return nil }
        for index in index..<bytes.count {
            let byte = bytes[index]
            if byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\\") { return nil }
        }
        let hostStart = url.utf8.index(url.utf8.startIndex, offsetBy: start)
        let hostEnd = url.utf8.index(hostStart, offsetBy: end - start)
        self.init(scheme: isSecure ? "https" : "http", host: String(url[hostStart..<hostEnd]), port: port, url: url)
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
        guard curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_PATH_AS_IS)) == CURLUE_OK,
            curl_url_set(handle, CURLUPART_URL, location, UInt32(CURLU_DISALLOW_USER | CURLU_PATH_AS_IS)) == CURLUE_OK,
            let next = Self.part(handle, CURLUPART_URL)
        else { throw refusal }
        do { return try RequestTarget(next) } catch { throw refusal }
    }

    /// The same address by plain HTTP, for a host that the operator maps there.
    func overPlainHTTP() throws(ExchangeError) -> RequestTarget {
        guard scheme == "https" else { return self }
        return try RequestTarget("http" + url.dropFirst("https".count))
    }

    /// Whether both are the same scheme, host and port (RFC 6454).
    func hasSameOrigin(as other: RequestTarget) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart, flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
