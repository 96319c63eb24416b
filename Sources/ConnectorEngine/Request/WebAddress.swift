package import ConnectorConfig
import Vocabulary

/// An absolute `https` address in the one spelling that every parser reads alike: a host name, perhaps a port, no user,
/// no backslash, nothing outside of printable ASCII.
package struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// The host in lower case.
    package let host: String
    /// The port, when it is not 443.
    package let port: Int?
    /// The path, encoded; starts with a slash or is empty.
    package var path: String
    /// The query, encoded, without the question mark; nil for none.
    package var query: String?

    /// Reads an address; nil when it is spelt in any other way.
    package init?(_ text: String) {
        let scheme = "https://"
        let bytes = text.utf8
        guard text.prefix(scheme.count).lowercased() == scheme,
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else { return nil }
        var rest = Substring(text.dropFirst(scheme.count))
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<end].lowercased()
        let pieces = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard pieces.count <= 2, HostPattern.isHostName(String(pieces[0])) else { return nil }
        host = String(pieces[0])
        if pieces.count == 2 {
            guard let number = UInt16(pieces[1]), number > 0 else { return nil }
            port = number == 443 ? nil : Int(number)
        } else {
            port = nil
        }
        let tail = rest[end...]
        if let mark = tail.firstIndex(of: "?") {
            path = String(tail[..<mark])
            query = String(tail[tail.index(after: mark)...])
        } else {
            path = String(tail)
            query = nil
        }
    }

    /// Scheme, host and port.
    package var origin: String {
        port.map { "https://\(host):\($0)" } ?? "https://\(host)"
    }

    package var description: String {
        origin + (path.isEmpty ? "/" : path) + (query.map { "?\($0)" } ?? "")
    }

    /// The address that a vendor's relative or absolute reference names, seen from this one.
    ///
    /// - Returns: nil when the reference is spelt in a doubtful way.
    package func resolving(_ reference: String) -> WebAddress? {
        if reference.lowercased().hasPrefix("https://") { return WebAddress(reference) }
        if reference.hasPrefix("//") { return nil }
        if reference.hasPrefix("/") { return WebAddress(origin + reference) }
        if reference.hasPrefix("?") { return WebAddress(origin + path + reference) }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return reference.contains(":") ? nil : WebAddress("\(origin)\(folder)/\(reference)")
    }

    /// This address, or a refusal when the connector may not call its host.
    package func allowed(by connector: ConnectorDocument) throws -> WebAddress {
        guard port == nil, connector.mayCall(host: host) else {
            throw Problem(
                .blockedAddress,
                "the host '\(host)' is not one that the connector '\(connector.name)' may call"
            )
        }
        return self
    }
}
