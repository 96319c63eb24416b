import JSONValue

/// Gives numbers back the digits that the vendor wrote them with.
///
/// The language of expressions counts in doubles, so `10000000000000000999` or `1250.50` would come out of a mapping as
/// another text. A number of a mapped record that is the double of exactly one such number of the native record is that
/// number.
struct ExactDigits {
    /// The vendor's text by its double; nil where two texts share one.
    private var texts: [Double: String?] = [:]

    init(of native: JSONValue) {
        collect(native)
    }

    /// `value` with the vendor's digits.
    func restored(in value: JSONValue) -> JSONValue {
        texts.isEmpty ? value : replaced(value)
    }

    private mutating func collect(_ value: JSONValue) {
        switch value {
        case .number(let number):
            guard !Self.isShort(number.text) else { return }
            if let known = texts[number.double], known != number.text {
                texts[number.double] = .some(nil)
            } else {
                texts[number.double] = number.text
            }
        case .array(let array): for element in array { collect(element) }
        case .object(let object): for member in object { collect(member.value) }
        case .null, .bool, .string: break
        }
    }

    private func replaced(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number):
            guard let text = texts[number.double] ?? nil else { return value }
            return .number(JSONNumber(uncheckedText: text))
        case .array(let array): return .array(array.map(replaced))
        case .object(let object):
            return .object(JSONObject(object.lazy.map { ($0.key, replaced($0.value)) }))
        case .null, .bool, .string: return value
        }
    }

    /// Whether a text is a whole number that every double keeps.
    private static func isShort(_ text: String) -> Bool {
        text.utf8.count <= 15 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    }
}
