/// The members of an object on their way into a type.
struct KeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoding: ValueDecoding
    let object: JSONObject

    var codingPath: [any CodingKey] { decoding.codingPath }
    var allKeys: [Key] { object.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool {
        decoding.ask(key.stringValue)
        return object.position(of: key.stringValue) != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).value.isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).string() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try member(key).float() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try member(key).float() }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).integer() }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try member(key).integer() }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try member(key).integer() }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try member(key).integer() }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try member(key).integer() }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try member(key).integer() }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try member(key).integer() }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try member(key).integer() }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try member(key).integer() }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try member(key).integer() }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try member(key).decode(type) }

    /// An optional `JSONValue` takes null for a value, not for nothing.
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard contains(key) else { return nil }
        let member = try member(key)
        if member.value.isNull, type != JSONValue.self { return nil }
        return try member.decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoding }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }

    private func member(_ key: Key) throws -> ValueDecoding {
        decoding.ask(key.stringValue)
        guard let value = object[key.stringValue] else {
            let place = JSONPointer(path: codingPath).appending(key.stringValue)
            throw JSONDecodeError(code: .missing, pointer: place, message: "required, but missing")
        }
        return ValueDecoding(value, codingPath + [key], decoding.rejectsUnknownKeys)
    }
}

/// The elements of an array on their way into a type.
struct UnkeyedDecoding: UnkeyedDecodingContainer {
    let decoding: ValueDecoding
    let elements: [JSONValue]
    var currentIndex = 0

    init(decoding: ValueDecoding, elements: [JSONValue]) {
        self.decoding = decoding
        self.elements = elements
    }

    var codingPath: [any CodingKey] { decoding.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next().bool() }
    mutating func decode(_ type: String.Type) throws -> String { try next().string() }
    mutating func decode(_ type: Double.Type) throws -> Double { try next().float() }
    mutating func decode(_ type: Float.Type) throws -> Float { try next().float() }
    mutating func decode(_ type: Int.Type) throws -> Int { try next().integer() }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next().integer() }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next().integer() }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next().integer() }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next().integer() }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next().integer() }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next().integer() }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next().integer() }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next().integer() }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next().integer() }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> ValueDecoding {
        guard !isAtEnd else {
            let place = JSONPointer(path: codingPath).appending(currentIndex)
            throw JSONDecodeError(code: .missing, pointer: place, message: "required, but the array ends")
        }
        defer { currentIndex += 1 }
        let path = codingPath + [JSONCodingKey(intValue: currentIndex)]
        return ValueDecoding(elements[currentIndex], path, decoding.rejectsUnknownKeys)
    }
}

/// A lone value on its way into a type.
struct SingleDecoding: SingleValueDecodingContainer {
    let decoding: ValueDecoding

    var codingPath: [any CodingKey] { decoding.codingPath }

    func decodeNil() -> Bool { decoding.value.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try decoding.bool() }
    func decode(_ type: String.Type) throws -> String { try decoding.string() }
    func decode(_ type: Double.Type) throws -> Double { try decoding.float() }
    func decode(_ type: Float.Type) throws -> Float { try decoding.float() }
    func decode(_ type: Int.Type) throws -> Int { try decoding.integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoding.integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoding.integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoding.integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoding.integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try decoding.integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoding.integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoding.integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoding.integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoding.integer() }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try ValueDecoding(decoding.value, codingPath, decoding.rejectsUnknownKeys).decode(type)
    }
}
