import JSONValue

/// What the value looks like that ties a vendor's answer to the browser which was sent to it (RFC 6749 section 10.12).
package struct StateConfig: Sendable {
    /// The letters it is made of.
    package enum Alphabet: String, Sendable, CaseIterable {
        case hex, digits, alphanumeric, base64url

        /// The letters.
        package var letters: String {
            switch self {
            case .hex: "0123456789abcdef"
            case .digits: "0123456789"
            case .alphanumeric: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
            case .base64url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            }
        }

        /// The fewest that hold 128 bits.
        var lengthMin: Int {
            switch self {
            case .hex: 32
            case .digits: 39
            case .alphanumeric, .base64url: 22
            }
        }
    }

    /// The letters.
    package let alphabet: Alphabet
    /// How many.
    package let length: Int
    /// The parameter, both ways.
    package let param: String

    init(reading reader: DocumentReader?) throws(ConnectorConfigError) {
        try reader?.allow(["alphabet", "length", "param"])
        alphabet = try reader?.child("alphabet")?.choice(Alphabet.self) ?? .hex
        length = try reader?.child("length")?.int(1...512) ?? 64
        param = try reader?.child("param")?.string() ?? "state"
        if let reader, length < alphabet.lengthMin {
            throw reader.error(
                "\(length) letters can be guessed; it takes at least \(alphabet.lengthMin) of \(alphabet.rawValue)"
            )
        }
    }
}
