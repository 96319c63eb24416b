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
}
