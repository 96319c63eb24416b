package import Vocabulary

/// Where the Broker is reached and what it needs to know of this installation.
package struct BrokerConfig: Sendable {
    /// Sends a browser's visits of a vendor's host elsewhere: the development sandbox.
    package struct BrowserHost: Sendable {
        /// `host` or `*.host`.
        package let pattern: String
        /// Scheme, host and port, such as `http://localhost:7503`.
        package let origin: String

        /// Maps a pattern to an origin.
        package init(pattern: String, origin: String) {
            self.pattern = pattern
            self.origin = origin
        }

        func matches(_ host: some StringProtocol) -> Bool {
            pattern.hasPrefix("*.") ? host.hasSuffix(pattern.dropFirst()) : host == pattern
        }
    }

    /// Scheme, host and port under which end users' browsers reach the Broker.
    package var publicURL: String
    /// Where browsers are sent instead of vendors' hosts; empty in production.
    package var browserHosts: [BrowserHost]
    /// 32 bytes; keys what sessions derive.
    package var sessionKey: Secret<[UInt8]>

    /// Describes an installation.
    package init(publicURL: String, browserHosts: [BrowserHost], sessionKey: Secret<[UInt8]>) {
        self.publicURL = publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
        self.browserHosts = browserHosts
        self.sessionKey = sessionKey
    }

    /// Where a vendor sends the browser back to; one address per integration, so that answers cannot be mixed up.
    func redirectURI(of integration: IntegrationID) -> String { "\(publicURL)/connect/callback/\(integration)" }

    /// Whether browsers come by https, so that cookies can be kept to it.
    var isSecure: Bool { publicURL.hasPrefix("https://") }

    /// The address to send a browser to for a vendor's `url`.
    func browserAddress(_ url: String) -> String {
        guard let schemeEnd = url.firstRange(of: "://") else { return url }
        let rest = url[schemeEnd.upperBound...]
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != ":" }
        guard let entry = browserHosts.first(where: { $0.matches(host) }) else { return url }
        return entry.origin + rest.drop { $0 != "/" && $0 != "?" }
    }
}
