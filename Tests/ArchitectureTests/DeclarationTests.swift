import Foundation
import Testing

@Suite struct DeclarationTests {
    /// Requirements of library protocols whose witnesses need no words of ours.
    static let libraryRequirements: Set = [
        "init(literalCapacity", "makeCounter(", "makeFloatingPointCounter(", "makeMeter(", "makeRecorder(",
        "makeTimer(",
        "destroyCounter(", "destroyFloatingPointCounter(", "destroyMeter(", "destroyRecorder(", "destroyTimer(",
        "log(", "metadata", "metadataProvider", "logLevel", "subscript(metadataKey", "run(", "description",
    ]

    @Test func `every package declaration says what it is for`() throws {
        let files = try SourceTree.sources().filter { $0.path.hasSuffix(".swift") }
        let requirements = Self.libraryRequirements.union(files.flatMap(documentedRequirements))
        var offences: [String] = []
        for file in files {
            for (number, line) in file.lines.enumerated() where isPackageDeclaration(line) && !isWitness(line) {
                if isDocumented(file.lines, number) { continue }
                if let name = name(of: line), requirements.contains(name) { continue }
                offences.append("\(file.path):\(number + 1): \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
        #expect(offences.isEmpty, "\(offences.count) without ///:\n\(offences.prefix(60).joined(separator: "\n"))")
    }

    /// The names of the documented requirements of the protocols that a file declares: what fulfils them is documented
    /// there.
    private func documentedRequirements(_ file: SourceTree.File) -> [String] {
        var names: [String] = []
        var isInside = false
        for (number, line) in file.lines.enumerated() {
            if line.hasPrefix("package protocol ") { isInside = true }
            if line == "}" { isInside = false }
            guard isInside, line.hasPrefix("    "), !line.hasPrefix("     "), isDocumented(file.lines, number) else {
                continue
            }
            if let name = name(of: line) { names.append(name) }
        }
        return names
    }

    /// The base name of a declaration, with its parenthesis and, for initializers and subscripts, the first label.
    private func name(of line: String) -> String? {
        if let match = line.firstMatch(of: /\bfunc ([A-Za-z0-9_]+)\s*[(<]/) { return "\(match.1)(" }
        if let match = line.firstMatch(of: /\b(init|subscript)\??(?:<[^>]*>)?\(([A-Za-z0-9_]+)/) {
            return "\(match.1)(\(match.2)"
        }
        if let match = line.firstMatch(of: /\b(?:var|let) ([A-Za-z0-9_]+)/) { return String(match.1) }
        return nil
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
        // The pattern is slow, and few lines hold the word.
        line.utf8.contains(UInt8(ascii: "k")) && line.contains("package ")
            && line.firstMatch(
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
