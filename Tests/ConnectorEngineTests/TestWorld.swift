import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import JSONValue
import Synchronization
import UnifiedModel
import Vocabulary

/// What the tests share: the model's files, digests that need no OpenSSL, and an engine over a scripted vendor.
enum TestWorld {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func model() throws -> UnifiedModel { try loaded.get() }

    private static let loaded = Result { try load() }

    private static func load() throws -> UnifiedModel {
        let folder = root.appendingPathComponent("openapi/models").resolvingSymlinksInPath()
        var documents: [String: JSONValue] = [:]
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) ?? .init()
        for case let file as URL in files where file.lastPathComponent.hasSuffix(".schema.json") {
            let name = String(file.resolvingSymlinksInPath().path.dropFirst(folder.path.count + 1))
            documents[name] = try? JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        }
        return try UnifiedModel(documents: documents)
    }

    static let account = AccountID.random()

    /// A gate that never really waits.
    static func traffic() -> TrafficControl { TrafficControl(random: { 0.5 }, sleep: { _ in }) }

    /// A gate before which calls wait as long as it takes; nothing that ends by itself waits in it.
    static func patientTraffic() -> TrafficControl {
        TrafficControl(random: { 0.5 }, sleep: { _ in try await Task.sleep(for: .seconds(3600)) })
    }

    static func engine(_ sender: ScriptedSender, traffic: TrafficControl = traffic()) throws -> Engine {
        Engine(
            model: try model(),
            sender: sender,
            digests: ToyDigests(),
            cursorKey: Secret(Array(repeating: 7, count: 32)),
            traffic: traffic
        )
    }

    static func connector(
        _ document: JSONValue,
        layers: [ConfigLayer] = [],
        compiler: ExpressionCompiler = ExpressionCompiler()
    ) throws -> CompiledConnector {
        try CompiledConnector(
            base: ConfigLayer(level: .platform, version: 1, document: document),
            layers: layers,
            compiler: compiler
        )
    }

    static func access(_ token: String = "t0ken", method: String = "key", version: Int = 0) -> UsableAccess {
        UsableAccess(method: method, values: ["token": Secret(token)], version: version)
    }
}

/// Access that can be renewed a number of times.
final class RenewingAccess: AccessSource {
    private let state: Mutex<(version: Int, renewals: Int)>
    private let max: Int
    private let method: String

    init(method: String = "key", renewals: Int) {
        state = Mutex((0, 0))
        max = renewals
        self.method = method
    }

    var renewals: Int { state.withLock { $0.renewals } }

    func current() async throws -> UsableAccess {
        let version = state.withLock { $0.version }
        return access(version)
    }

    func renewed(after rejected: UsableAccess) async throws -> UsableAccess {
        let version = state.withLock { state in
            state.renewals += 1
            if state.version < max { state.version += 1 }
            return state.version
        }
        return access(version)
    }

    private func access(_ version: Int) -> UsableAccess {
        UsableAccess(
            method: method,
            values: ["token": Secret("token-\(version)"), "access_token": Secret("token-\(version)")],
            version: version
        )
    }
}

/// Not cryptography: a keyed 64-bit hash, good enough to tell a changed text from an unchanged one in a test.
struct ToyDigests: Digests {
    func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> [UInt8] {
        (0..<4).flatMap { round -> [UInt8] in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 &+ UInt64(round)
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return withUnsafeBytes(of: hash) { Array($0) }
        }
    }

    func hmac(_ algorithm: DigestAlgorithm, of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
        try digest(algorithm, of: key + bytes + key)
    }

    func sign(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8], privateKeyPEM: [UInt8]) throws -> [UInt8] { [] }
    func verify(
        _ algorithm: SignatureAlgorithm,
        signature: [UInt8],
        of bytes: [UInt8],
        publicKeyPEM: [UInt8]
    ) throws -> Bool { false }
    func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { left == right }
    func randomBytes(_ count: Int) throws -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) } }
}
