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
