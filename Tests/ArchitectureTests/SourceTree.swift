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
        let files = names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: base.path + "/" + name, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        return try files.filter(include).sorted().map { name in
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
    /// Code with comments and the insides of string literals left out, line structure kept.
    private(set) var code = ""
    /// The insides of string literals, each with its line number, from 1.
    private(set) var literals: [(line: Int, text: String)] = []

    /// Reads `text`.
    init(_ text: String) {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        var line = 1
        func starts(with word: String) -> Bool { bytes[index...].starts(with: word.utf8) }
        let special = Set("/\"#\n".utf8)
        while index < bytes.count {
            if !special.contains(bytes[index]) {
                output.append(bytes[index])
                index += 1
            } else if starts(with: "//") {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
            } else if starts(with: "/*") {
                while index < bytes.count, !starts(with: "*/") {
                    if bytes[index] == UInt8(ascii: "\n") {
                        output.append(bytes[index])
                        line += 1
                    }
                    index += 1
                }
                index = min(index + 2, bytes.count)
            } else if bytes[index] == UInt8(ascii: "\"") || starts(with: "#\"") {
                var hashes = 0
                while index < bytes.count, bytes[index] == UInt8(ascii: "#") {
                    hashes += 1
                    index += 1
                }
                let quote = starts(with: "\"\"\"") ? "\"\"\"" : "\""
                index += quote.utf8.count
                let closing = quote + String(repeating: "#", count: hashes)
                let start = line
                var literal: [UInt8] = []
                output += Array("\"\"".utf8)
                while index < bytes.count, !starts(with: closing) {
                    let count = hashes == 0 && bytes[index] == UInt8(ascii: "\\") ? min(2, bytes.count - index) : 1
                    for byte in bytes[index..<(index + count)] {
                        if byte == UInt8(ascii: "\n") {
                            output.append(byte)
                            line += 1
                        }
                        literal.append(byte)
                    }
                    index += count
                }
                index = min(index + closing.utf8.count, bytes.count)
                literals.append((start, String(decoding: literal, as: UTF8.self)))
            } else {
                if bytes[index] == UInt8(ascii: "\n") { line += 1 }
                output.append(bytes[index])
                index += 1
            }
        }
        code = String(decoding: output, as: UTF8.self)
    }
}
