import ConnectorConfig
import JSONValue
import Testing

struct TemplateTests {
    private let scope = ExpressionScope([
        "id": "a/b c", "paging": ["size": 50, "last": true], "list": [1],
        "context": ["subdomain": "acme", "id": "from context", "count": "12"],
    ])

    private func expression(_ value: JSONValue) throws -> Expression {
        let document = Documents.acme.removingMappings.overlaid(by: ["http": ["headers": ["X": value]]])
        let headers = try ConnectorDocument(document).http.headers
        return try #require(headers.first { $0.name == "X" }).expression
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("https://{{subdomain}}.x", "https://acme.x"), ("{{context.subdomain}}", "acme"),
            ("{{id}}", "a/b c"), ("n={{paging.size}}", "n=50"), ("{{ subdomain }}", "acme"),
            ("{{paging.size|int}}", 50), ("{{count|int}}", 12), ("{{paging.last|bool}}", true),
            ("{{list|json}}", [1]), ("{{paging.size|string}}", "50"),
        ] as [(String, JSONValue)]
    )
    func `a template takes values from the scope first and the account's variables then`(
        source: String,
        expected: JSONValue
    ) throws {
        #expect(try expression(.string(source)).value(in: scope) == expected)
    }

    @Test func `a value in a path stays inside of its segment`() throws {
        #expect(try expression("/people/{{id}}").text(in: scope, encoding: .pathSegment) == "/people/a%2Fb%20c")
        for hostile in ["..", ".", ""] {
            #expect(throws: ExpressionError.self) {
                try expression("/people/{{id}}").text(
                    in: ExpressionScope(["id": .string(hostile)]),
                    encoding: .pathSegment
                )
            }
        }
        let encoded = try expression("/x/{{id}}").text(
            in: ExpressionScope(["id": "%2e%2e/..;\\\r\n"]),
            encoding: .pathSegment
        )
        #expect(encoded == "/x/%252e%252e%2F..%3B%5C%0D%0A")
    }

    @Test func `a missing value is an error and a missing optional value none`() throws {
        #expect(throws: ExpressionError.self) { try expression("{{nothing}}").value(in: scope) }
        #expect(try expression("x{{nothing?}}").value(in: scope) == nil)
    }

    @Test func `an object in text is an error that does not show it`() throws {
        #expect(throws: ExpressionError.self) { try expression("x{{paging}}").value(in: scope) }
    }

    @Test func `a cast that does not fit is an error`() throws {
        #expect(throws: ExpressionError.self) { try expression("{{subdomain|int}}").value(in: scope) }
        #expect(throws: ExpressionError.self) { try expression("{{subdomain|bool}}").value(in: scope) }
    }

    @Test func `objects and arrays hold expressions, and drop those without a value`() throws {
        let value: JSONValue = ["a": "{{subdomain}}", "b": ["{{id}}", "{{nothing?}}", 3], "c": "{{nothing?}}"]
        #expect(try expression(value).value(in: scope) == ["a": "acme", "b": ["a/b c", 3]])
    }

    @Test func `a literal that looks like an expression can be said`() throws {
        #expect(try expression(["$literal": "{{subdomain}}"]).value(in: scope) == "{{subdomain}}")
    }
}
