import CCurl
import Glibc

/// An IPv4 or IPv6 address as bytes; IPv4 inside IPv6 is unwrapped, so that one address has one form.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// Wraps 4 or 16 bytes; nil for any other number.
    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            // ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2)
            if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff {
                self.bytes = Array(bytes.suffix(4))
            } else {
                self.bytes = bytes
            }
        default: return nil
        }
    }

    /// Reads the text forms that the system writes; a zone (`%eth0`) is ignored.
    package init?(_ text: some StringProtocol) {
        let plain = String(text.prefix { $0 != "%" })
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, plain, &four) == 1 {
            self.init(bytes: Swift.withUnsafeBytes(of: &four) { Array($0) })
        } else if inet_pton(AF_INET6, plain, &six) == 1 {
            self.init(bytes: Swift.withUnsafeBytes(of: &six) { Array($0) })
        } else {
            return nil
        }
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
