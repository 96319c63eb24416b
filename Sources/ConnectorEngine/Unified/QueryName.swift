/// The name of a query parameter taken apart: `account[id][in][]` is `account`, `id`, `in` and an empty last part.
struct QueryName: Equatable {
    private(set) var parts: [String]

    /// Reads a name; nil when its brackets do not match.
    init?(_ text: String) {
        guard let open = text.firstIndex(of: "[") else {
            guard !text.isEmpty, !text.contains("]") else { return nil }
            parts = [text]
            return
        }
        var parts = [String(text[..<open])]
        var rest = text[open...]
        while !rest.isEmpty {
            guard rest.first == "[", let close = rest.firstIndex(of: "]") else { return nil }
            let inside = rest[rest.index(after: rest.startIndex)..<close]
            guard !inside.contains("[") else { return nil }
            parts.append(String(inside))
            rest = rest[rest.index(after: close)...]
        }
        guard !parts[0].isEmpty else { return nil }
        self.parts = parts
    }

    var first: String { parts[0] }

    /// The name with another first part.
    func renamed(_ first: String) -> QueryName {
        var copy = self
        copy.parts[0] = first
        return copy
    }

    /// `a[b]` for the parts `a` and `b`.
    static func joined(_ parts: some Sequence<String>) -> String {
        var text = ""
        for part in parts { text += text.isEmpty ? part : "[\(part)]" }
        return text
    }
}
