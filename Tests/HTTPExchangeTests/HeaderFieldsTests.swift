import HTTPExchange
import HTTPTypes
import Testing

/// The header fields of a message.
struct HeaderFieldsTests {
    @Test func `a list becomes its fields, in order and with those of one name`() throws {
        let custom = try #require(HTTPField.Name("X-Custom"))
        let list = [
            HeaderField(name: .setCookie, value: "a=1"), HeaderField(name: .date, value: "now"),
            HeaderField(name: custom, value: "b"), HeaderField(name: .setCookie, value: "c=2"),
        ]
        let fields = HeaderFields(list: list)
        #expect(Array(fields) == list)
        #expect(fields[values: .setCookie] == ["a=1", "c=2"])
        #expect(HeaderFields(list: []).isEmpty)
    }

    @Test func `the value of a name is that of all its fields, whatever their spelling`() throws {
        let loud = try #require(HTTPField.Name("VARY"))
        let fields: HeaderFields = [.vary: "a", .date: "now", loud: "b", .eTag: "\"1\""]
        #expect(fields[.vary] == "a, b")
        #expect(fields[.date] == "now")
        #expect(fields[.via] == nil)
        #expect(fields.contains(.eTag) && !fields.contains(.age))
        let cookies: HeaderFields = [.cookie: "a=1", .cookie: "b=2"]
        #expect(cookies[.cookie] == "a=1; b=2")
    }

    @Test func `a value that is set takes the place of all of its name`() {
        var fields: HeaderFields = [.vary: "a", .date: "now", .vary: "b", .eTag: "c", .vary: "d"]
        fields[.vary] = "e"
        #expect(fields.map { "\($0.name): \($0.value)" } == ["Vary: e", "Date: now", "ETag: c"])
        fields[.date] = nil
        fields[.age] = "1"
        #expect(fields.map(\.value) == ["e", "c", "1"])
        fields[.via] = nil
        #expect(fields.count == 3)
    }

    @Test(arguments: [
        ("", ""), ("a", "a"), ("a b\tc", "a b\tc"), (" a ", "a"), ("a\r\nX-Injected: b", "a  X-Injected: b"),
        ("a\u{0}b", "a b"), ("a\u{7F}", "a"), ("\u{E9}", "\u{E9}"), ("\t", ""), ("a\n", "a"), ("a\u{1F}b", "a b"),
    ])
    func `what may not stand in a value is not there`(text: String, value: String) {
        #expect(HeaderField(name: .via, value: text).value == value)
    }

    @Test func `fields are the same in whatever order their names come`() {
        let fields: HeaderFields = [.vary: "a", .date: "now", .vary: "b"]
        let others: HeaderFields = [.date: "now", .vary: "a", .vary: "b"]
        #expect(fields == others)
        #expect(!fields.isIdentical(to: others))
        #expect(fields.isIdentical(to: fields))
        #expect(fields != [.date: "now", .vary: "b", .vary: "a"])
        #expect(fields != [.date: "now", .vary: "a", .vary: "a"])
        #expect(fields != [.date: "now", .vary: "a"])
    }
}
