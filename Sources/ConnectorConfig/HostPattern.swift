/// A host that a connector may call: a name, or `*.` and a name for any host below it.
package struct HostPattern: Sendable, Hashable, CustomStringConvertible {
    private let name: String
    private let isWildcard: Bool

    /// Reads `api.example.com` or `*.example.com`; nil for anything else, such as a bare `*` or an address with a port.
    package init?(_ text: String) {
        isWildcard = text.hasPrefix("*.")
        name = String(text.dropFirst(isWildcard ? 2 : 0))
        guard Self.isHostName(name), !isWildcard || name.utf8.contains(UInt8(ascii: ".")) else { return nil }
    }

    /// Whether `host`, in lower case, is one of the pattern's hosts.
    package func matches(_ host: String) -> Bool {
        isWildcard
            ? host.utf8.count > name.utf8.count + 1 && host.hasSuffix("." + name) : host.utf8.elementsEqual(name.utf8)
    }

    /// Whether each host of `other` is one of this pattern's.
    func covers(_ other: HostPattern) -> Bool {
        if other.isWildcard { return isWildcard && (other.name == name || matches(other.name)) }
        return matches(other.name)
    }

    package var description: String { (isWildcard ? "*." : "") + name }

    /// Whether `text` is a host name in lower case (RFC 1123 section 2.1), not an address.
    package static func isHostName(_ text: String) -> Bool {
        let bytes = text.utf8Span.span
        guard (1...253).contains(bytes.count) else { return false }
        var start = 0
        var isNumber = true
        for index in 0...bytes.count {
            if index < bytes.count, bytes[index] != UInt8(ascii: ".") {
                guard isLabelByte(bytes[index]) else { return false }
                if !(0x30...0x39).contains(bytes[index]) { isNumber = false }
                continue
            }
            guard (1...63).contains(index - start), bytes[start] != UInt8(ascii: "-"),
                bytes[index - 1] != UInt8(ascii: "-")
            else { return false }
            start = index + 1
            if index < bytes.count { isNumber = true }
        }
        // The last label of an address is a number, that of a name is not.
        return !isNumber
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
    }
}
