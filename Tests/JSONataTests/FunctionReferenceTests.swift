import Cryptography
import Foundation
import JSONValue
import JSONata
import Testing

/// The reference of the integration functions: every example in it is run.
struct FunctionReferenceTests {
    /// One example of the reference.
    struct Example: CustomTestStringConvertible {
        let expression: String
        let result: String
        let isError: Bool
        var testDescription: String { expression }
    }

    static let file = URL(filePath: #filePath).appending(path: "../../../openapi/jsonata-functions.md")
        .standardizedFileURL

    static let examples: [Example] = {
        let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        var examples: [Example] = []
        var blocks: [(kind: String, text: String)] = []
        var open: (kind: String, text: [Substring])?
        for line in lines {
            if line == "```", let block = open {
                blocks.append((block.kind, block.text.joined(separator: "\n")))
                open = nil
            } else if line.hasPrefix("```") {
                open = (String(line.dropFirst(3)), [])
            } else {
                open?.text.append(line)
            }
        }
        var index = 0
        while index + 1 < blocks.count {
            examples.append(
                Example(
                    expression: blocks[index].text,
                    result: blocks[index + 1].text,
                    isError: blocks[index + 1].kind == "error"
                )
            )
            index += 2
        }
        return examples
    }()

    @Test(arguments: examples)
    func `an example gives what the reference says`(example: Example) throws {
        let host = JSONataHost(digests: OpenSSLDigests())
        do throws(JSONataError) {
            let result = try JSONataExpression(compiling: example.expression).evaluate([:], host: host)
            #expect(!example.isError)
            let expected = example.result.isEmpty ? nil : try? JSONValue(parsing: example.result)
            #expect(result == expected)
        } catch {
            #expect(example.isError, "\(error.message)")
            #expect("\(error.code) at \(error.position ?? -1): \(error.message)" == example.result)
        }
    }

    @Test func `every integration function is described with an example`() throws {
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        for name in JSONataLibrary.integrationFunctions {
            #expect(text.contains("### `$\(name)("), "$\(name) has no section")
            #expect(Self.examples.contains { $0.expression.contains("$\(name)(") }, "$\(name) has no example")
        }
    }
}
