import JSONValue

/// A slow and plain reading of RFC 8259, one Unicode scalar at a time, which shares nothing with the parser it checks.
struct ReferenceParser {
    struct Refusal: Error {}

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private let policy: JSONParsePolicy

    /// Reads `bytes`; nil when they are refused.
    static func value(of bytes: [UInt8], _ policy: JSONParsePolicy) -> JSONValue? {
        if policy.invalidText == .reject, String(validating: bytes, as: UTF8.self) == nil { return nil }
        var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        if policy.invalidText != .reject, scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var parser = ReferenceParser(scalars, policy)
        guard let value = try? parser.element(depth: 0), parser.position == parser.scalars.count else { return nil }
        return value
    }

    private init(_ scalars: [Unicode.Scalar], _ policy: JSONParsePolicy) {
        self.scalars = scalars
        self.policy = policy
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func space() {
        while take(" ") || take("\t") || take("\n") || take("\r") {}
    }

    private mutating func element(depth: Int) throws -> JSONValue {
        space()
        let value = try value(depth: depth)
        space()
        return value
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        switch next {
        case "{": return try object(depth: depth)
        case "[": return try array(depth: depth)
        case "\"": return .string(try string())
        case "t": return try word("true", .bool(true))
        case "f": return try word("false", .bool(false))
        case "n": return try word("null", .null)
        default: return .number(JSONNumber(uncheckedText: try number()))
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
        for scalar in word.unicodeScalars { guard take(scalar) else { throw Refusal() } }
        return value
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        guard depth < policy.depthMax, take("[") else { throw Refusal() }
        var elements: [JSONValue] = []
        space()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try element(depth: depth + 1))
            if take("]") { return .array(elements) }
            guard take(",") else { throw Refusal() }
        }
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        guard depth < policy.depthMax, take("{") else { throw Refusal() }
        var members = JSONObject()
        space()
        if take("}") { return .object(members) }
        while true {
            space()
            let name = try string()
            space()
            guard take(":") else { throw Refusal() }
            let value = try element(depth: depth + 1)
            if members.keys.contains(where: { Array($0.utf8) == Array(name.utf8) }), policy.duplicateKeys == .reject {
                throw Refusal()
            }
            members[name] = value
            if take("}") { return .object(members) }
            guard take(",") else { throw Refusal() }
        }
    }

    private mutating func string() throws -> String {
        guard take("\"") else { throw Refusal() }
        var units: [UInt16] = []
        while let scalar = next {
            position += 1
            switch scalar {
            case "\"": return try text(units)
            case "\\": units.append(try escape())
            case _ where scalar.value < 0x20: throw Refusal()
            default: units += Array(String(scalar).utf16)
            }
        }
        throw Refusal()
    }

    private mutating func escape() throws -> UInt16 {
        guard let letter = next else { throw Refusal() }
        position += 1
        let plain: [Unicode.Scalar: UInt16] = [
            "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
        ]
        if let unit = plain[letter] { return unit }
        guard letter == "u", position + 4 <= scalars.count else { throw Refusal() }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(scalars[position]).hexDigitValue, scalars[position].isASCII else {
                throw Refusal()
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    /// Lone surrogates are refused, or become U+FFFD.
    private func text(_ units: [UInt16]) throws -> String {
        let text = String(decoding: units, as: UTF16.self)
        if policy.invalidText == .reject, Array(text.utf16) != units { throw Refusal() }
        return text
    }

    private mutating func number() throws -> String {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(String.UnicodeScalarView(scalars[start..<position]))
    }

    private mutating func digits() throws {
        let start = position
        while let scalar = next, scalar >= "0", scalar <= "9" { position += 1 }
        guard position > start else { throw Refusal() }
    }
}
