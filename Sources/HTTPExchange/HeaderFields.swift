package import HTTPTypes

/// A header field of a message.
package struct HeaderField: Sendable, Hashable {
    /// Its name, which is a token.
    package let name: HTTPField.Name
    /// Its value, which holds no control character and no white space at its ends.
    package let value: String

    /// Puts a field together.
    ///
    /// - Parameters:
    ///   - name: the name.
    ///   - value: the value; what may not stand in one (RFC 9110 section 5.5) becomes a space or goes from its ends.
    package init(name: HTTPField.Name, value: String) {
        self.name = name
        self.value = Self.isValue(value) ? value : HTTPField(name: name, value: value).value
    }

    private static func isValue(_ text: String) -> Bool {
        let bytes = text.utf8Span.span
        guard let last = bytes.indices.last else { return true }
        guard bytes[0] != 0x20, bytes[0] != 0x09, bytes[last] != 0x20, bytes[last] != 0x09 else { return false }
        for index in bytes.indices where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F {
            return false
        }
        return true
    }
}

/// The header fields of a message, in their order.
///
/// A list and no more: HTTPTypes has a collection too, but to fill, search and copy it costs several times as much.
package struct HeaderFields: Sendable {
    private var list: [HeaderField] = []

    /// Makes an empty list.
    package init() {}

    /// Takes a list.
    package init(list: [HeaderField]) {
        self.list = list
    }

    /// The value of a name: those of all its fields, with commas, for a cookie with semicolons, in between.
    ///
    /// Setting it replaces all fields of the name by one, in the place of the first; nil removes them.
    package subscript(name: HTTPField.Name) -> String? {
        get {
            guard let first = firstIndex(of: name, from: 0) else { return nil }
            guard firstIndex(of: name, from: first + 1) != nil else { return list[first].value }
            return self[values: name].joined(separator: name == .cookie ? "; " : ", ")
        }
        set {
            guard let newValue else { return list.removeAll { $0.name.isSame(as: name) } }
            let field = HeaderField(name: name, value: newValue)
            guard let first = firstIndex(of: name, from: 0) else { return list.append(field) }
            list[first] = field
            while let other = firstIndex(of: name, from: first + 1) { list.remove(at: other) }
        }
    }

    /// The values of all fields of a name.
    package subscript(values name: HTTPField.Name) -> [String] {
        list.filter { $0.name.isSame(as: name) }.map(\.value)
    }

    /// Whether there is a field of a name.
    package func contains(_ name: HTTPField.Name) -> Bool {
        firstIndex(of: name, from: 0) != nil
    }

    /// Adds a field, whether or not there are others of its name.
    package mutating func append(_ field: HeaderField) {
        list.append(field)
    }

    /// Whether both are the same fields in the same order and spelling.
    package func isIdentical(to other: Self) -> Bool {
        guard count == other.count else { return false }
        for index in list.indices {
            let one = list[index]
            let two = other.list[index]
            guard one.value == two.value, one.name.rawName == two.name.rawName else { return false }
        }
        return true
    }

    private func firstIndex(of name: HTTPField.Name, from start: Int) -> Int? {
        for index in start..<list.count where list[index].name.isSame(as: name) { return index }
        return nil
    }
}

extension HeaderFields: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { list.count }
    package subscript(position: Int) -> HeaderField { list[position] }
    package func makeIterator() -> IndexingIterator<[HeaderField]> { list.makeIterator() }
}

extension HeaderFields: Equatable {
    /// Whether both have the same fields; the order matters among those of one name alone.
    package static func == (one: Self, other: Self) -> Bool {
        guard one.count == other.count else { return false }
        return one.list == other.list || one.allSatisfy { one[values: $0.name] == other[values: $0.name] }
    }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (HTTPField.Name, String)...) {
        list = elements.map { HeaderField(name: $0, value: $1) }
    }
}

extension HTTPField.Name {
    /// Whether both are one name.
    ///
    /// Most names differ in length already, which `==` does not ask.
    package func isSame(as other: Self) -> Bool {
        canonicalName.utf8.count == other.canonicalName.utf8.count && canonicalName == other.canonicalName
    }
}
