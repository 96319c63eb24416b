/// `application/x-www-form-urlencoded` as the WHATWG URL Standard has it.
package enum FormURLEncoding {
    /// One field of a form; names may repeat.
    package struct Field: Sendable, Hashable {
        /// The name, decoded.
        package let name: String
        /// The value, decoded.
        package let value: String

        /// A field.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Writes fields in order.
    ///
    /// - Parameters:
    ///   - fields: Names and values in plain text.
    ///   - plusForSpace: Whether a space is `+`, as the standard has it, or `%20`.
    /// - Returns: ASCII text without a leading `?`.
    package static func text(of fields: [Field], plusForSpace: Bool = true) -> String {
        var output: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { output.append(UInt8(ascii: "&")) }
            escape(field.name, plusForSpace, to: &output)
            output.append(UInt8(ascii: "="))
            escape(field.value, plusForSpace, to: &output)
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads fields in order; empty pieces between `&` are skipped, and a piece without `=` has an empty value.
    ///
    /// - Parameters:
    ///   - bytes: The body or query string.
    ///   - fieldsMax: How many fields are read.
    /// - Returns: The decoded fields.
    /// - Throws: `FormatError` `malformed` for a `%` without two hexadecimal digits or text that is not UTF-8.
    package static func fields(of bytes: [UInt8], fieldsMax: Int = 1_000) throws(FormatError) -> [Field] {
        var fields: [Field] = []
        for piece in bytes.split(separator: UInt8(ascii: "&")) {
            guard fields.count < fieldsMax else {
                throw FormatError(.limitExceeded, "more than \(fieldsMax) fields", at: piece.startIndex, in: bytes)
            }
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            let name = try unescape(piece[..<equals], bytes)
            fields.append(Field(name: name, value: try unescape(piece[equals...].dropFirst(), bytes)))
        }
        return fields
    }

    private static func escape(_ text: String, _ plusForSpace: Bool, to output: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                output.append(byte)
            case UInt8(ascii: " ") where plusForSpace:
                output.append(UInt8(ascii: "+"))
            default:
                output += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 0xF)]
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

    private static func unescape(_ piece: ArraySlice<UInt8>, _ bytes: [UInt8]) throws(FormatError) -> String {
        var output: [UInt8] = []
        var position = piece.startIndex
        while position < piece.endIndex {
            switch piece[position] {
            case UInt8(ascii: "+"): output.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard position + 2 < piece.endIndex, let high = hexValue(piece[position + 1]),
                    let low = hexValue(piece[position + 2])
                else {
                    throw FormatError(.malformed, "expected two hexadecimal digits after '%'", at: position, in: bytes)
                }
                output.append(high << 4 | low)
                position += 2
            case let byte: output.append(byte)
            }
            position += 1
        }
        guard let text = String(validating: output, as: UTF8.self) else {
            throw FormatError(.malformed, "the text is not utf-8", at: piece.startIndex, in: bytes)
        }
        return text
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
