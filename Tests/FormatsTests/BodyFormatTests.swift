import Formats
import JSONValue
import Testing

@Suite struct FormURLEncodingTests {
    typealias Field = FormURLEncoding.Field

    @Test func `fields are written and read back in order`() throws {
        let fields = [
            Field(name: "a b", value: "c+d&e=f%"), Field(name: "é", value: "🙂"), Field(name: "a b", value: ""),
        ]
        let text = FormURLEncoding.text(of: fields)
        #expect(text == "a+b=c%2Bd%26e%3Df%25&%C3%A9=%F0%9F%99%82&a+b=")
        #expect(try FormURLEncoding.fields(of: Array(text.utf8)) == fields)
        #expect(
            FormURLEncoding.text(of: [Field(name: "q", value: "a b*-._~")], plusForSpace: false) == "q=a%20b*-._%7E"
        )
    }

    @Test func `empty pieces are skipped and a name alone has an empty value`() throws {
        #expect(
            try FormURLEncoding.fields(of: Array("&a&&b=1=2&=x".utf8))
                == [Field(name: "a", value: ""), Field(name: "b", value: "1=2"), Field(name: "", value: "x")]
        )
        #expect(try FormURLEncoding.fields(of: []) == [])
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%FF"])
    func `malformed escapes are refused`(text: String) {
        #expect(throws: FormatError.self) { try FormURLEncoding.fields(of: Array(text.utf8)) }
    }

    @Test func `the limit on fields is kept`() {
        let error = #expect(throws: FormatError.self) {
            try FormURLEncoding.fields(of: Array("a&b&c".utf8), fieldsMax: 2)
        }
        #expect(error?.code == .limitExceeded)
    }
}

@Suite struct MultipartTests {
    typealias Part = Multipart.Part

    @Test func `parts are written as browsers write them and read back`() throws {
        let parts = [
            Part(name: "title", body: Array("Ada".utf8)), Part(name: "empty", body: []),
            Part(name: "file", filename: "a\"b.pdf", contentType: "application/pdf", body: [0, 13, 10, 45, 45, 255]),
            Part(name: "back\\slash", body: [1]),
        ]
        let bytes = try Multipart.bytes(of: parts, boundary: "XyZ-1")
        #expect(
            String(decoding: bytes.prefix(69), as: UTF8.self)
                == "--XyZ-1\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nAda\r\n--XyZ-1"
        )
        let read = try Multipart.parts(of: bytes, boundary: "XyZ-1")
        #expect(read == parts)
        #expect(read[2].name == "file" && read[2].filename == "a%22b.pdf" && read[3].name == "back\\slash")
        #expect(read[2].header("CONTENT-TYPE") == "application/pdf")
    }

    @Test func `preamble, epilogue and padding after a boundary are skipped`() throws {
        let text = "preamble\r\n--b \t\r\nA:  1 \r\n\r\nx\r\n--b\r\n\r\n\r\n--b--\r\nepilogue"
        let parts = try Multipart.parts(of: Array(text.utf8), boundary: "b")
        #expect(parts == [Part(headers: [.init(name: "A", value: "1")], body: [0x78]), Part(headers: [], body: [])])
    }

    @Test(arguments: [
        "", "--b", "--b\r\n", "--b\r\nA: 1\r\n\r\nx", "--b\r\nA\r\n\r\n\r\n--b--", "x--b--", "--bx\r\n\r\n\r\n--b--",
    ])
    func `malformed bodies are refused`(text: String) {
        #expect(throws: FormatError.self) { try Multipart.parts(of: Array(text.utf8), boundary: "b") }
    }

    @Test func `limits on bytes, parts and headers are kept`() throws {
        let bytes = try Multipart.bytes(of: [Part(name: "a", body: [1]), Part(name: "b", body: [2])], boundary: "b")
        for change: (inout Multipart.Limits) -> Void in [
            { $0.partsMax = 1 }, { $0.bytesMax = 10 }, { $0.headerBytesMax = 10 },
        ] {
            var limits = Multipart.Limits()
            change(&limits)
            let error = #expect(throws: FormatError.self) {
                try Multipart.parts(of: bytes, boundary: "b", limits: limits)
            }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test func `a boundary inside a part and line ends in headers are refused`() {
        #expect(throws: FormatError.self) {
            try Multipart.bytes(of: [Part(name: "a", body: Array("x--bb".utf8))], boundary: "bb")
        }
        #expect(throws: FormatError.self) { try Multipart.bytes(of: [], boundary: "b b") }
        #expect(throws: FormatError.self) {
            try Multipart.bytes(of: [Part(headers: [.init(name: "A", value: "1\r\nB: 2")], body: [])], boundary: "b")
        }
    }

    @Test func `parameters are found with and without quotes`() {
        #expect(Multipart.parameter("boundary", of: "multipart/form-data; boundary=abc") == "abc")
        #expect(
            Multipart.parameter("Boundary", of: "multipart/mixed; x=\"a;b\"; BOUNDARY=\"a\\\"b c\"; z=1") == "a\"b c"
        )
        #expect(Multipart.parameter("boundary", of: "text/plain; charset=utf-8") == nil)
    }
}

@Suite struct NDJSONTests {
    @Test func `each line is a value and blank lines are skipped`() throws {
        #expect(try NDJSON.values(of: Array("{\"a\":1}\r\n\n [2] \n\"x\"".utf8)) == [["a": 1], [2], "x"])
        #expect(try NDJSON.values(of: []) == [])
    }

    @Test func `a fault tells its line in the whole text`() {
        let error = #expect(throws: FormatError.self) { try NDJSON.values(of: Array("1\n[2,]\n".utf8)) }
        #expect(error?.line == 2 && error?.column == 4)
    }

    @Test func `the limit on lines is kept`() {
        let error = #expect(throws: FormatError.self) { try NDJSON.values(of: Array("1\n2\n3".utf8), linesMax: 2) }
        #expect(error?.code == .limitExceeded)
    }

    @Test func `values are written one per line`() {
        #expect(NDJSON.bytes(of: [["a": "x\ny"], 1]) == Array("{\"a\":\"x\\ny\"}\n1\n".utf8))
    }
}
