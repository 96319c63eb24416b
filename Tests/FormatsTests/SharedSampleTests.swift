import Formats
import Foundation
import JSONValue
import Testing

/// The vendors' real XML, where the shared folder lies beside the package.
@Suite struct SharedSampleTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/vendors").standardizedFileURL
    static let files: [URL] = {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (found?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "xml" }
    }()

    @Test(.enabled(if: !files.isEmpty, "no shared folder beside the package"))
    func `every real vendor document is read and survives being written`() throws {
        for file in Self.files {
            let value = try XMLReader.value(of: [UInt8](try Data(contentsOf: file)))
            let written = try XMLWriter.bytes(of: value)
            #expect(try XMLReader.value(of: written) == value, "\(file.lastPathComponent)")
        }
    }
}
