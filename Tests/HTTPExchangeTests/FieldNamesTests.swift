import HTTPExchange
import HTTPTypes
import Testing

/// The names of header fields.
struct FieldNamesTests {
    @Test(arguments: [
        "Content-Type", "content-type", "CONTENT-TYPE", "ETag", "etag", "Date", "Vary", "X-Request-Id", "X-Custom",
        "x-custom", "traceparent", "Sforce-Limit-Info", "a", "0",
    ])
    func `a name is the one that HTTPTypes makes of it, in its own spelling`(text: String) throws {
        let name = try #require(FieldNames.name(text))
        #expect(name == HTTPField.Name(text))
        #expect(name.rawName == text)
        #expect(name.canonicalName == text.lowercased())
    }

    @Test(arguments: ["", " ", "a b", "a:b", "a\u{0}", "\u{E9}", "Content-Type ", "a\r\nb"])
    func `what is not a token is no name`(text: String) {
        #expect(FieldNames.name(text) == nil)
    }

    @Test func `names that differ in one byte are kept apart`() throws {
        #expect(try #require(FieldNames.name("Datf")).rawName == "Datf")
        #expect(try #require(FieldNames.name("Content-Typf")).canonicalName == "content-typf")
        #expect(FieldNames.name("ETag") != FieldNames.name("ETab"))
    }

    @Test func `a list becomes its fields, in order and with those of one name`() throws {
        let custom = try #require(HTTPField.Name("X-Custom"))
        let list = [
            HTTPField(name: .setCookie, value: "a=1"), HTTPField(name: .date, value: "now"),
            HTTPField(name: custom, value: "b"), HTTPField(name: .setCookie, value: "c=2"),
        ]
        let fields = HTTPFields(list: list)
        #expect(Array(fields) == list)
        #expect(fields[values: .setCookie] == ["a=1", "c=2"])
        #expect(HTTPFields(list: []) == HTTPFields())
    }

    @Test func `the value of a name is that of all its fields`() throws {
        let fields: HTTPFields = [.vary: "a", .date: "now", .vary: "b", .eTag: "\"1\""]
        for name in [HTTPField.Name.vary, .date, .eTag, .via, .age] { #expect(fields.value(of: name) == fields[name]) }
        #expect(fields.value(of: .vary) == "a, b")
    }
}
