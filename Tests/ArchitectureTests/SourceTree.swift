import Foundation

/// The package's own files, as the checks of this suite read them.
enum SourceTree {
    /// The package's root folder.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// One Swift file under `Sources/`.
    struct File: Sendable {
        /// The target whose folder it is in.
        let target: String
        /// Path from the root.
        let path: String
        /// Its text.
        let text: String
        /// Its lines, without line ends.
        let lines: [String]

        /// The file's name without its folder.
        var name: String { String(path.split(separator: "/").last ?? "") }
    }

    /// Every Swift file and C shim under `Sources/`, sorted by path.
    static func sources() throws -> [File] {
        try files(under: "Sources") { $0.hasSuffix(".swift") || $0.hasSuffix(".h") }
    }

    /// The files under `folder` that `include` accepts, sorted by path.
    static func files(under folder: String, where include: (String) -> Bool) throws -> [File] {
        let base = root.appendingPathComponent(folder)
        let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return try names.filter(include).sorted().map { name in
            let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
            return File(
                target: String(name.split(separator: "/").first ?? ""),
                path: folder + "/" + name,
                text: text,
                lines: text.components(separatedBy: "\n")
            )
        }
    }

    /// The names of the connector folders.
    static func connectors() throws -> [String] {
        let folder = root.appendingPathComponent("connectors").path
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { name in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
                    && isFolder.boolValue && !name.hasPrefix("_") && !name.hasPrefix(".")
            }
            .sorted()
    }
}

/// Splits Swift text into code, comments and string literals, well enough for the checks of this suite.
struct LexedSource {
    /// Code with comments and the insides of string literals blanked out, line structure kept.
    private(set) var code = ""
    /// The insides of string literals, each with its line number, from 1.
    private(set) var literals: [(line: Int, text: String)] = []

    /// Reads `text`.
    init(_ text: String) {
        var rest = Substring(text)
        var line = 1
        func advance(_ count: Int) -> Substring {
            let piece = rest.prefix(count)
            line += piece.count(where: { $0 == "\n" })
            rest = rest.dropFirst(count)
            return piece
        }
        while let character = rest.first {
            if rest.hasPrefix("//") {
                _ = advance(
                    rest.firstIndex(of: "\n").map { rest.distance(from: rest.startIndex, to: $0) } ?? rest.count
                )
            } else if rest.hasPrefix("/*") {
                let end = rest.range(of: "*/")?.upperBound ?? rest.endIndex
                let piece = advance(rest.distance(from: rest.startIndex, to: end))
                code += String(repeating: "\n", count: piece.count(where: { $0 == "\n" }))
            } else if character == "\"" || rest.hasPrefix("#\"") {
                let delimiters = rest.prefix(while: { $0 == "#" }).count
                let quote = rest.dropFirst(delimiters).hasPrefix("\"\"\"") ? "\"\"\"" : "\""
                _ = advance(delimiters + quote.count)
                let closing = quote + String(repeating: "#", count: delimiters)
                let start = line
                var literal = ""
                while !rest.isEmpty, !rest.hasPrefix(closing) {
                    if delimiters == 0, rest.hasPrefix("\\") {
                        literal += advance(2)
                    } else {
                        literal += advance(1)
                    }
                }
                _ = advance(min(closing.count, rest.count))
                literals.append((start, literal))
                code += "\"\"" + String(repeating: "\n", count: literal.count(where: { $0 == "\n" }))
            } else {
                code += advance(1)
            }
        }
    }
}
