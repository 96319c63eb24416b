import JSONValue
import Testing

/// The parser against `ReferenceParser` over mutated texts.
///
/// The mutations come from a seed, so a failure repeats.
@Suite struct JSONFuzzTests {
    static let policies: [JSONParsePolicy] = [
        .api, .vendor, .command,
        JSONParsePolicy(duplicateKeys: .reject, invalidText: .replaceAndFlag, depthMax: 6, bytesMax: 10_000),
        JSONParsePolicy(duplicateKeys: .lastWins, invalidText: .reject, depthMax: 4, bytesMax: 10_000),
    ]

    @Test(arguments: 1...6)
    func `mutated text is accepted or refused as the reference has it, with the same value`(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        for round in 0..<1_500 {
            let bytes = mutator.text()
            let policy = Self.policies[round % Self.policies.count]
            let expected = ReferenceParser.value(of: bytes, policy)
            // Under `keep` an encoded surrogate is one character, which the reference does not know.
            if policy.invalidText == .keep,
                bytes.indices.dropLast().contains(where: {
                    bytes[$0] == 0xED && bytes[$0 + 1] >= 0xA0
                })
            {
                continue
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                let root = try JSONDocument(parsing: bytes, policy: policy).root
                try #require(root.value == expected, "\(policy) \(text)")
                try #require(root.value.text() == expected?.text(), "\(policy) \(text)")
                try Self.check(root, policy)
            } catch let error as JSONParseError {
                #expect(expected == nil, "\(error) \(policy) \(text)")
                #expect(error.offset >= 0 && error.offset <= bytes.count)
            }
        }
    }

    /// Every way to look at a node tells the same.
    static func check(_ node: JSONNode, _ policy: JSONParsePolicy) throws {
        let value = node.value
        var again = policy
        again.invalidText = .keep
        #expect(try JSONValue(parsing: Array(node.sourceBytes), policy: again) == value)
        switch value {
        case .null: #expect(node.isNull)
        case .bool(let bool): #expect(node.bool == bool)
        case .number(let number):
            #expect(node.number == number)
            if node.tapeNode.hasSmallInteger { #expect(node.tapeNode.smallInteger == number.int) }
        case .string(let string):
            #expect(node.string == string)
            if !node.tapeNode.hasLoneSurrogate {
                #expect(node.tapeNode.isASCII == string.utf8.allSatisfy { $0 < 0x80 })
            }
        case .array(let elements):
            #expect(node.count == elements.count)
            for (index, element) in node.elements.enumerated() {
                #expect(node[index]?.entry == element.entry)
                try check(element, policy)
            }
        case .object(let object):
            #expect(node.count == node.members.reduce(0) { count, _ in count + 1 })
            for member in node.members {
                if policy.invalidText != .keep { #expect(node[member.key]?.entry == member.value.entry) }
                #expect(object[member.key] != nil)
                try check(member.value, policy)
            }
        }
    }

    @Test func `what is written is read back as the same value in every style`() throws {
        var mutator = Mutator(seed: 99)
        for _ in 0..<1_000 {
            guard let value = try? JSONValue(parsing: mutator.text(), policy: .vendor) else { continue }
            #expect(try JSONValue(parsing: value.bytes()) == value)
            #expect(try JSONValue(parsing: value.bytes(.pretty)) == value)
            let canonical = value.bytes(.canonical)
            #expect(try JSONValue(parsing: canonical).bytes(.canonical) == canonical)
        }
    }
}

/// Makes texts that are nearly JSON.
struct Mutator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15
    }

    private static let seeds: [[UInt8]] = [
        #"{"id":"003","name":"Ada \"Countess\" Lovelace","n":[1,-0,2.50,1e-7,12345678901],"ok":true,"x":null,"é":{}}"#,
        #"[[],{},"",0,[[[[false]]]],{"a":{"a":{"a":[1]}}}]"#,
        #" { "a" : [ 1 , 2 ] , "b" : "\u00e9\ud83d\ude00\n\/" , "c" : "🙂日本語é" , "a2" : -12.5E+3 } "#,
        #"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":"0123456789abcdef"}"#,
        "{" + (0..<70).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}",
        "\"\\ud800 lone \\udc00\\udbff\"", "-0", "\"plain text of some length, and a tail\"",
    ].map { Array($0.utf8) }

    private static let tokens: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "\\n", "0", "-", "1e5", ".", "true",
            "null",
            " ", "\n", "\"a\":1,", "\"k1\":[],", "[[[[[[", "]]]]", "é", "\u{FEFF}", "\u{0}", "\\u0061",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xE2, 0x82], [0xF0, 0x9F, 0x99], [0x80],
        ]

    private mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(max(bound, 1)))
    }

    /// The next text, after none to four mutations.
    mutating func text() -> [UInt8] {
        var bytes = Self.seeds[next(Self.seeds.count)]
        for _ in 0..<next(5) {
            let place = next(bytes.count + 1)
            let length = min(next(6), bytes.count - place)
            switch next(5) {
            case 0: bytes.removeSubrange(place..<place + length)
            case 1: bytes.insert(contentsOf: Self.tokens[next(Self.tokens.count)], at: place)
            case 2: bytes.insert(contentsOf: bytes[place..<place + length], at: next(bytes.count + 1))
            case 3 where place < bytes.count: bytes[place] = UInt8(next(256))
            default:
                let token = Self.tokens[next(Self.tokens.count)]
                bytes.replaceSubrange(place..<place + length, with: token)
            }
        }
        return bytes
    }
}
