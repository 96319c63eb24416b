import JSONValue
import Testing

@Suite struct JSONDocumentTests {
    @Test func `an untouched subtree comes out as the bytes it came as`() throws {
        let text = #"{"a": {"x" : [1.0, 2 ], "s":"q\u0041"}, "b":"t\"x"}"#
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        let subtree = try #require(root["a"])
        #expect(String(decoding: subtree.sourceBytes, as: UTF8.self) == #"{"x" : [1.0, 2 ], "s":"q\u0041"}"#)
        #expect(root["b"].map { String(decoding: $0.sourceBytes, as: UTF8.self) } == #""t\"x""#)
        #expect(root["a"]?["s"]?.string == "qA")
        #expect(root["a"]?["x"]?[0]?.number?.text == "1.0")
    }

    @Test func `a sibling is one step away on the tape`() throws {
        let document = try JSONDocument(parsing: Array(#"{"a":[1,[2,3]],"b":true}"#.utf8))
        #expect(document.entryCount == 9)
        document.withContents { tape, source in
            #expect(tape[0].kind == .object && tape[0].count == 2 && Int(tape[0].extra) == document.entryCount)
            #expect(tape[1].kind == .key && tape[1].extra == JSONKeyHash.hash(of: "a"))
            #expect(tape[2].kind == .array && tape[2].count == 2)
            let sibling = tape[2].end(at: 2)
            #expect(tape[3].end(at: 3) == 4)
            #expect(tape[sibling].kind == .key && source[Int(tape[sibling].offset)] == UInt8(ascii: "b"))
            #expect(tape[3].hasSmallInteger && tape[3].smallInteger == 1)
            #expect(MemoryLayout<JSONTapeNode>.stride == 16)
        }
    }

    @Test func `lone surrogates become U+FFFD in value and source, and the document says so`() throws {
        let document = try JSONDocument(parsing: Array(#"{"k\udc00":"a\ud800b"}"#.utf8), policy: .vendor)
        #expect(document.textWasRepaired)
        #expect(String(decoding: document.source, as: UTF8.self) == #"{"k\ufffd":"a\ufffdb"}"#)
        #expect(document.root["k\u{FFFD}"]?.string == "a\u{FFFD}b")
        #expect(try !JSONDocument(parsing: Array(#"{"a":"\ud83d\ude00"}"#.utf8)).textWasRepaired)
    }

    @Test func `malformed bytes become U+FFFD and the source is UTF-8 again`() throws {
        let document = try JSONDocument(parsing: Array("[\"a".utf8) + [0xFF, 0xE2, 0x82] + Array("b\"]".utf8))
        #expect(document.textWasRepaired)
        #expect(document.root[0]?.string == "a\u{FFFD}\u{FFFD}b")
        #expect(String(validating: document.source, as: UTF8.self) != nil)
    }

    @Test func `errors in a repaired text tell the place in the text as received`() {
        let bytes = Array("[\"".utf8) + [0xFF, 0xFF] + Array("\",\n x]".utf8)
        let error = #expect(throws: JSONParseError.self) { try JSONDocument(parsing: bytes, policy: .vendor) }
        #expect(error.map { [$0.line, $0.column, $0.offset] } == [2, 2, 8])
    }

    @Test func `the keep policy leaves lone surrogates to evaluators as WTF-8`() throws {
        let text = Array(#"["\ud800x","\#("")"#.utf8) + [0xED, 0xB0, 0x80] + Array("\"]".utf8)
        let document = try JSONDocument(parsing: text, policy: .command)
        #expect(!document.textWasRepaired)
        #expect(String(decoding: document.source, as: UTF8.self) == #"["\ud800x","\udc00"]"#)
        let first = try #require(document.root[0])
        #expect(first.tapeNode.hasLoneSurrogate)
        #expect(first.decodedBytes == [0xED, 0xA0, 0x80, UInt8(ascii: "x")])
        #expect(first.string == "\u{FFFD}x")
        var writer = JSONByteWriter()
        first.decodedBytes.withUnsafeBufferPointer { writer.append(string: $0) }
        #expect(String(decoding: writer.finish(), as: UTF8.self) == #""\ud800x""#)
    }

    @Test func `an encoded surrogate after a backslash does not become an escape`() {
        let text = Array("[\"\\".utf8) + [0xED, 0xA0, 0x80] + Array("\"]".utf8)
        #expect(throws: JSONParseError.self) { try JSONDocument(parsing: text, policy: .command) }
    }

    @Test func `of two members with one name the last value stands at the first place`() throws {
        let text = #"{"a":1,"b":{"x":[1],"\u0078":2},"a":{"c":3,"c":[4]}}"#
        let document = try JSONDocument(parsing: Array(text.utf8), policy: .vendor)
        #expect(String(decoding: document.source, as: UTF8.self) == #"{"a":{"c":[4]},"b":{"x":2}}"#)
        #expect(document.root["a"]?["c"]?[0]?.number?.int == 4)
        #expect(document.root.count == 2)
    }

    @Test(arguments: [64, 65, 1_000])
    func `members of large objects are found by name`(count: Int) throws {
        let members = (0..<count).map { "\"name\\u005f\($0)\":\($0)" }
        let text = "{" + members.joined(separator: ",") + "}"
        let document = try JSONDocument(parsing: Array(text.utf8))
        for index in 0..<count { #expect(document.root["name_\(index)"]?.number?.int == index) }
        #expect(document.root["name_"] == nil)
        let twice = Array((text.dropLast() + ",\"name_7\":0}").utf8)
        let error = #expect(throws: JSONParseError.self) { try JSONDocument(parsing: twice, policy: .api) }
        #expect(error?.code == .duplicateKey)
        #expect(try JSONDocument(parsing: twice).root["name_7"]?.number?.int == 0)
    }

    @Test(arguments: [
        "0", "-0", "12", "-123456789", "1234567890123", "0.1", "-2.50", "123.456", "1e5", "1E400", "5e-324",
        "9007199254740993", "0.000000000000001", "123456789012345.6", "1.7976931348623157e308",
    ])
    func `an entry reads as the nearest double`(text: String) throws {
        let document = try JSONDocument(parsing: Array(text.utf8))
        let double = document.withContents { tape, source in tape[0].double(source) }
        let expected = try #require(Double(text))
        #expect(double.bitPattern == expected.bitPattern)
    }

    @Test func `an entry decodes its text into memory of the reader`() throws {
        let document = try JSONDocument(parsing: Array(#"["a\u00e9","plain"]"#.utf8))
        let texts = document.withContents { tape, source in
            [1, 2].map { entry in
                [UInt8](unsafeUninitializedCapacity: Int(tape[entry].length)) { buffer, count in
                    if let output = buffer.baseAddress { count = tape[entry].decode(source, to: output) }
                }
            }
        }
        #expect(texts == [Array("aé".utf8), Array("plain".utf8)])
    }

    @Test func `a document is read by many tasks at once`() async throws {
        let document = try JSONDocument(parsing: Array(#"{"a":[1,2,3]}"#.utf8))
        let sum = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { document.root["a"]?.elements.reduce(0) { $0 + ($1.number?.int ?? 0) } ?? 0 }
            }
            return await group.reduce(0, +)
        }
        #expect(sum == 48)
    }

    @Test func `a writer escapes what must be escaped and nothing else`() {
        var writer = JSONByteWriter(capacity: 1)
        writer.append(string: "a\"b\\c/\u{8}\t\n\u{c}\r\u{1}\u{7f}é🙂 and a long plain tail to pass eight bytes\u{1f}")
        #expect(
            String(decoding: writer.finish(), as: UTF8.self)
                == #""a\"b\\c/\b\t\n\f\r\u0001"# + "\u{7f}"
                + #"é🙂 and a long plain tail to pass eight bytes\u001f""#
        )
    }
}
