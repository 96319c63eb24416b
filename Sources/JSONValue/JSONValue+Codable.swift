// JSON's own types are taken as they are by JSONValueDecoder and JSONValueEncoder, which never call what follows. Another
// coder would lose digits and the order of members, so it is refused.

extension JSONValue: Codable {
    package init(from decoder: any Decoder) throws {
        guard let decoding = decoder as? ValueDecoding else { throw JSONDecodeError.foreignCoder("JSONValueDecoder") }
        self = decoding.value
    }

    package func encode(to encoder: any Encoder) throws {
        guard let encoding = encoder as? ValueEncoding else { throw JSONDecodeError.foreignCoder("JSONValueEncoder") }
        encoding.put(self)
    }
}

extension JSONObject: Codable {
    package init(from decoder: any Decoder) throws {
        guard let object = try JSONValue(from: decoder).object else {
            throw JSONDecodeError(code: .typeMismatch, pointer: .root, message: "expected an object")
        }
        self = object
    }

    package func encode(to encoder: any Encoder) throws { try JSONValue.object(self).encode(to: encoder) }
}

extension JSONNumber: Codable {
    package init(from decoder: any Decoder) throws {
        guard let number = try JSONValue(from: decoder).number else {
            throw JSONDecodeError(code: .typeMismatch, pointer: .root, message: "expected a number")
        }
        self = number
    }

    package func encode(to encoder: any Encoder) throws { try JSONValue.number(self).encode(to: encoder) }
}

extension JSONDecodeError {
    fileprivate static func foreignCoder(_ own: String) -> JSONDecodeError {
        JSONDecodeError(code: .invalidValue, pointer: .root, message: "JSON values need \(own)")
    }
}
