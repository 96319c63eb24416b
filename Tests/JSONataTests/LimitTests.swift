import JSONValue
import JSONata
import Testing

/// What hostile expressions come to.
struct LimitTests {
    /// An expression that would take ages or gigabytes, and the error that ends it.
    struct Attack: CustomTestStringConvertible {
        let name: String
        let source: String
        let codes: Set<String>
        var testDescription: String { name }

        init(_ name: String, _ source: String, _ codes: String...) {
            self.name = name
            self.source = source
            self.codes = Set(codes)
        }
    }

    private static func text(_ piece: String, _ count: Int) -> String { String(repeating: piece, count: count) }

    static let attacks = [
        Attack("a back-reference that backtracks", "$contains('\(text("a", 60))b', /^(a*)*\\1c$/)", "D1012"),
        Attack("a look-ahead that backtracks", "$contains('\(text("a", 50))b', /^(?=(a+)+$)x/)", "D1012"),
        Attack("a quadratic search", "($s := $pad('a', 300000, 'a'); $replace($s, /a*b/, ''))", "D1012"),
        Attack("an endless range", "[1..1e9]", "D2014"),
        Attack("a padding to gigabytes", "$pad('x', 3e8)", "U2002"),
        Attack("a padding on the left", "$pad('x', -3e8)", "U2002"),
        Attack("deep brackets", text("(", 100_000) + "1" + text(")", 100_000), "U2004"),
        Attack("deep lists", text("[", 100_000) + text("]", 100_000), "U2004"),
        Attack("deep signs", text("-", 100_000) + "1", "U2004"),
        Attack("deep conditions", text("true?", 50_000) + "1", "U2003", "U2004"),
        Attack("an expression that evaluates itself", "($s := '$eval($s)'; $eval($s))", "U2006"),
        Attack("a huge number picture", "$formatNumber(1, '\(text("0", 100_000))')", "U2002"),
        Attack("a huge date picture", "$fromMillis(0, $pad('', 200000, '[Y]'))", "U2002"),
        Attack("a huge integer picture", "$formatInteger(1, $pad('', 1000000, '0'))", "U2002"),
        Attack("a replacement that squares", "($s := $pad('a', 100000, 'a'); $replace($s, 'a', $s))", "U2002"),
        Attack(
            "a text that doubles",
            "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f('x', 60))",
            "U2002"
        ),
        Attack("recursion without end", "($f := function($n) { 1 + $f($n + 1) }; $f(0))", "D1011"),
        Attack("a tail call without end", "($f := function($n) { $f($n + 1) }; $f(0))", "U2001", "D1012"),
        Attack(
            "a tree that doubles",
            "($f := function($n) { $n = 0 ? 1 : [$f($n - 1), $f($n - 1)] }; $f(40))",
            "U2001",
            "D1012"
        ),
        Attack("a sort of millions", "$sort([1..3000000], function($a, $b) { $a < $b })", "U2001", "D1012"),
        Attack("millions of matches", "$match($pad('a', 3000000, 'a'), /a/)", "U2001", "D1012"),
        Attack("millions of pieces", "$split($pad('a', 3000000, 'a'), '')", "U2001", "D1012"),
        Attack("a comparison of all with all", "$difference([1..1000000], [2..1000000])", "U2001", "D1012"),
        Attack("five megabytes of source", "1" + text("+1", 2_500_000), "U2003"),
        Attack("a regular expression that repeats repetitions", "$contains('a', /(a{1000}){1000}/)", "S0303"),
        Attack("XML nested without end", "$xmlToJs($join($map([1..20000], function($i) { '<a>' }), ''))", "U2008"),
    ]

    @Test(arguments: attacks)
    func `a hostile expression ends in a typed error`(attack: Attack) {
        let error = #expect(throws: JSONataError.self) {
            try JSONataExpression(compiling: attack.source).evaluate([:], limits: .tenant)
        }
        #expect(attack.codes.contains(error?.code ?? ""), "\(error?.code ?? "none")")
    }

    @Test func `an expression that explodes in other engines is answered`() throws {
        let source = "$contains('\(Self.text("a", 5000))!', /^(a+)+$/)"
        // What counts is the work, not how fast the machine does it.
        var limits = JSONataLimits.tenant
        limits.time = .seconds(60)
        #expect(try JSONataExpression(compiling: source).evaluate(nil, limits: limits) == false)
        let count = try JSONataExpression(compiling: "[1..10000000] ~> $count()").evaluate(nil, limits: limits)
        #expect(count == 10_000_000)
    }

    @Test func `the work an expression may do is counted alike each time`() throws {
        let expression = try JSONataExpression(compiling: "$sum($map([1..100000], function($n) { $n * 2 }))")
        var limits = JSONataLimits.mapping
        limits.workMax = 10_000
        let error = #expect(throws: JSONataError.self) { try expression.evaluate(nil, limits: limits) }
        #expect(error?.code == "D1012")
        limits.workMax = 1_000_000
        #expect(try expression.evaluate(nil, limits: limits) == 10_000_100_000)
    }

    @Test func `random bytes neither crash the compiler nor hang it`() {
        var seed: UInt64 = 42
        func next(_ below: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((seed >> 33) % UInt64(below))
        }
        let alphabet = Array("$ab.1[](){}\"'`/?:;,&|^%@#~<>=!*+-\\ \u{1F642}λfunction in and or null".utf8)
        var refused = 0
        for round in 0..<20_000 {
            let bytes = (0..<(1 + next(24))).map { _ in
                round % 4 == 0 ? UInt8(next(256)) : alphabet[next(alphabet.count)]
            }
            do throws(JSONataError) {
                _ = try JSONataExpression(compiling: bytes).evaluate(["a": 1, "b": [1, 2]], limits: .tenant)
            } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }

    @Test func `what is not text is refused or repaired, never fatal`() throws {
        let error = #expect(throws: JSONataError.self) { try JSONataExpression(compiling: [0x22, 0xFF, 0x22]) }
        #expect(error?.code == "U2009")
        let input = try #require(JSONataInput(parsing: [0x7B, 0x22, 0x61, 0x22, 0x3A, 0x22, 0xC3, 0x28, 0x22, 0x7D]))
        #expect(try JSONataExpression(compiling: "a").evaluate(input) == .string("\u{FFFD}("))
        let lone = try JSONataExpression(compiling: #""a" & "\ud83d""#)
        #expect(try lone.evaluateToBytes(JSONataInput(nil)) == Array(#""a\ud83d""#.utf8))
        #expect(try JSONataExpression(compiling: #""\ud83d" & "\ude42""#).evaluate(nil) == "🙂")
    }

    @Test func `an evaluation repeats itself when clock and seed are given`() throws {
        let expression = try JSONataExpression(compiling: "[$now(), $random(), $uuid(), $shuffle([1..20])]")
        let host = JSONataHost(nowMilliseconds: 1_700_000_000_000, randomSeed: 7)
        let first = try expression.evaluate(nil, host: host)
        #expect(first == (try expression.evaluate(nil, host: host)))
        #expect(first?[0] == "2023-11-14T22:13:20.000Z")
    }
}
