package import JSONValue

/// Reads separated values (RFC 4180) into an array of objects, or of arrays without a header.
///
/// All fields are strings.
package struct CSVReader {
    private let bytes: [UInt8]
    private let form: CSVForm
    private var position = 0

    private init(_ bytes: [UInt8], _ form: CSVForm) {
        self.bytes = bytes
        self.form = form
    }

    /// Reads a whole text.
    ///
    /// - Parameters:
    ///   - bytes: The text; lines end with CRLF, LF or CR, and blank lines are skipped.
    ///   - form: Delimiter, header, encoding and limits.
    /// - Returns: An array with one object or array per row.
    /// - Throws: `FormatError` with the place of the first fault.
    package static func value(of bytes: [UInt8], form: CSVForm = .csv) throws(FormatError) -> JSONValue {
        guard bytes.count <= form.bytesMax else {
            throw FormatError(.limitExceeded, "expected at most \(form.bytesMax) bytes, found \(bytes.count)")
        }
        var reader = CSVReader(try form.encoding.decoded(bytes), form)
        return .array(try reader.rows())
    }

    private mutating func rows() throws(FormatError) -> [JSONValue] {
        var rows: [JSONValue] = []
        var names: [String]?
        if case .names(let given) = form.header {
            try checkUnique(given, 0)
            names = given
        }
        var width = names?.count
        while position < bytes.count {
            let start = position
            guard let fields = try row() else { continue }
            if names == nil, form.header == .firstRow {
                try checkUnique(fields, start)
                names = fields
                width = fields.count
                continue
            }
            if width == nil { width = fields.count }
            guard fields.count == width || form.raggedRows == .fit else {
                throw failure("expected \(width ?? 0) fields in a row, found \(fields.count)", start)
            }
            guard rows.count < form.rowsMax else {
                throw failure("more than \(form.rowsMax) rows", start, .limitExceeded)
            }
            if let names {
                let members = zip(names, fields).map { JSONObject.Member(key: $0, value: .string($1)) }
                rows.append(.object(JSONObject(uniqueMembers: members)))
            } else {
                rows.append(.array(fields.map(JSONValue.string)))
            }
        }
        return rows
    }

    /// The fields up to the end of the line, nil for a blank line.
    private mutating func row() throws(FormatError) -> [String]? {
        if takeLineEnd() { return nil }
        let start = position
        var fields: [String] = []
        while true {
            guard fields.count < form.columnsMax else {
                throw failure("more than \(form.columnsMax) fields in a row", start, .limitExceeded)
            }
            fields.append(try field())
            if position >= bytes.count || takeLineEnd() { return fields }
            guard bytes[position] == form.delimiter else {
                throw failure("expected a delimiter or the end of the line after a closing quote", position)
            }
            position += 1
        }
    }

    private mutating func field() throws(FormatError) -> String {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return try quoted() }
        while position < bytes.count, bytes[position] != form.delimiter, !isLineEnd(bytes[position]) {
            guard bytes[position] != UInt8(ascii: "\"") else {
                throw failure("a quote inside a field that does not start with one", position)
            }
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func quoted() throws(FormatError) -> String {
        let start = position
        var text: [UInt8] = []
        position += 1
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "\"") else {
                text.append(bytes[position])
                position += 1
                continue
            }
            position += 1
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                return String(decoding: text, as: UTF8.self)
            }
            text.append(UInt8(ascii: "\""))
            position += 1
        }
        throw failure("a field without its closing quote", start)
    }

    private mutating func takeLineEnd() -> Bool {
        guard position < bytes.count, isLineEnd(bytes[position]) else { return false }
        let isPair = bytes[position] == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A
        position += isPair ? 2 : 1
        return true
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private func checkUnique(_ names: [String], _ start: Int) throws(FormatError) {
        var seen: Set<[UInt8]> = []
        for name in names {
            guard seen.insert(Array(name.utf8)).inserted else { throw failure("a column name stands twice", start) }
        }
    }

    private func failure(_ message: String, _ position: Int, _ code: FormatError.Code = .malformed) -> FormatError {
        FormatError(code, message, at: min(position, bytes.count), in: bytes)
    }
}
