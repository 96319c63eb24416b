import Formats
import JSONValue
import Testing

@Suite struct CSVTests {
    private func read(_ text: String, _ form: CSVForm = .csv) throws -> JSONValue {
        try CSVReader.value(of: Array(text.utf8), form: form)
    }

    @Test func `the first row names the columns`() throws {
        #expect(
            try read("id,name\r\n1,Ada\r\n2,\"O\"\"Neil, Jr.\"\r\n") == [
                ["id": "1", "name": "Ada"], ["id": "2", "name": "O\"Neil, Jr."],
            ]
        )
        #expect(try read("a\n\"x\ny\"\n\n\"\"\n") == [["a": "x\ny"], ["a": ""]])
        #expect(try read("a,b\r1,\r") == [["a": "1", "b": ""]])
        #expect(try read("") == [])
    }

    @Test func `rows are arrays without a header and objects with given names`() throws {
        var form = CSVForm(delimiter: ";")
        form.header = .none
        #expect(try read("1;2\n3;4", form) == [["1", "2"], ["3", "4"]])
        form.header = .names(["x", "y"])
        #expect(try read("1;2\n3;4", form) == [["x": "1", "y": "2"], ["x": "3", "y": "4"]])
        #expect(try read("a\tb\n1\t2,3", .tsv) == [["a": "1", "b": "2,3"]])
    }

    @Test(arguments: ["a,b\n1", "a,b\n1,2,3", "a,a\n1,2", "a\n\"x", "a\nx\"y", "a\n\"x\"y"])
    func `malformed text is refused with its place`(text: String) {
        let error = #expect(throws: FormatError.self) { try read(text) }
        #expect(error?.code == .malformed)
        #expect((error?.line ?? 0) >= 1)
    }

    @Test func `ragged rows fit when the form says so`() throws {
        var form = CSVForm.csv
        form.raggedRows = .fit
        #expect(try read("a,b\n1\n1,2,3", form) == [["a": "1"], ["a": "1", "b": "2"]])
    }

    @Test func `limits on bytes, rows and columns are kept`() {
        var form = CSVForm.csv
        form.rowsMax = 1
        form.columnsMax = 2
        form.bytesMax = 20
        for text in ["a\n1\n2", "a,b,c", String(repeating: "a", count: 21)] {
            let error = #expect(throws: FormatError.self) { try read(text, form) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test func `encodings and byte order marks are understood`() throws {
        var form = CSVForm.csv
        form.encoding = .windows1252
        #expect(try CSVReader.value(of: [0x61, 0x0A, 0x80, 0xE9], form: form) == [["a": "€é"]])
        #expect(try CSVReader.value(of: [0xEF, 0xBB, 0xBF, 0x61, 0x0A, 0x31]) == [["a": "1"]])
        #expect(throws: FormatError.self) { try CSVReader.value(of: [0x61, 0x0A, 0xE9]) }
        form.encoding = .utf16BigEndian
        #expect(try CSVReader.value(of: [0, 0x61, 0, 0x0A, 0, 0xE9], form: form) == [["a": "é"]])
        #expect(TextEncoding(named: "Latin1") == .latin1)
        #expect(TextEncoding(named: "utf-7") == nil)
    }

    @Test func `rows are written with the union of their names and quotes where needed`() throws {
        let rows: JSONValue = [["a": 1, "b": nil], ["b": "x,y", "c": "q\"q"], ["c": [1, ["k": 2]]]]
        let bytes = try CSVWriter.bytes(of: rows)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "a,b,c\r\n1,,\r\n,\"x,y\",\"q\"\"q\"\r\n,,\"[1,{\"\"k\"\":2}]\"\r\n"
        )
        #expect(try CSVReader.value(of: bytes)[1]?["c"] == "q\"q")
    }

    @Test func `chosen columns are written in their order`() throws {
        var form = CSVForm.tsv
        form.header = .names(["b", "a"])
        #expect(
            try CSVWriter.bytes(of: [["a": "1", "b": "2", "c": "3"]], form: form) == Array("b\ta\r\n2\t1\r\n".utf8)
        )
        form.header = .none
        #expect(try CSVWriter.bytes(of: [["x", true], [""]], form: form) == Array("x\ttrue\r\n\"\"\r\n".utf8))
        #expect(throws: FormatError.self) { try CSVWriter.bytes(of: [1]) }
        #expect(throws: FormatError.self) { try CSVWriter.bytes(of: "x") }
    }
}
