import Foundation
import Testing

@Suite struct DeclarationTests {
    @Test func `every package declaration says what it is for`() throws {
        var offences: [String] = []
        for file in try SourceTree.sources() where file.path.hasSuffix(".swift") {
            for (number, line) in file.lines.enumerated() where isPackageDeclaration(line) && !isWitness(line) {
                if !isDocumented(file.lines, number) {
                    offences.append("\(file.path):\(number + 1): \(line.trimmingCharacters(in: .whitespaces))")
                }
            }
        }
        #expect(offences.isEmpty, "\(offences.count) without ///:\n\(offences.prefix(60).joined(separator: "\n"))")
    }

    @Test func `nothing is public and nothing crashes by choice`() throws {
        let forbidden: [(String, Regex<Substring>)] = [
            (
                "public declaration",
                /(?m)^\s*(?:@\w+ )*(?:public|open) (?:struct|enum|class|func|let|var|protocol|init|extension|actor|typealias)/
            ),
            ("try!", /\btry!/), ("as!", /\bas!/), ("fatalError", /\bfatalError\(/),
        ]
        var offences: [String] = []
        for file in try SourceTree.sources() where file.path.hasSuffix(".swift") {
            let code = LexedSource(file.text).code
            for (name, pattern) in forbidden where code.firstMatch(of: pattern) != nil {
                offences.append("\(file.path): \(name)")
            }
        }
        #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
    }

    @Test func `no task is started outside the structure`() throws {
        var offences: [String] = []
        for file in try SourceTree.sources() where file.path.hasSuffix(".swift") && file.target != "tributary" {
            let code = LexedSource(file.text).code
            if code.firstMatch(of: /\bTask(?:\.detached)?\s*(?:\([^)]*\))?\s*\{/) != nil {
                offences.append(file.path)
            }
        }
        #expect(offences.isEmpty, "Task {} or Task.detached in \(offences.joined(separator: ", "))")
    }

    @Test func `every target has a short README`() throws {
        let folders = Set(try SourceTree.sources().filter { $0.path.hasSuffix(".swift") }.map(\.target)).sorted()
        for folder in folders {
            let url = SourceTree.root.appendingPathComponent("Sources/\(folder)/README.md")
            let text = try String(contentsOf: url, encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 21, "Sources/\(folder)/README.md has \(lines) lines; at most 20 are allowed")
        }
    }

    private func isPackageDeclaration(_ line: String) -> Bool {
        line.firstMatch(
            of:
                /^\s*(?:@[A-Za-z]+(?:\([^)]*\))?\s+)*package\s+(?:(?:static|final|mutating|nonmutating|consuming|borrowing|nonisolated|isolated|indirect|private\(set\)|fileprivate\(set\)|convenience|override|prefix|postfix|lazy|weak|unowned|package\(set\))\s+)*(?:struct|enum|class|actor|protocol|func|var|let|init|subscript|typealias|extension)\b/
        ) != nil && line.firstMatch(of: /^\s*package extension/) == nil
    }

    /// Members that only fulfil a protocol of the standard library, whose documentation is the protocol's.
    private func isWitness(_ line: String) -> Bool {
        line.firstMatch(
            of:
                /(var (?:description|debugDescription|customMirror|hashValue|startIndex|endIndex|errorDescription|id)\b|func (?:==|<|hash\(into|encode\(to|index\(after|index\(before|makeIterator|next\(\))|static func (?:==|<) |init\(from decoder|init\((?:nil|boolean|integer|float|string|array|dictionary|unicodeScalar|extendedGraphemeCluster)Literal|init\(stringInterpolation|subscript\(position|typealias (?:Element|Index|Iterator|RawValue|StringLiteralType|ArrayLiteralElement|Key|Value)\b)/
        ) != nil || line.firstMatch(of: /^\s*package (?:mutating )?(?:func|init)[^\n]*\/\/ witness$/) != nil
    }

    /// Whether the lines above `number`, past attributes, end in a documentation comment; members of a type that
    /// implements a documented protocol count as documented when the type's extension or declaration names it.
    private func isDocumented(_ lines: [String], _ number: Int) -> Bool {
        var above = number - 1
        while above >= 0 {
            let line = lines[above].trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("@") || line.hasPrefix("#if") {
                above -= 1
                continue
            }
            return line.hasPrefix("///") || line.hasSuffix("*/")
        }
        return false
    }
}
