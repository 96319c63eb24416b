/// How the transport reaches the world.
package struct CurlConfig: Sendable {
    /// Sends hosts that match a pattern to another address, at connection level: name, SNI and certificate check stay
    /// those of the host.
    package struct HostMapEntry: Sendable {
        /// `host` or `*.host`, which stands for any number of labels in front.
        package let pattern: String
        /// Where the connection goes.
        package let endpoint: EgressPolicy.Endpoint

        /// Reads one entry.
        package init(pattern: String, endpoint: EgressPolicy.Endpoint) {
            self.pattern = pattern.lowercased()
            self.endpoint = endpoint
        }

        /// Whether `host` matches.
        func matches(_ host: String) -> Bool {
            let host = host.lowercased()
            guard pattern.hasPrefix("*.") else { return host == pattern }
            return host.hasSuffix(pattern.dropFirst()) && host.utf8.count > pattern.utf8.count - 1
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
    /// Connections to one host at most.
    package var connectionsPerHostMax: Int
    /// Connections at most.
    package var connectionsMax: Int

    /// Describes the transport.
    package init(
        caFile: String? = nil,
        hostMap: [HostMapEntry] = [],
        allowedEndpoints: Set<EgressPolicy.Endpoint> = [],
        connectionsPerHostMax: Int = 64,
        connectionsMax: Int = 1024
    ) {
        self.caFile = caFile
        self.hostMap = hostMap
        self.allowedEndpoints = allowedEndpoints
        self.connectionsPerHostMax = connectionsPerHostMax
        self.connectionsMax = connectionsMax
    }

    /// Reads `pattern=ip:port,pattern=ip:port`.
    ///
    /// - Returns: The entries in order; none for an empty text.
    /// - Throws: ``HostMapFailure`` with the entry that cannot be read.
    package static func hostMap(_ text: String) throws(HostMapFailure) -> [HostMapEntry] {
        var entries: [HostMapEntry] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let endpoint = EgressPolicy.Endpoint(sides[1]) else {
                throw HostMapFailure(
                    description: "host map entry '\(part)' is not of the form *.example.com=127.0.0.1:7501"
                )
            }
            entries.append(HostMapEntry(pattern: String(sides[0]), endpoint: endpoint))
        }
        return entries
    }

    var policy: EgressPolicy {
        EgressPolicy(exceptions: allowedEndpoints.union(hostMap.map(\.endpoint)))
    }
}
