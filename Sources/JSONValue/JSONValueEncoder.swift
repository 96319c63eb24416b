/// Makes a JSON tree from `Encodable` values.
///
/// Members stand in the order in which the type encodes them; optionals that are nil are left out.
package struct JSONValueEncoder: Sendable {
    /// Makes an encoder.
    package init() {}

    /// Encodes a whole value.
    ///
    /// - Parameter value: What to encode.
    /// - Returns: The tree.
    /// - Throws: `JSONDecodeError` with code `invalid_value` for infinities and NaN, and what the type itself throws.
    package func encode(_ value: some Encodable) throws -> JSONValue {
        try ValueEncoding.tree(of: value, at: [])
    }
}

/// One value on its way out of a type.
final class ValueEncoding: Encoder {
    /// What has been written so far.
    enum Content {
        case nothing
        case value(JSONValue)
        case array([ValueEncoding])
        case object([(key: String, value: ValueEncoding)])
    }

    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    var content = Content.nothing

    init(_ codingPath: [any CodingKey]) {
        self.codingPath = codingPath
    }

    /// Encodes `value`; JSON's own types are taken as they are.
    static func tree(of value: some Encodable, at path: [any CodingKey]) throws -> JSONValue {
        switch value {
        case let value as JSONValue: return value
        case let object as JSONObject: return .object(object)
        case let number as JSONNumber: return .number(number)
        default:
            let encoding = ValueEncoding(path)
            try value.encode(to: encoding)
            return encoding.tree
        }
    }

    /// The value written; an empty object when nothing was.
    var tree: JSONValue {
        switch content {
        case .nothing: .object(JSONObject())
        case .value(let value): value
        case .array(let elements): .array(elements.map(\.tree))
        case .object(let members): .object(JSONObject(members.map { ($0.key, $0.value.tree) }))
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = content {} else { content = .object([]) }
        return KeyedEncodingContainer(KeyedEncoding<Key>(encoding: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = content {} else { content = .array([]) }
        return UnkeyedEncoding(encoding: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleEncoding(encoding: self) }

    /// A place for the member named `key`.
    func member(_ key: any CodingKey) -> ValueEncoding {
        let member = ValueEncoding(codingPath + [key])
        if case .object(var members) = content {
            content = .nothing
            members.append((key.stringValue, member))
            content = .object(members)
        }
        return member
    }

    /// A place for the next element.
    func element() -> ValueEncoding {
        guard case .array(var elements) = content else { return self }
        let element = ValueEncoding(codingPath + [JSONCodingKey(intValue: elements.count)])
        content = .nothing
        elements.append(element)
        content = .array(elements)
        return element
    }

    func put(_ value: some Encodable) throws {
        content = .value(try Self.tree(of: value, at: codingPath))
    }

    func put(_ value: JSONValue) { content = .value(value) }

    func put(number value: Double) throws {
        guard let number = JSONNumber(value) else {
            throw JSONDecodeError(
                code: .invalidValue,
                pointer: JSONPointer(path: codingPath),
                message: "expected a finite number, found \(value)"
            )
        }
        content = .value(.number(number))
    }

    func put(number value: some BinaryInteger) { content = .value(.number(JSONNumber(value))) }

    /// A float has fewer digits than the double of the same value.
    func put(float value: Float) throws {
        try put(number: Double(value.description) ?? Double(value))
    }
}
