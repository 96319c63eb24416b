/// Which addresses a vendor's host may stand for: public ones, and exactly those that the operator names.
///
/// Checked when a socket is opened and again before each request, because a kept-alive connection opens no socket.
package struct EgressPolicy: Sendable {
    /// An address that is allowed although it is not public.
    package struct Endpoint: Sendable, Hashable {
        /// The address.
        package let address: IPAddress
        /// The port.
        package let port: Int

        /// Names an endpoint.
        package init(address: IPAddress, port: Int) {
            self.address = address
            self.port = port
        }

        /// Reads `ip:port` or `[ip]:port`.
        package init?(_ text: some StringProtocol) {
            guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
                (1...65_535).contains(port)
            else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard let address = IPAddress(host) else { return nil }
            self.init(address: address, port: port)
        }
    }

    private let exceptions: Set<Endpoint>

    /// Allows public addresses and `exceptions`.
    package init(exceptions: Set<Endpoint> = []) {
        self.exceptions = exceptions
    }

    /// Whether a connection to `address` and `port` may be made.
    package func allows(_ address: IPAddress, port: Int) -> Bool {
        exceptions.contains(Endpoint(address: address, port: port)) || Self.isPublic(address)
    }

    /// Whether `address` is reachable from the whole internet and belongs to no special-purpose range (IANA registries
    /// of RFC 6890).
    static func isPublic(_ address: IPAddress) -> Bool {
        let bytes = address.bytes
        if bytes.count == 4 { return !fourBlocked.contains { $0.contains(bytes) } }
        // Only 2000::/3 is global unicast (RFC 4291); what embeds an IPv4 address is judged by that address.
        guard bytes[0] & 0xe0 == 0x20 else {
            // 64:ff9b::/96 (RFC 6052)
            if bytes.prefix(12) == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0] {
                return IPAddress(bytes: Array(bytes.suffix(4))).map(isPublic) ?? false
            }
            return false
        }
        // 2002::/16 (6to4, RFC 3056)
        if bytes[0] == 0x20, bytes[1] == 0x02 {
            return IPAddress(bytes: Array(bytes[2..<6])).map(isPublic) ?? false
        }
        return !sixBlocked.contains { $0.contains(bytes) }
    }

    private struct Range: Sendable {
        let prefix: [UInt8]
        let bits: Int

        func contains(_ bytes: [UInt8]) -> Bool {
            for bit in 0..<bits where (bytes[bit / 8] ^ prefix[bit / 8]) & (0x80 >> UInt8(bit % 8)) != 0 {
                return false
            }
            return true
        }
    }

    private static let fourBlocked: [Range] = [
        Range(prefix: [0, 0, 0, 0], bits: 8),  // this network
        Range(prefix: [10, 0, 0, 0], bits: 8),  // private
        Range(prefix: [100, 64, 0, 0], bits: 10),  // shared by carriers
        Range(prefix: [127, 0, 0, 0], bits: 8),  // loopback
        Range(prefix: [169, 254, 0, 0], bits: 16),  // link-local, metadata services
        Range(prefix: [172, 16, 0, 0], bits: 12),  // private
        Range(prefix: [192, 0, 0, 0], bits: 24),  // protocol assignments
        Range(prefix: [192, 0, 2, 0], bits: 24),  // documentation
        Range(prefix: [192, 31, 196, 0], bits: 24),  // AS112
        Range(prefix: [192, 52, 193, 0], bits: 24),  // AMT
        Range(prefix: [192, 88, 99, 0], bits: 24),  // 6to4 relays
        Range(prefix: [192, 168, 0, 0], bits: 16),  // private
        Range(prefix: [192, 175, 48, 0], bits: 24),  // AS112
        Range(prefix: [198, 18, 0, 0], bits: 15),  // benchmarks
        Range(prefix: [198, 51, 100, 0], bits: 24),  // documentation
        Range(prefix: [203, 0, 113, 0], bits: 24),  // documentation
        Range(prefix: [224, 0, 0, 0], bits: 4),  // multicast
        Range(prefix: [240, 0, 0, 0], bits: 4),  // reserved, broadcast
    ]

    private static let sixBlocked: [Range] = [
        Range(prefix: [0x20, 0x01, 0, 0], bits: 23),  // protocol assignments, Teredo, ORCHID, benchmarks
        Range(prefix: [0x20, 0x01, 0x0d, 0xb8], bits: 32),  // documentation
        Range(prefix: [0x3f, 0xff, 0x00], bits: 20),  // documentation
    ]
}
