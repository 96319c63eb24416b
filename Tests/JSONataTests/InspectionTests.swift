import JSONValue
import JSONata
import Testing

/// What an expression says of itself.
struct InspectionTests {
    /// A mistake, and an expression without it.
    struct Mistake: CustomTestStringConvertible {
        let kind: JSONataWarning.Kind
        let source: String
        let position: Int
        let better: String
        var testDescription: String { source }
    }

    static let mistakes = [
        Mistake(
            kind: .singleItemLosesList,
            source: "{'tags': labels.{'name': $}}",
            position: 15,
            better: "{'tags': [labels.{'name': $}]}"
        ),
        Mistake(
            kind: .singleItemLosesList,
            source: "{'x': $map(a, function($v) { $v })}",
            position: 11,
            better: "{'x': [$map(a, function($v) { $v })]}"
        ),
        Mistake(
            kind: .missingOperand,
            source: "1 + $sum(lines.price)",
            position: 3,
            better: "1 + ($sum(lines.price) ?? 0)"
        ),
        Mistake(kind: .comparisonWithNull, source: "name = null", position: 6, better: "$exists(name)"),
        Mistake(kind: .unknownFunction, source: "$upercase(name)", position: 9, better: "$uppercase(name)"),
        Mistake(kind: .hiddenFunction, source: "($count := 1; $count)", position: 7, better: "($n := 1; $n)"),
        Mistake(kind: .unusedVariable, source: "($x := 1; 2)", position: 3, better: "($x := 1; $x)"),
        Mistake(kind: .constantCondition, source: "true ? a : b", position: 6, better: "c ? a : b"),
    ]

    @Test(arguments: mistakes)
    func `a classic mistake is found, and only that`(mistake: Mistake) throws {
        let warnings = try JSONataExpression(compiling: mistake.source).warnings
        #expect(warnings.map(\.kind) == [mistake.kind])
        #expect(warnings.first?.position == mistake.position)
        #expect(try JSONataExpression(compiling: mistake.better).warnings == [])
    }

    @Test func `a misspelled function is guessed`() throws {
        #expect(try JSONataExpression(compiling: "$upercase(a)").warnings.first?.fix == "did you mean $uppercase?")
    }

    @Test func `an error shows the line and the place`() throws {
        let source = "{\n  'total': price + 'x',\n  'b': 1\n}"
        let error = #expect(throws: JSONataError.self) {
            try JSONataExpression(compiling: source).evaluate(["price": 1])
        }
        #expect(
            error?.report(in: source) == """
                T2002 at 20: the right side of + must be a number
                    'total': price + 'x',
                                   ^
                """
        )
    }

    @Test func `an explanation names the operations and the fields that are read`() throws {
        let text = try JSONataExpression(compiling: "orders[state = 'won'].{'id': id, 'n': $count(lines)}").explanation
        #expect(text.contains("where equal"))
        #expect(text.contains("global $count"))
        #expect(text.contains("  orders (in part)\n    state\n    id\n    lines"))
        #expect(try JSONataExpression(compiling: "$keys($)").explanation.hasSuffix("reads: the whole input"))
    }

    @Test func `only what is read is kept, and the rest is still checked`() throws {
        let expression = try JSONataExpression(compiling: "a.b")
        #expect(
            try expression.evaluateToBytes(parsing: Array(#"{"x":[1,{"y":"z"}],"a":{"c":null,"b":1.50}}"#.utf8))
                == Array("1.5".utf8)
        )
        for broken in [
            #"{"x":[1,],"a":{"b":1}}"#, #"{"x":"\q","a":{"b":1}}"#, #"{"x":01,"a":{"b":1}}"#,
            #"{"a":{"b":1},"x":{"y" 1}}"#,
        ] {
            let error = #expect(throws: JSONataError.self) {
                try expression.evaluateToBytes(parsing: Array(broken.utf8))
            }
            #expect(error?.code == "U1002")
        }
    }

    @Test(arguments: [
        "$string($)", "a.$keys()", "$each(function($v, $k) { $k })", "a.*", "**.b", "items@$i.a", "a.b.%.c",
        "$eval('a.c')",
        "($f := $keys; a.$f())", "($x := a; $g := function() { $x.c }; $x := items; $g())", "a ~> |$|{'n': c}|",
        "$sift($, function($v) { true })",
        "items[n = $$.a.c]", "a[$ in $$.items.n]", "items^(n).m", "items{m: n}", "(a; items)[0].m",
        "a.c ? items.n : a.b", "$lookup(a, 'c')", "[a.c, items].n",
    ])
    func `reading less of the input never changes the result`(source: String) throws {
        let text = Array(
            #"{"a":{"b":1,"c":"x","d":[1,2]},"items":[{"n":2,"m":"p"},{"n":1,"m":"q"}],"z":{"deep":[{"k":1}]}}"#.utf8
        )
        let expression = try JSONataExpression(compiling: source)
        let whole = try expression.evaluateToBytes(try #require(JSONataInput(parsing: text)))
        #expect(try expression.evaluateToBytes(parsing: text) == whole)
    }
}
