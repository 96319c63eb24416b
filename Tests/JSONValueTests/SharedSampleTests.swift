import Foundation
import JSONValue
import Testing

/// The vendors' real bodies, where the shared folder lies beside the package.
@Suite struct SharedSampleTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/vendors").standardizedFileURL
    static let files: [URL] = {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (found?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "json" }
    }()

    @Test(.enabled(if: !files.isEmpty, "no shared folder beside the package"))
    func `every real vendor body reads as the reference reads it and is written back the same`() throws {
        for file in Self.files {
            let bytes = [UInt8](try Data(contentsOf: file))
            let expected = ReferenceParser.value(of: bytes, .vendor)
            guard let document = try? JSONDocument(parsing: bytes) else {
                #expect(expected == nil, "\(file.lastPathComponent)")
                continue
            }
            #expect(document.root.value == expected, "\(file.lastPathComponent)")
            #expect(try JSONValue(parsing: document.root.value.bytes(), policy: .vendor) == expected)
        }
    }
}
