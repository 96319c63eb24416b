/// What a path has in the places of its template's names: one segment decoded, a catch-all as sent.
package struct PathParameters: Sendable, ExpressibleByDictionaryLiteral {
    /// They are few, so that to look through them is quicker than to hash them.
    private var pairs: [(name: String, value: String)] = []

    /// Names values, mostly for tests of handlers.
    package init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { (name: $0, value: $1) }
    }

    /// The value in the place of `name`; nil when the template has no such name.
    package subscript(name: String) -> String? {
        pairs.last { $0.name == name }?.value
    }

    /// Puts a value behind the others.
    mutating func add(_ name: String, _ value: String) {
        pairs.append((name, value))
    }

    /// Takes the last value away.
    mutating func removeLast() {
        pairs.removeLast()
    }
}
