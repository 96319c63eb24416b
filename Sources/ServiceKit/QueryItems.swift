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
    package init(parsing text: some Sequence<UInt8>) throws(Problem) {
        var items: [Item] = []
        var name: [UInt8] = []
        var value: [UInt8]? = nil
        func finish() throws(Problem) {
            guard !name.isEmpty || value != nil else { return }
            items.append(Item(try Self.decoded(name), try Self.decoded(value ?? [])))
            name = []
            value = nil
        }
        for byte in text {
            if byte == UInt8(ascii: "&") {
                try finish()
            } else if byte == UInt8(ascii: "="), value == nil {
                value = []
            } else if value != nil {
                value?.append(byte)
            } else {
                name.append(byte)
            }
        }
        try finish()
        self.items = items
    }

    /// The value of the first pair with this name.
    package subscript(name: String) -> String? {
        items.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The values of all pairs with this name, in order.
    package func all(_ name: String) -> [String] {
        items.lazy.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.value)
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

    private static func decoded(_ bytes: [UInt8]) throws(Problem) -> String {
        let plain = bytes.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        guard let text = PercentEncoding.decoded(plain) else {
            throw Problem(.invalidRequest, "the query has a broken percent escape; encode it as UTF-8 with %XX")
        }
        return text
    }
}
