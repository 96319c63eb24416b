package import Cryptography
package import Foundation

/// The key files with which the services of one installation know each other: `<service>.service.key` (0600) and
/// `<service>.service.pub` in one directory.
///
/// A service reads its own private key and everyone's public ones.
package struct ServiceKeys: Sendable {
    /// Why the keys of a service cannot be read.
    package struct KeyFileError: Error, CustomStringConvertible {
        package let description: String
    }

    private let directory: URL

    /// Names the directory.
    package init(directory: URL) {
        self.directory = directory
    }

    /// Makes the key pairs that are missing.
    package func create() throws {
        let files = FileManager.default
        try files.createDirectory(
            at: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        for service in ServiceName.allCases where !files.fileExists(atPath: file(service, "key").path) {
            let key = try PrivateKey.generate(.ed25519)
            try Data(try key.publicKey().pem()).write(to: file(service, "pub"), options: .atomic)
            let path = file(service, "key").path
            guard files.createFile(atPath: path, contents: Data(try key.pem()), attributes: [.posixPermissions: 0o600])
            else { throw KeyFileError(description: "cannot write \(path)") }
        }
    }

    /// The private key of a service.
    package func privateKey(of service: ServiceName) throws -> PrivateKey {
        try PrivateKey(pem: try bytes(service, "key"))
    }

    /// The public keys of all services.
    package func publicKeys() throws -> [ServiceName: PublicKey] {
        var keys: [ServiceName: PublicKey] = [:]
        for service in ServiceName.allCases { keys[service] = try PublicKey(pem: try bytes(service, "pub")) }
        return keys
    }

    private func bytes(_ service: ServiceName, _ suffix: String) throws -> [UInt8] {
        let file = file(service, suffix)
        guard let data = try? Data(contentsOf: file) else {
            throw KeyFileError(description: "cannot read \(file.path); make the keys with: tributary keys init")
        }
        return Array(data)
    }

    private func file(_ service: ServiceName, _ suffix: String) -> URL {
        directory.appending(path: "\(service.rawValue).service.\(suffix)")
    }
}
