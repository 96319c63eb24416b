import JSONValue

/// The keywords that look at one value alone.
enum SchemaKeyword {
    /// What is wrong with `value` by a keyword; nil when it is met or says nothing about such a value.
    static func complaint(_ keyword: String, _ argument: JSONValue, about value: JSONValue) -> String? {
        switch keyword {
        case "type":
            let types = (argument.array ?? [argument]).compactMap(\.string)
            return types.contains { isType($0, value) }
                ? nil : "expected \(types.joined(separator: " or ")), found \(typeName(value))"
        case "enum":
            let allowed = argument.array ?? []
            return allowed.contains { equal($0, value) }
                ? nil : "expected one of \(allowed.compactMap(\.string).joined(separator: ", "))"
        case "const": return equal(argument, value) ? nil : "expected the one allowed value"
        case "minLength", "maxLength", "pattern", "format":
            guard case .string(let text) = value else { return nil }
            return complaint(keyword, argument, about: text)
        case "minimum", "maximum":
            guard case .number(let number) = value, let bound = argument.number?.double else { return nil }
            let isMet = keyword == "minimum" ? number.double >= bound : number.double <= bound
            return isMet ? nil : "expected at \(keyword == "minimum" ? "least" : "most") \(argument.number?.text ?? "")"
        case "minItems", "maxItems":
            guard case .array(let array) = value, let bound = argument.int else { return nil }
            let isMet = keyword == "minItems" ? array.count >= bound : array.count <= bound
            return isMet ? nil : "expected at \(keyword == "minItems" ? "least" : "most") \(bound) elements"
        default: return nil
        }
    }

    static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.firstMatch(of: regex) != nil
    }

    static func escaped(_ token: String) -> String {
        var text = ""
        for scalar in token.unicodeScalars {
            switch scalar {
            case "~": text += "~0"
            case "/": text += "~1"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func complaint(_ keyword: String, _ argument: JSONValue, about text: String) -> String? {
        switch keyword {
        case "minLength": return text.unicodeScalars.count >= argument.int ?? 0 ? nil : "the text is too short"
        case "maxLength": return text.unicodeScalars.count <= argument.int ?? Int.max ? nil : "the text is too long"
        case "pattern":
            let pattern = argument.string ?? ""
            return matches(text, pattern) ? nil : "the text does not match \(pattern)"
        default: return isFormat(argument.string ?? "", text) ? nil : "expected the format \(argument.string ?? "")"
        }
    }

    private static func isType(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
            ("object", .object):
            true
        case ("integer", .number(let number)): number.int != nil || isWhole(number.text)
        default: false
        }
    }

    private static func isWhole(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    private static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Equality as JSON Schema has it: numbers by value, objects without order.
    private static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.number(let one), .number(let other)): one.text == other.text || one.double == other.double
        case (.array(let one), .array(let other)):
            one.count == other.count && zip(one, other).allSatisfy { equal($0, $1) }
        case (.object(let one), .object(let other)):
            one.count == other.count
                && one.allSatisfy { member in other[member.key].map { equal(member.value, $0) } ?? false }
        case (.string(let one), .string(let other)): one.utf8.elementsEqual(other.utf8)
        default: left == right
        }
    }

    private static func isFormat(_ format: String, _ text: String) -> Bool {
        switch format {
        case "date": isDate(Array(text.utf8))
        case "date-time": isDateTime(Array(text.utf8))
        case "uri":
            text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && text.split(separator: ":").count > 1
                && !text.hasPrefix(":")
        default: true
        }
    }

    private static func isDate(_ text: [UInt8]) -> Bool {
        guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10])
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains(month) && (1...lengths[month - 1]).contains(day)
    }

    private static func isDateTime(_ text: [UInt8]) -> Bool {
        guard text.count >= 20, isDate(Array(text[0..<10])), text[10] == UInt8(ascii: "T"),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"), let hour = number(text[11..<13]),
            let minute = number(text[14..<16]), let second = number(text[17..<19]), hour < 24, minute < 60, second < 61
        else { return false }
        var rest = text[19...]
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return false }
            rest = rest.dropFirst(1 + digits.count)
        }
        if rest.elementsEqual([UInt8(ascii: "Z")]) { return true }
        let zone = Array(rest)
        guard zone.count == 6, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"),
            zone[3] == UInt8(ascii: ":"), let hours = number(zone[1..<3]), let minutes = number(zone[4..<6])
        else { return false }
        return hours < 24 && minutes < 60
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }
}
