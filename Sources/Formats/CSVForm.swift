/// How rows stand in a text of separated values (RFC 4180), and how much of it is read.
package struct CSVForm: Sendable, Hashable {
    /// Where the names of columns come from.
    package enum Header: Sendable, Hashable {
        /// The first row names the columns; rows become objects.
        case firstRow
        /// The columns have these names and the first row is data; rows become objects.
        case names([String])
        /// Columns have no names; rows become arrays.
        case none
    }

    /// What becomes of a row with fewer or more fields than the header or the first row.
    package enum RaggedRows: Sendable, Hashable {
        /// The text is refused.
        case refuse
        /// Missing fields are absent, fields beyond the header are dropped.
        case fit
    }

    /// Between fields; one ASCII character other than a quote or line end.
    package var delimiter: UInt8
    /// Where names come from, and whether names are written.
    package var header = Header.firstRow
    /// How characters stand as bytes; a byte order mark wins.
    package var encoding = TextEncoding.utf8
    /// What becomes of rows of another length.
    package var raggedRows = RaggedRows.refuse
    /// How many bytes are read.
    package var bytesMax = 32 << 20
    /// How many rows are read.
    package var rowsMax = 1_000_000
    /// How many fields a row may have.
    package var columnsMax = 4_096

    /// Comma between fields, or another delimiter.
    ///
    /// - Parameter delimiter: One ASCII character.
    package init(delimiter: Character = ",") {
        self.delimiter = delimiter.asciiValue ?? UInt8(ascii: ",")
    }

    /// Comma-separated values as RFC 4180 has them.
    package static var csv: CSVForm { CSVForm() }

    /// Tabs between fields, quotes as in CSV.
    package static var tsv: CSVForm { CSVForm(delimiter: "\t") }
}
