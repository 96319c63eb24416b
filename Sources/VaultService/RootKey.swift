import Cryptography
package import Foundation

/// The key on which all others hang: 32 bytes in a file of mode 0400, made once.
package final class RootKey: Sendable {
    /// The file cannot be used.
    package struct Failure: Error, CustomStringConvertible {
        /// Names the file and the fix.
        package let description: String
    }

    /// Grows when the root key is replaced.
    let version: Int
    let key: SecretBytes

    /// Takes a key, for tests.
    ///
    /// - Parameters:
    ///   - version: grows when the root key is replaced.
    ///   - bytes: 32 bytes; they are zeroed.
    package init(version: Int, zeroing bytes: inout [UInt8]) {
        self.version = version
        key = SecretBytes(zeroing: &bytes)
    }

    /// Reads the key file.
    ///
    /// - Throws: ``Failure`` when it is missing, readable by others, or of another length.
    package convenience init(file: URL) throws {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file.path) else {
            throw Failure(description: "\(file.path) does not exist; make the root key with `tributary keys init`")
        }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            throw Failure(description: "\(file.path) can be read by others; do: chmod 0400 \(file.path)")
        }
        guard let data = try? Data(contentsOf: file), data.count == AES256GCM.keyLength else {
            throw Failure(description: "\(file.path) does not hold 32 bytes; restore it from its backup")
        }
        var bytes = [UInt8](data)
        self.init(version: 1, zeroing: &bytes)
    }

    /// Makes the key file unless it is there; gives whether it was made.
    package static func create(at file: URL) throws -> Bool {
        guard !FileManager.default.fileExists(atPath: file.path) else { return false }
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let bytes = try SecureRandom.bytes(AES256GCM.keyLength)
        guard
            FileManager.default.createFile(
                atPath: file.path,
                contents: Data(bytes),
                attributes: [.posixPermissions: 0o400]
            )
        else { throw Failure(description: "\(file.path) cannot be written") }
        return true
    }
}
