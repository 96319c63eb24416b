import Foundation
import JSONValue
import JSONata
import Testing

/// Expressions with the result, the key order of the result, or the code and position of the error that they give.
struct CaseTests {
    static let folder = URL(filePath: #filePath).appending(path: "../Cases").standardizedFileURL
    static let groups = [
        "binding", "construct", "dates", "errors", "functions", "numbers", "operators", "paths", "regex", "strings",
    ]

    private static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: [UInt8](try Data(contentsOf: folder.appending(path: name))), policy: .command)
    }

    @Test(arguments: groups)
    func `every case of a group gives what it says`(group: String) throws {
        let input = JSONataInput(try Self.json("input.json"))
        guard case .array(let cases) = try Self.json("\(group).json") else { throw CocoaError(.fileReadCorruptFile) }
        #expect(cases.count > 20)
        for element in cases {
            let source = try #require(element["expr"]?.string)
            do throws(JSONataError) {
                let result = try JSONataExpression(compiling: source).evaluateToBytes(input)
                let text = result.map { String(decoding: $0, as: UTF8.self) }
                if element["undefined"] != nil {
                    #expect(text == nil, "\(source)")
                } else {
                    #expect(text == element["result"]?.text(), "\(source)")
                }
            } catch {
                let position = error.position.map { " at \($0)" } ?? ""
                #expect(element["error"]?.string == error.code + position, "\(source): \(error.message)")
            }
        }
    }
}
