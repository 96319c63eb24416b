import Foundation
import Testing

@Suite struct ImportLawTests {
    struct Laws: Decodable {
        let allowed: [String: [String]]
        let unsafePointers: [String]
        let hummingbird: [String]
        let sqlExempt: [String]
    }

    static let everywhere: Set = [
        "Foundation", "FoundationEssentials", "Synchronization", "Dispatch", "Glibc", "Darwin",
    ]

    let laws: Laws

    init() throws {
        let url = SourceTree.root.appendingPathComponent("Tests/ArchitectureTests/allowed-imports.json")
        laws = try JSONDecoder().decode(Laws.self, from: Data(contentsOf: url))
    }

    @Test func `each target imports only what its law allows`() throws {
        var offences: [String] = []
        for file in try SourceTree.sources() where file.path.hasSuffix(".swift") {
            guard let allowed = laws.allowed[file.target] else {
                offences.append("\(file.path): target \(file.target) has no line in allowed-imports.json")
                continue
            }
            for module in imports(of: file) where !allowed.contains("*") {
                if !Self.everywhere.contains(module), !allowed.contains(module) {
                    offences.append("\(file.path): imports \(module), which the laws of \(file.target) do not allow")
                }
            }
        }
        #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
    }

    @Test func `every target of the laws exists and every folder has a law`() throws {
        let folders = Set(try SourceTree.sources().filter { $0.path.hasSuffix(".swift") }.map(\.target))
        #expect(folders == Set(laws.allowed.keys))
    }

    @Test func `only route files, ServiceKit and the executable import the web framework`() throws {
        let offences = try SourceTree.sources().filter { file in
            imports(of: file).contains { $0.hasPrefix("Hummingbird") }
                && !laws.hummingbird.contains(file.target) && !file.name.hasSuffix("Routes.swift")
        }
        #expect(offences.map(\.path) == [])
    }

    @Test func `only the executable imports the transport`() throws {
        let offences = try SourceTree.sources().filter { file in
            imports(of: file).contains("CurlTransport") && file.target != "tributary"
        }
        #expect(offences.map(\.path) == [])
    }

    @Test func `unsafe pointers and unchecked claims stay in the targets that may have them`() throws {
        let words = [
            "UnsafePointer", "UnsafeMutablePointer", "UnsafeRawPointer", "UnsafeMutableRawPointer",
            "UnsafeBufferPointer", "UnsafeMutableBufferPointer", "UnsafeRawBufferPointer",
            "UnsafeMutableRawBufferPointer", "OpaquePointer", "withUnsafe", "@unchecked Sendable",
            "nonisolated(unsafe)",
        ]
        var offences: [String] = []
        for file in try SourceTree.sources() where !laws.unsafePointers.contains(file.target) {
            guard file.path.hasSuffix(".swift") else { continue }
            // A reference to the current task is no pointer.
            let code = LexedSource(file.text).code.replacing("withUnsafeCurrentTask", with: "")
            offences += words.filter(code.contains).map { "\(file.path): \($0)" }
        }
        #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
    }

    @Test func `SQL is written in store files only`() throws {
        let statements = /(?i)^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+[a-z_.]+\s+set\s|delete\s+from\s)/
        var offences: [String] = []
        for file in try SourceTree.sources() where !laws.sqlExempt.contains(file.target) {
            guard file.path.hasSuffix(".swift"), !file.name.hasSuffix("Store.swift") else { continue }
            guard imports(of: file).contains("Postgres") else { continue }
            for literal in LexedSource(file.text).literals where literal.text.firstMatch(of: statements) != nil {
                offences.append("\(file.path):\(literal.line): SQL outside a ...Store.swift file")
            }
        }
        #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
    }

    private func imports(of file: SourceTree.File) -> [String] {
        file.lines.compactMap { line in
            guard line.contains("import "),
                let match = line.firstMatch(
                    of:
                        /^\s*(?:@[A-Za-z_]+(?:\([^)]*\))?\s+)*(?:package |public |internal )?import (?:struct |enum |class |func |protocol |typealias )?([A-Za-z0-9_]+)/
                )
            else { return nil }
            return String(match.1)
        }
    }
}
