/// How the transport reaches the world.
package struct CurlConfig: Sendable {
    /// Sends hosts that match a pattern to another address, at connection level: name, SNI and certificate check stay
    /// those of the host.
    package struct HostMapEntry: Sendable {
        /// `host` or `*.host`, which stands for any number of labels in front.
        package let pattern: String
        /// Where the connection goes.
        package let endpoint: EgressPolicy.Endpoint
        /// Whether the connection is plain HTTP instead of TLS, for development and measurement.
        package let isPlain: Bool
        /// What hosts of a pattern with `*` end in.
        private let suffix: String?

        /// Reads one entry.
        package init(pattern: String, endpoint: EgressPolicy.Endpoint, isPlain: Bool = false) {
            self.pattern = pattern.lowercased()
            suffix = pattern.hasPrefix("*.") ? String(self.pattern.dropFirst()) : nil
            self.endpoint = endpoint
            self.isPlain = isPlain
        }

        /// Whether `host`, in lower case, matches.
        func matches(_ host: String) -> Bool {
            guard let suffix else { return host == pattern }
            return host.utf8.count > suffix.utf8.count && host.hasSuffix(suffix)
        }
    }

    /// A host map cannot be read.
    package struct HostMapFailure: Error, CustomStringConvertible {
        /// Names the entry and the form wanted.
        package let description: String
    }

    /// Certificates to trust in PEM; nil means the system's.
    package var caFile: String?
    /// The operator's host map; the first match wins.
    package var hostMap: [HostMapEntry]
    /// Further addresses that vendors' hosts may stand for.
    package var allowedEndpoints: Set<EgressPolicy.Endpoint>
    /// Connections of one identity at most, for each event loop.
    package var connectionsPerPoolMax: Int
    /// Connections that wait for a request, for each event loop; about this many.
    package var idleConnectionsMax: Int
    /// Identities whose idle connections are kept, for each event loop.
    package var poolsMax: Int
    /// The most that a streamed answer may take after its header fields.
    package var streamTimeout: Duration

    /// Describes the transport.
    package init(
        caFile: String? = nil,
        hostMap: [HostMapEntry] = [],
        allowedEndpoints: Set<EgressPolicy.Endpoint> = [],
        connectionsPerPoolMax: Int = 512,
        idleConnectionsMax: Int = 1024,
        poolsMax: Int = 1024,
        streamTimeout: Duration = .seconds(900)
    ) {
        self.caFile = caFile
        self.hostMap = hostMap
        self.allowedEndpoints = allowedEndpoints
        self.connectionsPerPoolMax = connectionsPerPoolMax
        self.idleConnectionsMax = idleConnectionsMax
        self.poolsMax = poolsMax
        self.streamTimeout = streamTimeout
    }

    /// Reads `pattern=ip:port,pattern=ip:port`.
    ///
    /// - Parameters:
    ///   - text: the entries; `pattern=http://ip:port` is an entry for plain HTTP.
    ///   - allowsPlain: whether entries for plain HTTP may stand there: never where real accounts are.
    /// - Returns: The entries in order; none for an empty text.
    /// - Throws: ``HostMapFailure`` with the entry that cannot be read or is not allowed.
    package static func hostMap(_ text: String, allowsPlain: Bool = false) throws(HostMapFailure) -> [HostMapEntry] {
        var entries: [HostMapEntry] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            let isPlain = sides.count == 2 && sides[1].hasPrefix("http://")
            guard sides.count == 2,
                let endpoint = EgressPolicy.Endpoint(sides[1].dropFirst(isPlain ? "http://".count : 0))
            else {
                throw HostMapFailure(
                    description: "host map entry '\(part)' is not of the form *.example.com=127.0.0.1:7501"
                )
            }
            guard !isPlain || allowsPlain else {
                throw HostMapFailure(
                    description:
                        "host map entry '\(part)' sends credentials without TLS; for development and measurement alone, "
                        + "set TRIBUTARY_EGRESS_PLAIN_HTTP=true"
                )
            }
            entries.append(HostMapEntry(pattern: String(sides[0]), endpoint: endpoint, isPlain: isPlain))
        }
        return entries
    }

    /// The first entry for `host`, in lower case.
    func hostMapEntry(for host: String) -> HostMapEntry? {
        hostMap.first { $0.matches(host) }
    }

    var policy: EgressPolicy {
        EgressPolicy(exceptions: allowedEndpoints.union(hostMap.map(\.endpoint)))
    }
}
