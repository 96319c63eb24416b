package import JSONValue

/// Searching and checking text by its bytes: Swift's characters would hide a line feed behind a carriage return.
enum Bytes {
    /// Where `needle` first occurs in `text` at or after `start`.
    static func range(of needle: StaticString, in text: String, from start: String.Index) -> Range<String.Index>? {
        let bytes = text.utf8
        let wanted = Array("\(needle)".utf8)
        var index = start
        while index < bytes.endIndex {
            if bytes[index...].starts(with: wanted) {
                return index..<bytes.index(index, offsetBy: wanted.count)
            }
            index = bytes.index(after: index)
        }
        return nil
    }

    /// Whether `text` is a number in the grammar of RFC 8259 section 6.
    static func isNumber(_ text: String, wholeOnly: Bool) -> Bool {
        var rest = Array(text.utf8)[...]
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
        rest = rest.dropFirst(whole.count)
        if wholeOnly || rest.isEmpty { return rest.isEmpty }
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return false }
            rest = rest.dropFirst(1 + fraction.count)
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            let exponent = rest.prefix(while: isDigit)
            guard !exponent.isEmpty else { return false }
            rest = rest.dropFirst(exponent.count)
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension JSONValue {
    /// A string, number or boolean as text; nil for anything else.
    package var plainText: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    /// Whether `text` is a JSON number, so that it can be written as one with its digits kept.
    package static func number(fromText text: String) -> JSONValue? {
        Bytes.isNumber(text, wholeOnly: false) ? .number(JSONNumber(uncheckedText: text)) : nil
    }

    /// This value with `overlay` laid over it: objects merge member by member, anything else, null included, replaces.
    package func overlaid(by overlay: JSONValue) -> JSONValue {
        guard case .object(var merged) = self, case .object(let members) = overlay else { return overlay }
        for member in members {
            merged[member.key] = merged[member.key].map { $0.overlaid(by: member.value) } ?? member.value
        }
        return .object(merged)
    }
}
