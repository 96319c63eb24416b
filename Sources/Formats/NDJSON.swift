package import JSONValue

/// JSON values one per line (`application/x-ndjson`, JSON Lines).
package enum NDJSON {
    /// Reads every line.
    ///
    /// - Parameters:
    ///   - bytes: The text; lines end with LF or CRLF, and blank lines are skipped.
    ///   - policy: For each line; its size limit is that of a line.
    ///   - linesMax: How many values are read.
    /// - Returns: The documents in order, one per line.
    /// - Throws: `FormatError` with the line of the first fault.
    package static func documents(
        of bytes: [UInt8],
        policy: JSONParsePolicy = .vendor,
        linesMax: Int = 1_000_000
    ) throws(FormatError) -> [JSONDocument] {
        var documents: [JSONDocument] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            guard documents.count < linesMax else {
                throw FormatError(.limitExceeded, "more than \(linesMax) lines", at: line.startIndex, in: bytes)
            }
            do throws(JSONParseError) {
                documents.append(try JSONDocument(parsing: Array(line), policy: policy))
            } catch {
                let code: FormatError.Code =
                    error.code == .tooLarge || error.code == .tooDeep ? .limitExceeded : .malformed
                throw FormatError(code, error.message, at: line.startIndex + min(error.offset, line.count), in: bytes)
            }
        }
        return documents
    }

    /// Reads every line into a tree; see `documents`.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - policy: For each line.
    ///   - linesMax: How many values are read.
    /// - Returns: The values in order.
    /// - Throws: `FormatError` with the line of the first fault.
    package static func values(
        of bytes: [UInt8],
        policy: JSONParsePolicy = .vendor,
        linesMax: Int = 1_000_000
    ) throws(FormatError) -> [JSONValue] {
        try documents(of: bytes, policy: policy, linesMax: linesMax).map(\.root.value)
    }

    /// Writes one value per line.
    ///
    /// - Parameter values: Any values.
    /// - Returns: Compact JSON with a line feed after each value.
    package static func bytes(of values: some Sequence<JSONValue>) -> [UInt8] {
        var writer = JSONByteWriter(capacity: 4_096)
        for value in values {
            writer.append(value)
            writer.append(UInt8(ascii: "\n"))
        }
        return writer.finish()
    }
}
