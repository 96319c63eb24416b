package import JSONValue

/// Writes an array of objects or arrays as separated values (RFC 4180): CRLF after each row, quotes where needed, null as
/// an empty field, arrays and objects as JSON text.
package enum CSVWriter {
    /// The text of `value`.
    ///
    /// - Parameters:
    ///   - value: An array whose elements are all objects or all arrays.
    ///   - form: Delimiter and header. `firstRow` writes the names found, in the order in which they first appear; `names`
    ///     writes these columns only, with their names; `none` writes no names.
    /// - Returns: The text in UTF-8.
    /// - Throws: `FormatError` `inexpressible` for any other value.
    package static func bytes(of value: JSONValue, form: CSVForm = .csv) throws(FormatError) -> [UInt8] {
        guard case .array(let rows) = value else {
            throw FormatError(.inexpressible, "expected an array of rows, found \(value.kindName)")
        }
        var output: [UInt8] = []
        let names = columns(of: rows, form)
        if form.header != .none, !names.isEmpty { write(names, form, to: &output) }
        for (index, row) in rows.enumerated() {
            switch row {
            case .object(let object): write(names.map { text(object[$0]) }, form, to: &output)
            case .array(let fields): write(fields.map(text), form, to: &output)
            default:
                throw FormatError(.inexpressible, "row \(index): expected an object or array, found \(row.kindName)")
            }
        }
        return output
    }

    private static func columns(of rows: [JSONValue], _ form: CSVForm) -> [String] {
        if case .names(let names) = form.header { return names }
        var columns = JSONObject()
        for row in rows {
            for name in row.object?.keys ?? [] { columns[name] = .null }
        }
        return columns.keys
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: ""
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): number.text
        case .string(let string): string
        case .some(let nested): nested.text()
        }
    }

    private static func write(_ fields: [String], _ form: CSVForm, to output: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { output.append(form.delimiter) }
            // A lone empty field would be a blank line.
            let needsQuotes =
                field.utf8.contains { $0 == form.delimiter || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }
                || field.isEmpty && fields.count == 1
            guard needsQuotes else {
                output += field.utf8
                continue
            }
            output.append(UInt8(ascii: "\""))
            for byte in field.utf8 {
                output.append(byte)
                if byte == UInt8(ascii: "\"") { output.append(byte) }
            }
            output.append(UInt8(ascii: "\""))
        }
        output += [0x0D, 0x0A]
    }
}
