/// Makes `Decodable` values from a JSON tree.
///
/// ```swift
/// let layer = try JSONValueDecoder().decode(Layer.self, from: JSONValue(parsing: body))
/// ```
package struct JSONValueDecoder: Sendable {
    /// Whether a member that the type does not name is an error (with a did-you-mean) instead of being ignored.
    package var rejectsUnknownKeys: Bool

    /// Makes a decoder.
    ///
    /// - Parameter rejectsUnknownKeys: Whether members that a type does not name are errors.
    package init(rejectsUnknownKeys: Bool = false) {
        self.rejectsUnknownKeys = rejectsUnknownKeys
    }

    /// Decodes a whole value.
    ///
    /// - Parameters:
    ///   - type: What to make.
    ///   - value: The tree to make it from.
    /// - Returns: The decoded value.
    /// - Throws: `JSONDecodeError` naming the first place that does not fit.
    package func decode<T: Decodable>(_ type: T.Type, from value: JSONValue) throws(JSONDecodeError) -> T {
        do {
            return try ValueDecoding(value, [], rejectsUnknownKeys).decode(type)
        } catch let error as JSONDecodeError {
            throw error
        } catch let error as DecodingError {
            throw JSONDecodeError(error)
        } catch {
            throw JSONDecodeError(code: .invalidValue, pointer: .root, message: "\(error)")
        }
    }
}

extension JSONDecodeError {
    /// Turns the standard library's error, which types raise themselves, into ours.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            let place = JSONPointer(path: context.codingPath).appending(key.stringValue)
            self.init(code: .missing, pointer: place, message: "required, but missing")
        case .valueNotFound(_, let context):
            self.init(code: .missing, pointer: JSONPointer(path: context.codingPath), message: "required, but null")
        case .typeMismatch(_, let context):
            self.init(
                code: .typeMismatch,
                pointer: JSONPointer(path: context.codingPath),
                message: Self.lowercased(context.debugDescription)
            )
        case .dataCorrupted(let context):
            self.init(
                code: .invalidValue,
                pointer: JSONPointer(path: context.codingPath),
                message: Self.lowercased(context.debugDescription)
            )
        @unknown default:
            self.init(code: .invalidValue, pointer: .root, message: "not valid")
        }
    }

    private static func lowercased(_ message: String) -> String {
        message.prefix(1).lowercased() + message.dropFirst()
    }
}

/// One value on its way into a type.
final class ValueDecoding: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let rejectsUnknownKeys: Bool
    /// Members that no container opened on this value can name; nil until one is opened.
    private var unknownKeys: [String]?
    /// The names that containers were asked for, from which suggestions are made.
    private var askedKeys: Set<String> = []

    init(_ value: JSONValue, _ codingPath: [any CodingKey], _ rejectsUnknownKeys: Bool) {
        self.value = value
        self.codingPath = codingPath
        self.rejectsUnknownKeys = rejectsUnknownKeys
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let own = try ownValue(type) { return own }
        do {
            let decoded = try T(from: self)
            try refuseUnknownKeys()
            return decoded
        } catch let error as DecodingError {
            // A required member that is missing under one name is often there under a misspelled one.
            if case .keyNotFound = error { try refuseUnknownKeys() }
            throw JSONDecodeError(error)
        } catch let error as JSONDecodeError where error.code == .missing {
            if error.pointer.tokens.count == codingPath.count + 1 { try refuseUnknownKeys() }
            throw error
        }
    }

    /// Remembers a name that was asked for.
    func ask(_ key: String) {
        if rejectsUnknownKeys { askedKeys.insert(key) }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw mismatch("an object") }
        if rejectsUnknownKeys {
            unknownKeys = (unknownKeys ?? object.keys).filter { Key(stringValue: $0) == nil }
        }
        return KeyedDecodingContainer(KeyedDecoding<Key>(decoding: self, object: object))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        return UnkeyedDecoding(decoding: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleDecoding(decoding: self) }

    func mismatch(_ expected: String) -> JSONDecodeError {
        JSONDecodeError(
            code: value.isNull ? .missing : .typeMismatch,
            pointer: JSONPointer(path: codingPath),
            message: "expected \(expected), found \(value.kindName)"
        )
    }

    /// JSON's own types are taken as they are.
    private func ownValue<T>(_ type: T.Type) throws -> T? {
        if type == JSONValue.self { return value as? T }
        if type == JSONObject.self {
            guard case .object(let object) = value else { throw mismatch("an object") }
            return object as? T
        }
        if type == JSONNumber.self {
            guard case .number(let number) = value else { throw mismatch("a number") }
            return number as? T
        }
        return nil
    }

    private func refuseUnknownKeys() throws {
        guard let unknown = unknownKeys?.first else { return }
        throw JSONDecodeError(
            code: .unknownKey,
            pointer: JSONPointer(path: codingPath).appending(unknown),
            message: "unknown key '\(unknown)'\(SpellingSuggestion.hint(for: unknown, among: askedKeys))"
        )
    }
}

extension ValueDecoding {
    func bool() throws -> Bool {
        guard case .bool(let bool) = value else { throw mismatch("a boolean") }
        return bool
    }

    func string() throws -> String {
        guard case .string(let string) = value else { throw mismatch("a string") }
        return string
    }

    func float<Float: BinaryFloatingPoint>() throws -> Float {
        guard case .number(let number) = value else { throw mismatch("a number") }
        let converted = Float(number.double)
        guard converted.isFinite else { throw outOfRange("a number in the range of a double") }
        return converted
    }

    func integer<Integer: FixedWidthInteger>() throws -> Integer {
        guard case .number(let number) = value else { throw mismatch("an integer") }
        if let integer = Integer(number.text) { return integer }
        guard let int = number.int else { throw outOfRange("an integer") }
        guard let integer = Integer(exactly: int) else {
            throw outOfRange("an integer from \(Integer.min) to \(Integer.max)")
        }
        return integer
    }

    private func outOfRange(_ expected: String) -> JSONDecodeError {
        JSONDecodeError(
            code: .invalidValue,
            pointer: JSONPointer(path: codingPath),
            message: "expected \(expected), found another number"
        )
    }
}
