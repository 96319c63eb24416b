import JSONValue
import JSONata
import Testing

@Suite struct JSONataTests {
    @Test func `a mapping turns one record into another`() throws {
        let mapping = try JSONataExpression(compiling: "{'name': first & ' ' & last, 'tags': [tags[$ != 'b']]}")
        let result = try mapping.evaluate(["first": "Ada", "last": "Lovelace", "tags": ["a", "b"]])
        #expect(result == ["name": "Ada Lovelace", "tags": ["a"]])
    }

    @Test func `an error carries its code, position and token`() throws {
        let expression = try JSONataExpression(compiling: "null + 1")
        let error = #expect(throws: JSONataError.self) { try expression.evaluate(nil) }
        #expect(error?.code == "T2001")
        #expect(error?.position == 6)
        #expect(error?.token == "+")
    }

    @Test func `undefined is not null`() throws {
        #expect(try JSONataExpression(compiling: "nothing").evaluate([:]) == nil)
        #expect(try JSONataExpression(compiling: "null").evaluate([:]) == JSONValue.null)
    }

    @Test func `bindings are variables`() throws {
        #expect(try JSONataExpression(compiling: "$x + 1").evaluate(nil, bindings: ["x": 2]) == 3)
    }
}
