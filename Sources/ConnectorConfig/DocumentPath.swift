package import JSONValue

/// Where something is in a vendor's body: `paging.next.after`, `/a/b` (RFC 6901), or empty for the whole body.
package struct DocumentPath: Sendable, Hashable {
    /// The names from the outside in; an array is entered by a number.
    package let names: [String]

    /// Reads a dotted path or a JSON pointer.
    package init(_ text: String) {
        if text.hasPrefix("/") {
            names = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped)
        } else {
            names = text.split(separator: ".").map(String.init)
        }
    }

    /// The value in a body; nil when it is not there.
    package func value(in body: JSONValue) -> JSONValue? {
        names.reduce(body) { (value: JSONValue?, name) in
            guard case .array? = value else { return value?[name] }
            return Int(name).flatMap { value?[$0] }
        }
    }

    /// This path, or `other` when it is empty.
    func or(_ other: DocumentPath) -> DocumentPath {
        names.isEmpty ? other : self
    }

    /// `body` with an object laid over the one at this path.
    package func laying(_ object: JSONObject, over body: JSONValue) -> JSONValue {
        body.overlaid(by: names.reversed().reduce(.object(object)) { inner, name in .object([name: inner]) })
    }

    private static func unescaped(_ token: Substring) -> String {
        var text = ""
        var escape = false
        for scalar in token.unicodeScalars {
            if escape {
                text += scalar == "1" ? "/" : "~"
                escape = false
            } else if scalar == "~" {
                escape = true
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
