/// Why a text is not in its format, and where.
package struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The closed set of reasons; the raw values are stable.
    package enum Code: String, Sendable, CaseIterable {
        /// The text breaks the rules of its format.
        case malformed
        /// The format allows it, we do not: a document type, an external entity, an unknown encoding.
        case refused
        /// More bytes, levels, attributes, rows or parts than the limits allow.
        case limitExceeded = "limit_exceeded"
        /// A value that the format cannot express.
        case inexpressible
    }

    /// The reason.
    package let code: Code
    /// What was expected and found, in lower case, without the text itself.
    package let message: String
    /// The line, from 1; 0 when the error is not about a text.
    package let line: Int
    /// The distance from the start of the line in bytes, from 1; 0 when the error is not about a text.
    package let column: Int

    package var description: String { line > 0 ? "\(message) (line \(line), column \(column))" : message }

    /// An error about a value, not about a place in a text.
    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
        line = 0
        column = 0
    }

    /// An error at `offset` in `bytes`.
    init(_ code: Code, _ message: String, at offset: Int, in bytes: [UInt8]) {
        self.code = code
        self.message = message
        let before = bytes.prefix(offset)
        line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        column = 1 + offset - ((before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }) ?? 0)
    }
}
