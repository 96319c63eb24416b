import JSONValue

/// Values to text and back, as the registry keeps them.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> String {
        try JSONValueEncoder().encode(value).text()
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONValueDecoder().decode(type, from: JSONValue(parsing: text))
    }
}
