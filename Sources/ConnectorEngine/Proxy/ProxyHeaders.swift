import ConnectorConfig
import HTTPExchange
import HTTPTypes
import Vocabulary

/// Which header fields pass, each way.
///
/// What is not named here or by the connector does not pass: above all not the caller's credentials, and not the
/// vendor's cookies.
enum ProxyHeaders {
    private static let toVendor = Names([
        "accept", "accept-language", "content-type", "content-language", "if-match", "if-none-match",
        "if-modified-since", "if-unmodified-since", "prefer", "range", "x-http-method-override", "content-encoding",
        "idempotency-key", "soapaction",
    ])
    private static let toCaller = Names([
        "content-type", "content-language", "content-disposition", "content-range", "accept-ranges", "etag",
        "last-modified", "cache-control", "expires", "date", "vary", "link", "location", "retry-after", "allow",
        "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy", "x-ratelimit-limit",
        "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id", "deprecation", "sunset",
    ])
    /// Never, whatever a connector says: credentials, framing, and what we say ourselves.
    private static let forbidden = Names([
        "authorization", "proxy-authorization", "cookie", "set-cookie", "host", "connection", "content-length",
        "transfer-encoding", "keep-alive", "te", "trailer", "upgrade", "x-integrated-account-id",
        "x-remote-status", "x-config-revision",
    ])

    /// Some names in lower case, by their length: there are so few of one length that none need be hashed.
    private struct Names {
        private var byLength: [[String]] = []

        init(_ names: [String]) {
            for name in names {
                while byLength.count <= name.utf8.count { byLength.append([]) }
                byLength[name.utf8.count].append(name)
            }
        }

        func contains(_ name: String) -> Bool {
            name.utf8.count < byLength.count && byLength[name.utf8.count].contains(name)
        }
    }

    /// The caller's fields that reach the vendor: none that holds the caller's key, whatever its name.
    static func outgoing(_ fields: HeaderFields, config: ProxyConfig, key: Secret<String>?) -> [HeaderField] {
        let key = key?.reveal()
        var kept: [HeaderField] = []
        for field in fields where passes(field, toVendor, config.requestHeaders) {
            if let key, field.value.contains(key) { continue }
            kept.append(field)
        }
        return kept
    }

    /// The vendor's fields that reach the caller.
    static func incoming(_ fields: HeaderFields, config: ProxyConfig) -> [HeaderField] {
        var kept: [HeaderField] = []
        // There is room for what is said beside them.
        kept.reserveCapacity(fields.count + 4)
        for field in fields where passes(field, toCaller, config.responseHeaders) { kept.append(field) }
        return kept
    }

    /// Whether a caller may give a field of this name, in lower case, a value of his own.
    static func mayReachVendor(_ name: String, config: ProxyConfig) -> Bool {
        (toVendor.contains(name) || config.requestHeaders.contains(name)) && !forbidden.contains(name)
    }

    /// None of the usual ones is forbidden.
    private static func passes(_ field: HeaderField, _ usual: Names, _ own: [String]) -> Bool {
        let name = field.name.canonicalName
        return usual.contains(name) || own.contains(name) && !forbidden.contains(name)
    }
}
