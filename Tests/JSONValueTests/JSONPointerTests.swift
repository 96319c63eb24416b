import JSONValue
import Testing

@Suite struct JSONPointerTests {
    static let sample: JSONValue = [
        "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
    ]

    @Test(
        arguments: [
            ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3), ("/g|h", 4),
            ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8), ("", sample),
        ] as [(String, JSONValue)]
    )
    func `the examples of RFC 6901 resolve`(text: String, expected: JSONValue) throws {
        let pointer = try #require(JSONPointer(text))
        #expect(Self.sample[pointer] == expected)
        #expect(pointer.description == text)
    }

    @Test(arguments: ["foo", "/~", "/~2", "/a~", "#/foo"])
    func `text that is no pointer is refused`(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test(arguments: ["/foo/2", "/foo/-", "/foo/01", "/foo/+1", "/foo/bar", "/absent", "/foo/0/x"])
    func `a place that does not exist has no value`(text: String) throws {
        #expect(Self.sample[try #require(JSONPointer(text))] == nil)
    }

    @Test func `a value is put in place of another, into an object, and at the end of an array`() throws {
        let value: JSONValue = ["a": [1, ["b": 2]]]
        #expect(try value.setting("/a/1/b", to: 3) == ["a": [1, ["b": 3]]])
        #expect(try value.setting("/a/1/c", to: nil) == ["a": [1, ["b": 2, "c": nil]]])
        #expect(try value.setting("/a/-", to: 4) == ["a": [1, ["b": 2], 4]])
        #expect(try value.setting("/a/2", to: 4) == ["a": [1, ["b": 2], 4]])
        #expect(try value.setting("", to: 5) == 5)
        #expect(try value.setting("/x/y", to: 6, creatingParents: true) == ["a": [1, ["b": 2]], "x": ["y": 6]])
    }

    @Test func `a missing or scalar parent is named and nothing changes`() {
        var value: JSONValue = ["a": [1]]
        let missing = #expect(throws: JSONPointerError.self) { try value.set("/b/c", to: 1) }
        #expect(missing?.description == "/b: there is no such value")
        let scalar = #expect(throws: JSONPointerError.self) { try value.set("/a/0/x", to: 1) }
        #expect(scalar?.description == "/a/0: expected an object or array, found a number")
        #expect(value == ["a": [1]])
    }

    @Test func `a value is removed from objects and arrays`() {
        let value: JSONValue = ["a": [1, 2, ["b": 3, "c": 4]]]
        #expect(value.removing("/a/2/b") == ["a": [1, 2, ["c": 4]]])
        #expect(value.removing("/a/0") == ["a": [2, ["b": 3, "c": 4]]])
        #expect(value.removing("/a/9") == value)
        #expect(value.removing("/x") == value)
    }
}
