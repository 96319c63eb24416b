package import Foundation
import Glibc

/// A folder for the files of this process's tests, which goes when the process ends.
package enum TestFolder {
    private static let url: Result<URL, any Error> = Result {
        let url = FileManager.default.temporaryDirectory.appending(path: "tributary-tests-\(getpid())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        atexit { TestFolder.remove() }
        return url
    }

    /// Where a file of a test may be written.
    ///
    /// - Parameter name: a name that no other test uses.
    /// - Returns: its place.
    /// - Throws: when the folder cannot be made.
    package static func file(_ name: String) throws -> URL {
        try url.get().appending(path: name)
    }

    private static func remove() {
        guard let url = try? url.get() else { return }
        try? FileManager.default.removeItem(at: url)
    }
}
