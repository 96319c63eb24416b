package import ConnectorConfig
import Vocabulary

/// An absolute `https` address in the one spelling that every parser reads alike: a host name, perhaps a port, no user,
/// no backslash, nothing outside of printable ASCII.
package struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// The host in lower case.
    package let host: String
    /// The port, when it is not 443.
    package let port: Int?
    /// Scheme, host and port.
    package let origin: String
    /// The path, encoded; starts with a slash or is empty.
    package var path: String
    /// The query, encoded, without the question mark; nil for none.
    package var query: String?

    /// Reads an address; nil when it is spelt in any other way.
    package init?(_ text: String) {
        let bytes = text.utf8Span.span
        guard bytes.count > 8, Self.hasScheme(bytes), Self.isPlain(bytes) else { return nil }
        let end = Self.first(UInt8(ascii: "#"), in: bytes, from: 8) ?? bytes.count
        var authorityEnd = 8
        while authorityEnd < end, bytes[authorityEnd] != UInt8(ascii: "/"), bytes[authorityEnd] != UInt8(ascii: "?") {
            authorityEnd += 1
        }
        let colon = Self.first(UInt8(ascii: ":"), in: bytes.extracting(0..<authorityEnd), from: 8)
        host = Self.text(bytes, 8..<(colon ?? authorityEnd)).lowercased()
        guard HostPattern.isHostName(host) else { return nil }
        if let colon {
            guard let number = UInt16(Self.text(bytes, (colon + 1)..<authorityEnd)), number > 0 else { return nil }
            port = number == 443 ? nil : Int(number)
        } else {
            port = nil
        }
        origin = if let port { "https://\(host):\(port)" } else { "https://\(host)" }
        let mark = Self.first(UInt8(ascii: "?"), in: bytes.extracting(0..<end), from: authorityEnd)
        path = Self.text(bytes, authorityEnd..<(mark ?? end))
        query = mark.map { Self.text(bytes, ($0 + 1)..<end) }
    }

    /// The address at the same origin with another path and no query.
    ///
    /// - Parameter path: encoded, starting with a slash.
    /// - Returns: nil when the path cannot be sent as it is.
    func with(path: String) -> WebAddress? {
        let bytes = path.utf8Span.span
        guard bytes.count > 0, bytes[0] == UInt8(ascii: "/") else { return nil }
        for index in bytes.indices {
            let byte = bytes[index]
            if !Self.isPlain(byte) || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") { return nil }
        }
        var address = self
        address.path = path
        address.query = nil
        return address
    }

    private static func hasScheme(_ bytes: Span<UInt8>) -> Bool {
        let scheme: StaticString = "https://"
        return scheme.withUTF8Buffer { scheme in
            for index in 0..<8 where scheme[index] != (index < 5 ? bytes[index] | 0x20 : bytes[index]) { return false }
            return true
        }
    }

    /// Whether all bytes are printable ASCII without blank and backslash.
    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where !isPlain(bytes[index]) { return false }
        return true
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\\")
    }

    private static func first(_ byte: UInt8, in bytes: Span<UInt8>, from start: Int) -> Int? {
        for index in start..<max(start, bytes.count) where bytes[index] == byte { return index }
        return nil
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        for index in range { copy.append(bytes[index]) }
        return String(decoding: copy, as: UTF8.self)
    }

    package var description: String {
        var text = origin
        text.reserveCapacity(origin.utf8.count + path.utf8.count + (query?.utf8.count ?? 0) + 2)
        text += path.isEmpty ? "/" : path
        if let query {
            text += "?"
            text += query
        }
        return text
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
