import Testing

@testable import JSONValue

struct NameShapesTests {
    private func names(_ document: JSONDocument) -> [[String]] {
        document.root.elements.map { object in object.members.map(\.key) }
    }

    @Test(arguments: [
        #"[{"a":1,"b":2},{"b":1,"a":2},{"a":1,"b":2,"a":3}]"#,
        #"[{"a":1},{"a":1,"a":2}]"#,
        #"[{"a":1,"b":2,"c":3},{"b":1,"c":2,"a":3,"b":4}]"#,
    ])
    func `a name that comes twice is seen although each order was met before`(text: String) throws {
        #expect(throws: JSONParseError.self) { try JSONDocument(parsing: Array(text.utf8), policy: .api) }
        let lenient = try JSONDocument(parsing: Array(text.utf8), policy: .vendor)
        for object in names(lenient) { #expect(Set(object).count == object.count) }
    }

    @Test func `names that are alike in part stay apart`() throws {
        let orders = [
            ["abcdefgh1", "abcdefgh2", "x"], ["abcdefgh1", "abcdefgh3", "x"], ["abcdefgh", "abcdefgh2"],
            ["", "a", "ab", "abc", "abcd", "abcde", "abcdefgh"], ["", "b", "ac", "abd", "abce", "abcdf", "abcdefgi"],
            ["größe", "grösse"], ["groesse", "größe"],
        ]
        let objects = orders.map { order in
            "{" + order.map { "\"\($0)\" :1" }.joined(separator: " , ") + "}"
        }
        let text = "[" + (objects + objects.reversed()).joined(separator: ",") + "]"
        let document = try JSONDocument(parsing: Array(text.utf8), policy: .api)
        #expect(names(document) == orders + orders.reversed())
        #expect(document.root[3]?["abcd"]?.number?.int == 1)
        #expect(document.root[4]?["abcd"] == nil)
    }

    @Test func `more orders than are kept are read all the same`() throws {
        let many = (0..<300).map { row in
            "{" + (0..<40).map { "\"n\(row)_\($0)\":\($0)" }.joined(separator: ",") + "}"
        }
        let document = try JSONDocument(parsing: Array("[\(many.joined(separator: ","))]".utf8), policy: .api)
        #expect(document.nameCount <= 4096)
        #expect(document.root[299]?["n299_39"]?.number?.int == 39)
        let twice = many.dropLast() + [#"{"z":1,"y":2,"z":3}"#]
        #expect(throws: JSONParseError.self) {
            try JSONDocument(parsing: Array("[\(twice.joined(separator: ","))]".utf8), policy: .api)
        }
    }

    @Test func `names of earlier texts are known, and no text is read otherwise for that`() throws {
        let known = KnownNames()
        let texts = [
            #"{"id":1,"name":"x","inner":{"a":1,"b":2}}"#, #"{"id":2,"name":"y","inner":{"a":3,"b":4}}"#,
            #"{"id":3,"nome":"z","inner":{"b":1,"a":2},"größe":4}"#, #"{"name":"x","id":1}"#, "[]", #"{"id":1}"#,
            #"{"id":3,"nome":"z","inner":{"b":1,"a":2},"größe":5}"#,
        ]
        for text in texts + texts {
            let bytes = Array(text.utf8)
            let document = try JSONDocument(parsing: bytes, policy: .api, names: known)
            #expect(document.root.value == (try JSONValue(parsing: bytes)))
        }
        for text in [#"{"id":1,"id":2}"#, #"{"id":1,"name":2,"id":3}"#, #"{"id":1,"nam"#, #"{"id":1,"name"}"#] {
            #expect(throws: JSONParseError.self) {
                try JSONDocument(parsing: Array(text.utf8), policy: .api, names: known)
            }
        }
    }

    @Test func `texts with ever new names are read, and no more of those are kept than a bounded number`() throws {
        let known = KnownNames()
        for row in 0..<100 {
            let names = (0..<20).map { "\"n\(row)_\($0)\":\($0)" }
            let text = "{" + names.joined(separator: ",") + "}"
            let document = try JSONDocument(parsing: Array(text.utf8), policy: .api, names: known)
            #expect(document.root["n\(row)_19"]?.number?.int == 19)
        }
        #expect(known.orders.map { $0.shapes.count <= 512 } == true)
    }

    @Test func `equal numbers of names mean equal names`() throws {
        let text = #"[{"a":{"x":1,"y":[{"x":2}]},"b":1},{"a":{"x":1,"y":[{"x":2},{"z":3}]},"\u0062":1},{"b":1,"a":2}]"#
        let document = try JSONDocument(parsing: Array(text.utf8), policy: .api)
        var known: [Int: String] = [:]
        for entry in 0..<document.entryCount {
            let node = document.tape.entries[entry]
            guard node.kind == .key, node.nameNumber > 0 else { continue }
            #expect(node.nameNumber < document.nameCount)
            let name = JSONValue.text(of: node, in: document)
            #expect(known.updateValue(name, forKey: node.nameNumber) ?? name == name)
        }
        #expect(Set(known.values) == ["a", "b", "x", "y", "z"])
    }

    @Test(arguments: [
        #"[{"name":1},{"name"#, #"[{"name":1},{"name""#, #"[{"name":1},{"name" "#, #"[{"name":1},{"name":"#,
        #"[{"name":1},{"name"1}]"#, #"[{"name":1},{name:1}]"#, #"[{"name":1},{"#, #"[{"name":1},{"names":1"#,
    ])
    func `a name that is cut off or badly followed is refused`(text: String) {
        #expect(throws: JSONParseError.self) { try JSONDocument(parsing: Array(text.utf8), policy: .vendor) }
    }
}
