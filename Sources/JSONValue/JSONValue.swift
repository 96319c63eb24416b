/// A JSON value as a tree: what services build, read and change.
///
/// Objects keep the order of their members and numbers keep their digits. For large vendor bodies on the hot path use
/// `JSONDocument`, which leaves the bytes where they are.
///
/// Equality is exact: strings and names by their bytes (never by Unicode equivalence), numbers by their digits, objects
/// without regard to the order of members.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The members, when this is an object.
    package var object: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    /// The elements, when this is an array.
    package var array: [JSONValue]? {
        guard case .array(let array) = self else { return nil }
        return array
    }

    /// The text, when this is a string.
    package var string: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    /// The claim, when this is `true` or `false`.
    package var bool: Bool? {
        guard case .bool(let bool) = self else { return nil }
        return bool
    }

    /// The number, when this is one.
    package var number: JSONNumber? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The number as an integer, when this is a number without a fraction that fits.
    package var int: Int? {
        number?.int
    }

    /// Whether this is `null`.
    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The member named `key` of an object; nil for any other value or a missing member.
    package subscript(key: String) -> JSONValue? {
        object?[key]
    }

    /// The element at `index` of an array; nil for any other value or an index out of range.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let array) = self, array.indices.contains(index) else { return nil }
        return array[index]
    }
}

extension JSONValue {
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left.text == right.text
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let bool): hasher.combine(bool)
        case .number(let number): hasher.combine(number.text)
        case .string(let string): hasher.combine(JSONKeyHash.hash(of: string))
        case .array(let array): hasher.combine(array)
        case .object(let object): hasher.combine(object)
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    package init(floatLiteral value: Double) { self = JSONNumber(value).map(JSONValue.number) ?? .null }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
