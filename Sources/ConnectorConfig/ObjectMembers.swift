/// The members of the object that a mapping's source constructs, as pieces of source: `response.{"a": x, "b": y}` has
/// `a` with `x` and `b` with `y`.
///
/// It is good enough to know which native fields serve a unified one; a source of another form has no members.
struct ObjectMembers {
    /// Names with their pieces of source; nil when the source does not construct one object.
    let members: [(name: String, source: String)]?

    init(_ source: String) {
        var scan = SourceScan(bytes: Array(source.utf8))
        members = scan.object()
    }
}

private struct SourceScan {
    let bytes: [UInt8]
    private var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    /// A receiver such as `response.` and one object, and nothing after it.
    mutating func object() -> [(name: String, source: String)]? {
        skipSpace()
        while let byte, Self.isName(byte) || byte == UInt8(ascii: ".") { at += 1 }
        skipSpace()
        guard byte == UInt8(ascii: "{") else { return nil }
        at += 1
        var members: [(name: String, source: String)] = []
        skipSpace()
        while byte != UInt8(ascii: "}") {
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), let name = quoted() else { return nil }
            skipSpace()
            guard byte == UInt8(ascii: ":") else { return nil }
            at += 1
            guard let source = piece() else { return nil }
            members.append((name, source))
            if byte == UInt8(ascii: ",") { at += 1 }
            skipSpace()
        }
        at += 1
        skipSpace()
        return at == bytes.count ? members : nil
    }

    /// The source up to the comma or brace that ends a member.
    private mutating func piece() -> String? {
        let start = at
        var depth = 0
        while let byte {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
                guard quoted() != nil else { return nil }
                continue
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","), UInt8(ascii: "}"):
                if depth == 0 { return String(decoding: bytes[start..<at], as: UTF8.self) }
                if byte == UInt8(ascii: "}") { depth -= 1 }
            case UInt8(ascii: "/") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "*"):
                skipSpace()
                continue
            default: break
            }
            at += 1
        }
        return nil
    }

    /// What stands between quotes.
    private mutating func quoted() -> String? {
        guard let quote = byte else { return nil }
        at += 1
        let start = at
        while let byte, byte != quote { at += byte == UInt8(ascii: "\\") ? 2 : 1 }
        guard at < bytes.count else { return nil }
        defer { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func skipSpace() {
        while let byte {
            if byte <= 0x20 {
                at += 1
            } else if byte == UInt8(ascii: "/"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "*") {
                at += 2
                while at < bytes.count, !bytes[at...].starts(with: "*/".utf8) { at += 1 }
                at = min(at + 2, bytes.count)
            } else {
                return
            }
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "_")
    }
}
