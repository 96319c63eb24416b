import JSONValue
import Testing

@Suite struct JSONTreeTests {
    @Test(arguments: [
        ("[1,\n  tru]", 2, 6, 9, JSONParseError.Code.unexpectedByte, "expected 'true', found ']'"),
        ("{\"é\": 01}", 1, 7, 7, .invalidNumber, "expected no digits after a leading 0"),
        ("", 1, 1, 0, .unexpectedEnd, "expected a value, found the end"),
        ("{\"a\":1,}", 1, 8, 7, .unexpectedByte, "expected a name in quotes, found '}'"),
        ("[1 2]", 1, 4, 3, .unexpectedByte, "expected ',' or ']', found '2'"),
        ("1 2", 1, 3, 2, .trailingText, "expected the end after the value"),
        ("\"\\ud800\"", 1, 2, 1, .loneSurrogate, "expected a surrogate pair, found 0xd800 alone"),
        ("{\"a\":1,\"a\":2}", 1, 8, 7, .duplicateKey, "duplicate name \"a\""),
        ("\"a\tb\"", 1, 3, 2, .controlCharacter, "expected an escape for control character 0x9"),
    ])
    func `an error names its place and what was expected`(
        text: String,
        line: Int,
        column: Int,
        offset: Int,
        code: JSONParseError.Code,
        message: String
    ) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(error?.code == code)
        #expect(error?.message == message)
        #expect(error.map { [$0.line, $0.column, $0.offset] } == [line, column, offset])
    }

    @Test func `a body beyond the size limit is refused unread`() {
        let policy = JSONParsePolicy.api.bytesMax(4)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: "[1,2]", policy: policy) }
        #expect(error?.code == .tooLarge)
    }

    @Test func `as many levels as the policy says are accepted and one more is not`() throws {
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try JSONValue(parsing: deepest).text() == deepest)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: "[" + deepest + "]") }
        #expect(error?.code == .tooDeep)
    }

    @Test func `numbers keep their digits and objects their order`() throws {
        let text = #"{"b":1.10,"10":2,"2":[-0,1E5,12345678901234567890.12345]}"#
        #expect(try JSONValue(parsing: text).text() == text)
    }

    @Test func `the pretty style is what a person would write`() throws {
        let value: JSONValue = ["a": [1, [:]], "b": [], "c": ["d": nil]]
        #expect(
            value.text(.pretty) == """
                {
                  "a": [
                    1,
                    {}
                  ],
                  "b": [],
                  "c": {
                    "d": null
                  }
                }
                """
        )
    }

    @Test func `the canonical style is that of RFC 8785`() throws {
        let text = #"""
            {"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
             "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}
            """#
        #expect(
            try JSONValue(parsing: text).text(.canonical)
                == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
                + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        )
    }

    @Test func `canonical names are sorted by UTF-16 code units`() throws {
        let value: JSONValue = [
            "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1F600}": 5, "\u{80}": 6, "\u{f6}": 7,
        ]
        let canonical = try JSONValue(parsing: value.text(.canonical))
        #expect(canonical.object?.keys == ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1F600}", "\u{fb33}"])
    }

    @Test func `names and strings are told apart byte by byte`() throws {
        let text = "{\"\u{e9}\":1,\"e\u{301}\":2}"
        let value = try JSONValue(parsing: text)
        #expect(value.object?.count == 2)
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
    }

    @Test(arguments: [0, 1, 8, 9, 10, 64, 65, 200, 5_000])
    func `members are found, replaced and removed in objects of every size`(count: Int) throws {
        var object = JSONObject()
        for index in 0..<count { object["name\(index)"] = .number(JSONNumber(index)) }
        #expect(object.count == count)
        #expect(object["absent"] == nil)
        for index in 0..<count { #expect(object["name\(index)"]?.int == index) }
        let parsed = try JSONValue(parsing: JSONValue.object(object).bytes())
        #expect(parsed == .object(object))
        for index in stride(from: 0, to: count, by: 97) {
            object["name\(index)"] = nil
            #expect(object["name\(index)"] == nil)
        }
        if count > 1 {
            object["name1"] = "new"
            #expect(object["name1"] == "new")
            #expect(object.keys.first == "name1")
        }
    }

    @Test func `objects are equal in whatever order and arrays are not`() {
        #expect(["a": 1, "b": 2] as JSONValue == ["b": 2, "a": 1])
        #expect((["a": 1, "b": 2] as JSONValue).hashValue == (["b": 2, "a": 1] as JSONValue).hashValue)
        #expect(["a": 1, "b": 2] as JSONValue != ["a": 1, "c": 2])
        #expect([1, 2] as JSONValue != [2, 1])
    }

    @Test func `a merge patch changes what RFC 7396 says`() throws {
        let cases: [(JSONValue, JSONValue, JSONValue)] = [
            (["a": "b"], ["a": "c"], ["a": "c"]), (["a": "b"], ["b": "c"], ["a": "b", "b": "c"]),
            (["a": "b"], ["a": nil], [:]), (["a": "b", "b": "c"], ["a": nil], ["b": "c"]),
            (["a": ["b"]], ["a": "c"], ["a": "c"]), (["a": "c"], ["a": ["b"]], ["a": ["b"]]),
            (["a": ["b": "c"]], ["a": ["b": "d", "c": nil]], ["a": ["b": "d"]]),
            (["a": [["b": "c"]]], ["a": [1]], ["a": [1]]), (["a", "b"], ["c", "d"], ["c", "d"]),
            (["a": "b"], ["c"], ["c"]), (["a": "foo"], nil, nil), (["a": "foo"], "bar", "bar"),
            (["e": nil], ["a": 1], ["e": nil, "a": 1]), ([1, 2], ["a": "b", "c": nil], ["a": "b"]),
            ([:], ["a": ["bb": ["ccc": nil]]], ["a": ["bb": [:]]]),
        ]
        for (target, patch, result) in cases { #expect(target.mergePatched(by: patch) == result) }
    }
}

@Suite struct JSONNumberTests {
    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
        (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e-9, "1.5e-9"), (123456789012345680000.0, "123456789012345680000"),
        (Double.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0.1 + 0.2, "0.30000000000000004"),
        (9007199254740993.0, "9007199254740992"), (-1.2345e25, "-1.2345e+25"),
        (333333333.33333329, "333333333.3333333"),
        (9.999e22, "9.999e+22"), (0.00001234, "0.00001234"), (123.456, "123.456"),
    ])
    func `a double is written as ECMAScript writes it`(value: Double, text: String) {
        #expect(JSONNumber(value)?.text == text)
    }

    @Test func `infinities and NaN are no numbers`() {
        #expect(JSONNumber(Double.infinity) == nil)
        #expect(JSONNumber(Double.nan) == nil)
    }

    @Test func `only text in the grammar of JSON becomes a number`() {
        #expect(JSONNumber("-12.50e3")?.text == "-12.50e3")
        for text in ["", "+1", "01", "1.", " 1", "1 ", "0x1", "NaN", "true", "[1]"] { #expect(JSONNumber(text) == nil) }
    }

    @Test func `integers are exact where they fit and absent where they do not`() {
        #expect(JSONNumber("9223372036854775807")?.int == .max)
        #expect(JSONNumber("9223372036854775808")?.int == nil)
        #expect(JSONNumber("1e3")?.int == 1000)
        #expect(JSONNumber("1.0")?.int == 1)
        #expect(JSONNumber("1.5")?.int == nil)
        #expect(JSONNumber("1e400")?.double == .infinity)
    }
}
