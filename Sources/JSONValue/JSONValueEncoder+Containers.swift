/// The members of a type on their way into an object.
struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoding: ValueEncoding

    var codingPath: [any CodingKey] { encoding.codingPath }

    mutating func encodeNil(forKey key: Key) throws { encoding.member(key).put(.null) }
    mutating func encode(_ value: Bool, forKey key: Key) throws { encoding.member(key).put(.bool(value)) }
    mutating func encode(_ value: String, forKey key: Key) throws { encoding.member(key).put(.string(value)) }
    mutating func encode(_ value: Double, forKey key: Key) throws { try encoding.member(key).put(number: value) }
    mutating func encode(_ value: Float, forKey key: Key) throws { try encoding.member(key).put(float: value) }
    mutating func encode(_ value: Int, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: Int8, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: Int16, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: Int32, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: Int64, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: UInt, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: UInt8, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: UInt16, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: UInt32, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode(_ value: UInt64, forKey key: Key) throws { encoding.member(key).put(number: value) }
    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try encoding.member(key).put(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        encoding.member(key).container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoding.member(key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { encoding }
    mutating func superEncoder(forKey key: Key) -> any Encoder { encoding.member(key) }
}

/// The elements of a type on their way into an array.
struct UnkeyedEncoding: UnkeyedEncodingContainer {
    let encoding: ValueEncoding

    var codingPath: [any CodingKey] { encoding.codingPath }
    var count: Int {
        guard case .array(let elements) = encoding.content else { return 0 }
        return elements.count
    }

    mutating func encodeNil() throws { encoding.element().put(.null) }
    mutating func encode(_ value: Bool) throws { encoding.element().put(.bool(value)) }
    mutating func encode(_ value: String) throws { encoding.element().put(.string(value)) }
    mutating func encode(_ value: Double) throws { try encoding.element().put(number: value) }
    mutating func encode(_ value: Float) throws { try encoding.element().put(float: value) }
    mutating func encode(_ value: Int) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: Int8) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: Int16) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: Int32) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: Int64) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: UInt) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: UInt8) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: UInt16) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: UInt32) throws { encoding.element().put(number: value) }
    mutating func encode(_ value: UInt64) throws { encoding.element().put(number: value) }
    mutating func encode<T: Encodable>(_ value: T) throws { try encoding.element().put(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        encoding.element().container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoding.element().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { encoding.element() }
}

/// A lone value on its way out of a type.
struct SingleEncoding: SingleValueEncodingContainer {
    let encoding: ValueEncoding

    var codingPath: [any CodingKey] { encoding.codingPath }

    mutating func encodeNil() throws { encoding.put(.null) }
    mutating func encode(_ value: Bool) throws { encoding.put(.bool(value)) }
    mutating func encode(_ value: String) throws { encoding.put(.string(value)) }
    mutating func encode(_ value: Double) throws { try encoding.put(number: value) }
    mutating func encode(_ value: Float) throws { try encoding.put(float: value) }
    mutating func encode(_ value: Int) throws { encoding.put(number: value) }
    mutating func encode(_ value: Int8) throws { encoding.put(number: value) }
    mutating func encode(_ value: Int16) throws { encoding.put(number: value) }
    mutating func encode(_ value: Int32) throws { encoding.put(number: value) }
    mutating func encode(_ value: Int64) throws { encoding.put(number: value) }
    mutating func encode(_ value: UInt) throws { encoding.put(number: value) }
    mutating func encode(_ value: UInt8) throws { encoding.put(number: value) }
    mutating func encode(_ value: UInt16) throws { encoding.put(number: value) }
    mutating func encode(_ value: UInt32) throws { encoding.put(number: value) }
    mutating func encode(_ value: UInt64) throws { encoding.put(number: value) }
    mutating func encode<T: Encodable>(_ value: T) throws { try encoding.put(value) }
}
