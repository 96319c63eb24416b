/// Why a value does not have the shape a type needs.
package struct JSONDecodeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The closed set of reasons; the raw values are stable.
    package enum Code: String, Sendable, CaseIterable {
        case missing
        case typeMismatch = "type_mismatch"
        case invalidValue = "invalid_value"
        case unknownKey = "unknown_key"
    }

    /// The reason.
    package let code: Code
    /// The place, as an RFC 6901 pointer.
    package let pointer: JSONPointer
    /// What was expected and found, in lower case, without the value itself.
    package let message: String

    package var description: String { "\(pointer.tokens.isEmpty ? "the value" : pointer.description): \(message)" }
}

extension JSONPointer {
    /// The place that a coding path names.
    init(path: [any CodingKey]) {
        self.init(tokens: path.map { $0.intValue.map(String.init) ?? $0.stringValue })
    }
}

/// An index or name on a coding path.
struct JSONCodingKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}
