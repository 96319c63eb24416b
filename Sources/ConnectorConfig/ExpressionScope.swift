package import JSONValue

/// What an expression can see: an object whose members are `response`, `query`, `context` and the like.
package struct ExpressionScope: Sendable {
    /// The members; a JSONata expression gets this object as its input.
    package var root: JSONObject

    /// Makes a scope of named values.
    package init(_ root: JSONObject = JSONObject()) {
        self.root = root
    }

    /// The value at a dotted path: first by the names of the scope, else in `context`.
    package func value(at path: [String]) -> JSONValue? {
        guard let first = path.first else { return nil }
        let start = root[first] ?? root["context"]?[first]
        return path.dropFirst().reduce(start) { value, key in
            guard case .array(let array)? = value else { return value?[key] }
            return Int(key).flatMap { array.indices.contains($0) ? array[$0] : nil }
        }
    }

    /// A scope with one more name.
    package func adding(_ name: String, _ value: JSONValue) -> ExpressionScope {
        var copy = self
        copy.root[name] = value
        return copy
    }
}

/// Why an expression gave no value.
///
/// Holds no data of the vendor or the caller.
package struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Stable code; a JSONata code where the engine of that language failed.
    package let code: String
    /// What is wrong; lower case, without data.
    package let message: String
    /// Where in the document the expression stands, where it is known.
    package var pointer: String?
    /// Offset in the source of a JSONata expression.
    package var position: Int?

    /// Describes a failure.
    package init(code: String, message: String, pointer: String? = nil, position: Int? = nil) {
        self.code = code
        self.message = message
        self.pointer = pointer
        self.position = position
    }

    package var description: String {
        let place = pointer.map { "\($0): " } ?? ""
        let offset = position.map { " at offset \($0)" } ?? ""
        return "\(place)\(message)\(offset) (\(code))"
    }
}
