import ConnectorConfig
import HTTPExchange
import HTTPTypes
import Vocabulary

/// Which header fields pass, each way.
///
/// What is not named here or by the connector does not pass: above all not the caller's credentials, and not the
/// vendor's cookies.
enum ProxyHeaders {
    private static let toVendor: Set<String> = [
        "accept", "accept-language", "content-type", "content-language", "if-match", "if-none-match",
        "if-modified-since", "if-unmodified-since", "prefer", "range", "x-http-method-override", "content-encoding",
        "idempotency-key", "soapaction",
    ]
    private static let toCaller: Set<String> = [
        "content-type", "content-language", "content-disposition", "content-range", "accept-ranges", "etag",
        "last-modified", "cache-control", "expires", "date", "vary", "link", "location", "retry-after", "allow",
        "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy", "x-ratelimit-limit",
        "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id", "deprecation", "sunset",
    ]
    /// Never, whatever a connector says.
    private static let forbidden: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "host", "connection", "content-length",
        "transfer-encoding", "keep-alive", "te", "trailer", "upgrade", "x-integrated-account-id",
    ]

    /// The caller's fields that reach the vendor: none that holds the caller's key, whatever its name.
    static func outgoing(_ fields: HTTPFields, config: ProxyConfig, key: Secret<String>?) -> HTTPFields {
        var kept = filtered(fields, toVendor, config.requestHeaders)
        guard let key = key?.reveal() else { return kept }
        for field in kept where field.value.contains(key) { kept[field.name] = nil }
        return kept
    }

    /// The vendor's fields that reach the caller.
    static func incoming(_ fields: HTTPFields, config: ProxyConfig) -> HTTPFields {
        filtered(fields, toCaller, config.responseHeaders)
    }

    /// Whether a caller may give a field of this name, in lower case, a value of his own.
    static func mayReachVendor(_ name: String, config: ProxyConfig) -> Bool {
        (toVendor.contains(name) || config.requestHeaders.contains(name)) && !forbidden.contains(name)
    }

    private static func filtered(_ fields: HTTPFields, _ usual: Set<String>, _ own: [String]) -> HTTPFields {
        var kept: [HTTPField] = []
        kept.reserveCapacity(fields.count)
        for field in fields {
            let name = field.name.canonicalName
            // None of the usual ones is forbidden.
            if usual.contains(name) || own.contains(name) && !forbidden.contains(name) { kept.append(field) }
        }
        return HTTPFields(list: kept)
    }
}
