import Formats
import JSONValue
import Testing

@Suite struct XMLTests {
    private func read(_ text: String, _ form: XMLForm = XMLForm()) throws -> JSONValue {
        try XMLReader.value(of: Array(text.utf8), form: form)
    }

    @Test(
        arguments: [
            ("<a/>", ["a": ""]), ("<a></a>", ["a": ""]), ("<a> x </a>", ["a": "x"]),
            ("<a><b>1</b><b>2</b><c/></a>", ["a": ["b": ["1", "2"], "c": ""]]),
            ("<a x='1' y=\"2\">t</a>", ["a": ["@x": "1", "@y": "2", "#text": "t"]]),
            ("<a>one<b/>two</a>", ["a": ["b": "", "#text": "onetwo"]]),
            ("<?xml version='1.0'?>\n<!-- c --><a><?pi x?>t<!-- - --></a>\n<!-- end -->\n", ["a": "t"]),
            ("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F642;</a>", ["a": "<>&'\"A🙂"]),
            ("<a><![CDATA[<b>&amp;]] ]]></a>", ["a": "<b>&amp;]]"]), ("<a>x\r\ny\rz</a>", ["a": "x\ny\nz"]),
            ("<a b='x\ny\tz&#10;'/>", ["a": ["@b": "x y z\n"]]), ("<é>ü</é>", ["é": "ü"]),
            ("<x:a xmlns:x='urn:x' x:b='1'><x:c/></x:a>", ["x:a": ["@xmlns:x": "urn:x", "@x:b": "1", "x:c": ""]]),
        ] as [(String, JSONValue)]
    )
    func `elements become the documented JSON`(text: String, expected: JSONValue) throws {
        #expect(try read(text) == expected)
    }

    @Test func `prefixes are cut off when the form strips them`() throws {
        let text = "<x:a xmlns:x='urn:x' xmlns='urn:y' x:b='1'><x:c>2</x:c><c>3</c></x:a>"
        #expect(try read(text, .stripped) == ["a": ["@b": "1", "c": ["2", "3"]]])
    }

    @Test func `named elements are arrays even when alone`() throws {
        var form = XMLForm()
        form.arrayElements = ["worker", "r/list/item"]
        #expect(
            try read("<r><worker>1</worker><list><item>2</item></list><item>3</item></r>", form)
                == ["r": ["worker": ["1"], "list": ["item": ["2"]], "item": "3"]]
        )
    }

    @Test(arguments: [
        "", "text", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a x=1/>", "<a x/>", "<a x='1'y='2'/>",
        "<a x='<'/>", "<a x='1' x='2'/>", "<a>&</a>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#;</a>",
        "<a>&#+5;</a>", "<a>]]></a>", "<a><!-- -- --></a>", "<a><!-- </a>", "<a><![CDATA[</a>", "<1/>", "<-a/>",
        "< a/>",
        "<a><b></a></b>", "<!DOCTYPE a><a/>", "<!ELEMENT a><a/>", " <?xml version='1.0'?><a/>", "<a><?XmL ?></a>",
        "<a>\u{1}</a>", "<a>\u{FFFF}</a>", "<a b=\"x/>", "<a", "<a>&lt</a>", "<a \u{D7}='1'/>", "<![CDATA[x]]>",
    ])
    func `what is not well-formed XML is refused`(text: String) {
        #expect(throws: FormatError.self) { try read(text) }
    }

    @Test func `entities that would grow are refused at the document type`() {
        let bomb = """
            <!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><lolz>&lol2;</lolz>
            """
        let error = #expect(throws: FormatError.self) { try read(bomb) }
        #expect(error?.code == .refused)
        #expect(error?.line == 1 && error?.column == 1)
    }

    @Test func `limits on bytes, depth and attributes are kept`() throws {
        var form = XMLForm()
        form.depthMax = 3
        form.attributesMax = 2
        form.bytesMax = 60
        _ = try read("<a><b><c x='1' y='2'/></b></a>", form)
        for text in ["<a><b><c><d/></c></b></a>", "<a x='1' y='2' z='3'/>", String(repeating: " ", count: 61)] {
            let error = #expect(throws: FormatError.self) { try read(text, form) }
            #expect(error?.code == .limitExceeded)
        }
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(throws: FormatError.self) { try read(deep) }
    }

    @Test func `an error tells line and column`() {
        let error = #expect(throws: FormatError.self) { try read("<a>\n <b></c>\n</a>") }
        #expect(error?.line == 2 && error?.column == 5)
        #expect(error?.message == "expected '</b>', found another end tag")
    }

    @Test func `other encodings are read as declared or marked`() throws {
        let latin = Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>".utf8) + [0xE9] + Array("</a>".utf8)
        #expect(try XMLReader.value(of: latin) == ["a": "é"])
        let marked: [UInt8] = [0xFF, 0xFE] + "<a>é</a>".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try XMLReader.value(of: marked) == ["a": "é"])
        #expect(try XMLReader.value(of: [0xEF, 0xBB, 0xBF] + Array("<a/>".utf8)) == ["a": ""])
        #expect(throws: FormatError.self) { try XMLReader.value(of: Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) }
        let unknown = Array("<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>".utf8)
        #expect(throws: FormatError.self) { try XMLReader.value(of: unknown) }
    }

    @Test func `what is written is read back`() throws {
        let value: JSONValue = [
            "soap:Envelope": [
                "@xmlns:soap": "http://schemas.xmlsoap.org/soap/envelope/",
                "soap:Body": ["id": [["@type": "WID", "#text": "a<b>&\"c\""], ["@type": "x\ny", "#text": "]]>\r"]]],
            ]
        ]
        var form = XMLForm()
        form.trimsText = false
        let bytes = try XMLWriter.bytes(of: value)
        #expect(try XMLReader.value(of: bytes, form: form) == value)
        #expect(
            String(decoding: bytes, as: UTF8.self).hasPrefix(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope "
            )
        )
    }

    @Test func `null is an empty element, numbers and booleans are text, arrays repeat`() throws {
        let value: JSONValue = ["r": ["a": nil, "b": 1.50, "c": true, "d": [1, 2], "e": [], "@f": 3, "@g": nil]]
        let bytes = try XMLWriter.bytes(of: value, declaration: false)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"<r f="3"><a/><b>1.5</b><c>true</c><d>1</d><d>2</d></r>"#
        )
    }

    @Test(
        arguments: [
            ["a b": 1], ["a": "\u{0}"], ["a": 1, "b": 2], [1], ["a": [1, 2]], ["a": ["b": [[1]]]], ["a": ["@b": [1]]],
            [:],
            ["a><b": 1], ["a": ["@x='1' y": 2]],
        ] as [JSONValue]
    )
    func `what XML cannot say is refused`(value: JSONValue) {
        let error = #expect(throws: FormatError.self) { try XMLWriter.bytes(of: value) }
        #expect(error?.code == .inexpressible)
    }
}
