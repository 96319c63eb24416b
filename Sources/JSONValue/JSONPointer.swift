/// The place of a value inside another, as RFC 6901 writes it: `/contacts/0/first~1last`.
///
/// Empty means the whole.
package struct JSONPointer: Sendable, Hashable {
    /// The names and indexes from the outside in, unescaped.
    package var tokens: [String]

    /// The whole value.
    package static let root = JSONPointer(tokens: [])

    /// A pointer made of unescaped names and indexes.
    package init(tokens: [String]) {
        self.tokens = tokens
    }

    /// Reads a pointer; nil when it does not start with `/` or has a `~` without 0 or 1 after it.
    package init?(_ text: String) {
        guard !text.isEmpty else {
            self = .root
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// This pointer, one name deeper.
    package func appending(_ name: String) -> JSONPointer {
        JSONPointer(tokens: tokens + [name])
    }

    /// This pointer, one index deeper.
    package func appending(_ index: Int) -> JSONPointer {
        appending(String(index))
    }

    private static func unescaped(_ part: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var afterTilde = false
        for byte in part {
            switch (afterTilde, byte) {
            case (true, UInt8(ascii: "0")): bytes.append(UInt8(ascii: "~"))
            case (true, UInt8(ascii: "1")): bytes.append(UInt8(ascii: "/"))
            case (true, _): return nil
            case (false, UInt8(ascii: "~")): break
            case (false, _): bytes.append(byte)
            }
            afterTilde = !afterTilde && byte == UInt8(ascii: "~")
        }
        return afterTilde ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONPointer: CustomStringConvertible {
    package var description: String {
        var text = ""
        for token in tokens {
            text += "/"
            for scalar in token.unicodeScalars {
                switch scalar {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }
}

extension JSONPointer: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        guard let pointer = JSONPointer(value) else {
            preconditionFailure("a JSON pointer literal starts with '/' and escapes '~' as '~0'")
        }
        self = pointer
    }
}

/// Why a value could not be changed at a pointer.
package struct JSONPointerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place at fault.
    package let pointer: JSONPointer
    /// What was expected there.
    package let message: String

    package var description: String { "\(pointer.tokens.isEmpty ? "the value" : pointer.description): \(message)" }
}
