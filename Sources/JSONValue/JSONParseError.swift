/// Why a text is not JSON, and where.
package struct JSONParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The closed set of reasons; the raw values are stable.
    package enum Code: String, Sendable, CaseIterable {
        case unexpectedEnd = "unexpected_end"
        case unexpectedByte = "unexpected_byte"
        case invalidNumber = "invalid_number"
        case invalidEscape = "invalid_escape"
        case controlCharacter = "control_character"
        case invalidUTF8 = "invalid_utf8"
        case loneSurrogate = "lone_surrogate"
        case duplicateKey = "duplicate_key"
        case trailingText = "trailing_text"
        case tooDeep = "too_deep"
        case tooLarge = "too_large"
    }

    /// The reason.
    package let code: Code
    /// What was expected and found, in lower case, never with more of the text than one character or one key.
    package let message: String
    /// The line, from 1.
    package let line: Int
    /// The column in characters (Unicode scalars), from 1.
    package let column: Int
    /// The distance from the start in bytes, from 0.
    package let offset: Int

    package var description: String { "\(message) (line \(line), column \(column))" }
}

extension JSONParseError {
    /// Finds line and column of `offset` in `source`.
    init(_ code: Code, _ message: String, offset: Int, in source: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        for byte in source.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(code: code, message: message, line: line, column: column, offset: offset)
    }
}
