import BrokerService
import Configuration
import Foundation
import ServiceKit
import Vocabulary

/// Every setting of the installation, each read here and nowhere else.
///
/// A name such as `registry.url` is the environment variable `TRIBUTARY_REGISTRY_URL`.
struct Settings: Sendable {
    /// A setting is missing or unreadable.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Folder of keys, certificates, pids and logs, as it is given.
    private let dataPath: String
    /// Folder that holds `connectors/`, `migrations/` and `openapi/`, as it is given.
    let contentPath: String
    private let reader: ConfigReader

    /// Reads the environment and, where it is silent, `settings.env` of the data directory.
    init() throws {
        let environment = EnvironmentVariablesProvider(secretsSpecifier: .dynamic { key, _ in Self.isSecret(key) })
        let outer = ConfigReader(provider: environment).scoped(to: "tributary")
        // Where keys, certificates, pids and logs are kept.
        let data = outer.string(forKey: "data.dir", default: ".tributary")
        dataPath = data
        let file = "\(data)/settings.env"
        if FileManager.default.fileExists(atPath: file) {
            let fromFile = EnvironmentVariablesProvider(
                environmentVariables: Self.lines(of: try Data(contentsOf: URL(fileURLWithPath: file))),
                secretsSpecifier: .dynamic { key, _ in Self.isSecret(key) }
            )
            reader = ConfigReader(providers: [environment, fromFile]).scoped(to: "tributary")
        } else {
            reader = outer
        }
        // Where connectors/, migrations/ and openapi/ are.
        contentPath = reader.string(forKey: "content.dir", default: ".")
    }

