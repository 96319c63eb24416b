import ConnectorConfig
import FoundationEssentials
import JSONValue

/// Base64 as RFC 4648 has it.
enum Base64 {
    /// Section 4: the usual alphabet with padding.
    static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
    }

    /// Section 5: safe in addresses, without padding.
    static func urlEncoded(_ bytes: [UInt8]) -> String {
        String(
            encoded(bytes).compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            }
        )
    }

    /// The bytes of text in the usual alphabet with padding; nil when it is not that.
    static func decoded(_ text: String) -> [UInt8]? {
        Data(base64Encoded: text).map { [UInt8]($0) }
    }

    /// The bytes of text in the alphabet of section 5, without padding; nil when it is not that.
    static func urlDecoded(_ text: String) -> [UInt8]? {
        guard
            text.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            })
        else { return nil }
        var standard = String(
            text.map { character -> Character in
                switch character {
                case "-": "+"
                case "_": "/"
                default: character
                }
            }
        )
        standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        return Data(base64Encoded: standard).map { [UInt8]($0) }
    }
}

/// Parameters as `application/x-www-form-urlencoded` and query strings have them.
enum FormText {
    /// `a=1&b=2`, all but unreserved characters percent-encoded.
    ///
    /// `plusAsSpace`: a blank of a value is written as a plus sign, where the vendor wants it so.
    static func encoded(
        _ items: [(name: String, value: String)],
        unencoded: String = "",
        plusAsSpace: Bool = false
    ) -> String {
        items.map { item in
            let value = URLText.encoded(item.value, allowing: unencoded)
            return URLText.encoded(item.name, allowing: unencoded) + "="
                + (plusAsSpace ? value.replacing("%20", with: "+") : value)
        }.joined(separator: "&")
    }

    /// The items that a value becomes under a name: lists by `format`, objects by `objects`, null none.
    static func items(
        _ name: String,
        _ value: JSONValue,
        _ format: HTTPDefaults.ArrayFormat,
        _ objects: HTTPDefaults.ObjectFormat = .brackets
    ) -> [(name: String, value: String)] {
        switch value {
        case .null: return []
        case .string, .number, .bool: return [(name, value.plainText ?? "")]
        case .object(let members):
            switch objects {
            case .brackets: return members.flatMap { items("\(name)[\($0.key)]", $0.value, format, objects) }
            case .dots: return members.flatMap { items("\(name).\($0.key)", $0.value, format, objects) }
            case .json: return [(name, value.text())]
            }
        case .array(let elements):
            let texts = elements.compactMap(\.plainText)
            switch format {
            case .comma: return [(name, texts.joined(separator: ","))]
            case .space: return [(name, texts.joined(separator: " "))]
            case .pipe: return [(name, texts.joined(separator: "|"))]
            case .json: return [(name, value.text())]
            case .repeat: return texts.map { (name, $0) }
            case .brackets: return texts.map { ("\(name)[]", $0) }
            case .indices: return texts.enumerated().map { ("\(name)[\($0.offset)]", $0.element) }
            }
        }
    }
}

/// Header text, checked by its bytes, so that no value can add a line.
enum HeaderText {
    /// Whether a value may be sent (RFC 9110 section 5.5).
    static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }
}
