import JSONValue
package import Vocabulary

/// The name and value pairs of a query or an HTML form, decoded, in the order sent.
package struct QueryItems: Sendable, Equatable {
    /// One pair.
    package struct Item: Sendable, Equatable {
        /// The name.
        package let name: String
        /// The value; empty when only the name was sent.
        package let value: String

        /// Makes a pair.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The pairs in order.
    package let items: [Item]

    /// Takes decoded pairs.
    package init(_ items: [Item] = []) {
        self.items = items
    }

    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// - Parameter text: without the question mark; `+` is a space.
    /// - Throws: `invalid_request` for a broken percent escape, or one that does not give UTF-8.
    package init(parsing text: Span<UInt8>) throws(Problem) {
        var items: [Item] = []
        var start = 0
        while start < text.count {
            var end = start
            var separator: Int?
            while end < text.count, text[end] != UInt8(ascii: "&") {
                if separator == nil, text[end] == UInt8(ascii: "=") { separator = end }
                end += 1
            }
            if end > start {
                let name = try Self.decoded(text.extracting(start..<(separator ?? end)))
                let value = try separator.map { mark throws(Problem) in
                    try Self.decoded(text.extracting((mark + 1)..<end))
                }
                items.append(Item(name, value ?? ""))
            }
            start = end + 1
        }
        self.items = items
    }

    /// The value of the first pair with this name.
    package subscript(name: String) -> String? {
        items.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// The values of all pairs with this name, in order.
    package func all(_ name: String) -> [String] {
        items.lazy.filter { $0.name.hasSameBytes(as: name) }.map(\.value)
    }

    /// The integer named `name`.
    ///
    /// The endpoint's specification has checked it.
    package func integer(_ name: String) -> Int? {
        self[name].flatMap { Int($0) }
    }

    /// The claim named `name`.
    ///
    /// The endpoint's specification has checked it.
    package func boolean(_ name: String) -> Bool? {
        self[name].map { $0 == "true" }
    }

    private static func decoded(_ bytes: Span<UInt8>) throws(Problem) -> String {
        guard let text = PercentEncoding.decoded(bytes, isForm: true) else {
            throw Problem(.invalidRequest, "the query has a broken percent escape; encode it as UTF-8 with %XX")
        }
        return text
    }
}