    /// The `NAME=value` lines of a file; the last of a name counts, and lines that begin with `#` do not.
    ///
    /// Read here, because the reader that comes with the package takes milliseconds of every start.
    private static func lines(of file: Data) -> [String: String] {
        let space = Set(" \t\r".utf8)
        func text(_ bytes: Data) -> String {
            let start = bytes.firstIndex { !space.contains($0) } ?? bytes.endIndex
            let end = bytes.lastIndex { !space.contains($0) }.map { $0 + 1 } ?? start
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
        var values: [String: String] = [:]
        for line in file.split(separator: UInt8(ascii: "\n")) {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = text(line[..<equals])
            if !name.isEmpty, !name.hasPrefix("#") { values[name] = text(line[(equals + 1)...]) }
        }
        return values
    }

    private static func isSecret(_ key: String) -> Bool {
        key.hasSuffix("DATABASE_URL") || key.hasSuffix("_KEY")
    }

    /// Where a service is reached by the others, such as `http://127.0.0.1:7401`.
    func url(of service: ServiceName) -> String {
        reader.string(
            forKey: ConfigKey("\(service.rawValue).url"),
            default: "http://127.0.0.1:\(port(of: service))"
        )
    }

    /// The plain port that a service listens on.
    func port(of service: ServiceName) -> Int {
        reader.int(forKey: ConfigKey("\(service.rawValue).port"), default: service.defaultPort)
    }

    /// The address that the services listen on.
    var listenHost: String {
        reader.string(forKey: "listen.host", default: "127.0.0.1")
    }

    /// The executor's TLS port; nil without a certificate.
    var executorTLSPort: Int? {
        FileManager.default.fileExists(atPath: file("tls/executor.pem").path)
            ? reader.int(forKey: "executor.tls.port", default: 7444) : nil
    }

    /// The address under which end users' browsers reach the Broker.
    var connectURL: String {
        reader.string(forKey: "connect.url", default: "http://localhost:\(port(of: .broker))")
    }

    /// The connection string of a service's own role, or of the owner for migrations.
    ///
    /// - Parameter name: such as `registry` or `owner`.
    /// - Returns: The string, which holds a password.
    /// - Throws: ``Failure`` when it is not set.
    func databaseURL(_ name: String) throws -> String {
        guard let url = reader.string(forKey: ConfigKey("\(name).database.url"), isSecret: true) else {
            let variable = "TRIBUTARY_\(name.uppercased().replacing(".", with: "_"))_DATABASE_URL"
            throw Failure(
                description: "\(variable) is not set; set it, for example to "
                    + "postgresql://user:password@127.0.0.1:5432/tributary, or run `tributary init`"
            )
        }
        return url
    }

    /// Where the registry's admin API is reached.
    var adminURL: String {
        reader.string(forKey: "admin.url", default: url(of: .registry))
    }

    /// A platform administrator's API key, for the commands that use the admin API.
    func adminKey() throws -> Secret<String> {
        guard let key = reader.string(forKey: "admin.key", isSecret: true) else {
            throw Failure(
                description:
                    "TRIBUTARY_ADMIN_KEY is not set; after ops/run do `. .tributary/dev.env`, or make a key with "
                    + "`tributary admin-key`"
            )
        }
        return Secret(key)
    }

    /// Connections that a service keeps to its database at most.
    var databaseConnections: Int {
        reader.int(forKey: "database.connections", default: 8)
    }

    /// Certificates trusted by outbound calls beside the system's, in PEM; nil for the system's alone.
    var caFile: String? {
        reader.string(forKey: "ca.file")
    }

    /// Host patterns sent to other addresses: `*.example.com=127.0.0.1:7503,...`.
    ///
    /// With ``allowsPlainHTTP`` an entry may be `api.example.com=http://127.0.0.1:9100`.
    var hostMap: String {
        reader.string(forKey: "egress.host.map", default: "")
    }

    /// Whether the host map may send hosts to plain HTTP: for development and measurement alone, because credentials
    /// then cross the wire in the clear.
    var allowsPlainHTTP: Bool {
        reader.bool(forKey: "egress.plain.http", default: false)
    }

    /// The event loops, each a thread, of a service.
    func eventLoops(of service: ServiceName, default count: Int) -> Int {
        min(256, max(1, reader.int(forKey: ConfigKey("\(service.rawValue).threads"), default: count)))
    }

    /// The same for the addresses a browser is sent to: `*.example.com=http://localhost:7503,...`.
    var browserHostMap: String {
        reader.string(forKey: "browser.host.map", default: "")
    }

    /// ``browserHostMap``, read.
    ///
    /// - Throws: ``Failure`` naming the entry that cannot be read.
    func browserHosts() throws -> [BrokerConfig.BrowserHost] {
        try browserHostMap.split(separator: ",").map { entry in
            let sides = entry.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, sides[1].hasPrefix("http") else {
                throw Failure(
                    description:
                        "TRIBUTARY_BROWSER_HOST_MAP: '\(entry)' is not of the form *.example.com=http://localhost:7501"
                )
            }
            return BrokerConfig.BrowserHost(pattern: String(sides[0]), origin: String(sides[1]))
        }
    }

    /// Accounts, keys and configurations that the executor keeps, each.
    var executorCacheCapacity: Int {
        max(2, reader.int(forKey: "executor.cache.capacity", default: 20_000))
    }

    /// The first of the sandbox's ports; vendors follow from the next on.
    var sandboxPort: Int {
        reader.int(forKey: "sandbox.port", default: ServiceName.sandbox.defaultPort)
    }

    /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
    var logLevel: String {
        reader.string(forKey: "log.level", default: "info")
    }

    /// Folder of keys, certificates, pids and logs.
    var dataDirectory: URL { URL(fileURLWithPath: dataPath) }

    /// A file of the data directory.
    func file(_ path: String) -> URL {
        URL(fileURLWithPath: "\(dataPath)/\(path)")
    }

    /// A file or folder of the content directory.
    func content(_ path: String) -> URL {
        URL(fileURLWithPath: "\(contentPath)/\(path)")
    }

    /// The bytes of a key file that `tributary init` made.
    func key(_ name: String) throws -> [UInt8] {
        let url = file("keys/\(name)")
        guard let data = try? Data(contentsOf: url) else {
            throw Failure(description: "\(url.path) cannot be read; run `tributary init` to make the keys")
        }
        return [UInt8](data)
    }
}
