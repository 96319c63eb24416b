import BrokerContract
import ConnectorEngine
import ExecutorService
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import RegistryContract
import ServiceKit
import Synchronization
import Testing
import UnifiedModel
import Vocabulary

/// A registry in memory that can be switched off, and counts what it is asked.
final class FakeRegistry: RegistryClient {
    struct State: Sendable {
        var isDown = false
        var keys: [String: APIKeyRecord] = [:]
        var configurations: [AccountID: ConfigurationRecord] = [:]
        var changes: [RegistryChange] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var calls: [String] = []
        var ledgers: [String: RateLedger] = [:]
        var groups: [AccountGroupID: AccountGroupRecord] = [:]
        var moment = 1_000_000.0
    }

    let state = Mutex(State())

    func calls(_ name: String) -> Int { state.withLock { $0.calls.count { $0 == name } } }
    func set(down: Bool) { state.withLock { $0.isDown = down } }

    /// The integration that an account was connected through.
    func integration(of account: AccountID) -> IntegrationID? {
        state.withLock { $0.configurations[account]?.account?.integrationID }
    }

    /// Tells a change to those who wait.
    func tell(_ kind: RegistryChange.Kind, _ id: String) {
        let waiting = state.withLock { state in
            state.changes.append(RegistryChange(sequence: state.changes.count + 1, kind: kind, id: id))
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func apiKey(sha256: String) async throws -> APIKeyRecord? { try asked("apiKey").keys[sha256] }

    func configuration(
        of id: AccountID,
        unless revision: String?
    ) async throws -> Conditional<ConfigurationRecord>? {
        guard let record = try asked("configuration").configurations[id] else { return nil }
        return record.revision == revision ? .unchanged : .changed(record)
    }

    func changes(after sequence: Int?, wait: Duration) async throws -> RegistryChanges {
        let state = try asked("changes")
        guard let sequence else { return RegistryChanges(changes: [], latest: state.changes.count) }
        if state.changes.count <= sequence {
            await withCheckedContinuation { continuation in
                let isLate = self.state.withLock { state in
                    if state.changes.count <= sequence { state.waiting.append(continuation) }
                    return state.changes.count > sequence
                }
                if isLate { continuation.resume() }
            }
        }
        return self.state.withLock {
            RegistryChanges(changes: Array($0.changes.dropFirst(sequence)), latest: $0.changes.count)
        }
    }

    func account(_ id: AccountID) async throws -> AccountRecord? { throw Unprepared() }
    func configuration(of id: IntegrationID) async throws -> ConfigurationRecord? {
        try asked("integration").configurations.values.first { $0.account?.integrationID == id }
    }

    func integrations(of environment: EnvironmentID) async throws -> [IntegrationRecord] {
        try asked("integrations").configurations.values.compactMap(\.account)
            .filter { $0.environmentID == environment }
            .map { account in
                IntegrationRecord(
                    id: account.integrationID,
                    tenantID: account.tenantID,
                    environmentID: account.environmentID,
                    connector: account.connector,
                    label: nil,
                    returnURLs: [],
                    allowedOrigins: []
                )
            }
    }

    func createLinkToken(_ wish: NewLinkToken) async throws -> CreatedLinkToken { throw Unprepared() }
    func redeemLinkToken(sha256: String) async throws -> LinkTokenRecord { throw Unprepared() }
    func createAccount(_ wish: NewAccount) async throws -> AccountRecord { throw Unprepared() }
    func updateAccount(_ id: AccountID, _ change: AccountChange) async throws -> AccountRecord { throw Unprepared() }
    func accountDeletions() async throws -> [AccountDeletion] { throw Unprepared() }
    func acknowledgeDeletions(_ accounts: [AccountID]) async throws { throw Unprepared() }

    func rateSlices(_ wishes: [RateSliceWish]) async throws -> [RateSlice] {
        _ = try asked("rateSlices")
        return state.withLock { state in
            wishes.map { state.ledgers[$0.budget, default: RateLedger()].grant($0, at: state.moment) }
        }
    }

    func accountGroup(_ id: AccountGroupID) async throws -> AccountGroupRecord? { try asked("accountGroup").groups[id] }

    private func asked(_ name: String) throws -> State {
        try state.withLock { state in
            state.calls.append(name)
            guard !state.isDown else { throw Problem(.serviceUnavailable, "the registry cannot be reached") }
            return state
        }
    }
}

/// Keeps writes in memory, as the registry keeps them in its table.
final class FakeWrites: IdempotentWritesClient {
    struct Entry: Sendable {
        var write: IdempotentWrite
        var answer: IdempotentAnswer?
        var isInterrupted = false
    }

    let entries = Mutex<[String: Entry]>([:])
    let isDown = Mutex(false)

    func begin(_ write: IdempotentWrite) async throws -> IdempotentWriteState {
        guard !isDown.withLock({ $0 }) else { throw Problem(.serviceUnavailable, "the registry cannot be reached") }
        return entries.withLock { entries in
            let place = "\(write.tenantID)|\(write.keySHA256)"
            guard let entry = entries[place] else {
                entries[place] = Entry(write: write)
                return .begun
            }
            if entry.write.requestSHA256 != write.requestSHA256 { return .reused }
            if let answer = entry.answer { return .answered(answer) }
            return entry.isInterrupted ? .unknown : .running
        }
    }

    func finish(_ write: IdempotentWrite, answer: IdempotentAnswer) async throws {
        entries.withLock { $0["\(write.tenantID)|\(write.keySHA256)"]?.answer = answer }
    }

    func release(_ write: IdempotentWrite) async throws {
        entries.withLock { $0["\(write.tenantID)|\(write.keySHA256)"] = nil }
    }

    /// The processes of all running writes die.
    func interruptAll() {
        entries.withLock { entries in
            for key in entries.keys { entries[key]?.isInterrupted = true }
        }
    }
}

/// Keeps records of requests in memory.
final class FakeRequestLog: RequestLogClient {
    struct State: Sendable {
        var records: [RequestRecord] = []
        var problem: Problem?
        var calls = 0
    }

    let state = Mutex(State())
    var records: [RequestRecord] { state.withLock { $0.records } }

    func keep(_ records: [RequestRecord]) async throws {
        try state.withLock { state in
            state.calls += 1
            if let problem = state.problem { throw problem }
            state.records += records
        }
    }
}

/// What a fake was not told to answer.
struct Unprepared: Error {}

/// A broker that gives tokens with growing versions.
final class FakeBroker: BrokerClient {
    struct State: Sendable {
        var isDown = false
        var version = 1
        var asked: [Int?] = []
        var expiresAt: String?
    }

    let state = Mutex(State())

    func usableAccess(of account: AccountID, rejected version: Int?) async throws -> BrokerContract.UsableAccess {
        try state.withLock { state in
            state.asked.append(version)
            guard !state.isDown else { throw Problem(.serviceUnavailable, "the broker cannot be reached") }
            if version == state.version { state.version += 1 }
            return BrokerContract.UsableAccess(
                method: "key",
                values: ["token": Secret("token-\(state.version)")],
                version: state.version,
                expiresAt: state.expiresAt
            )
        }
    }
}

/// A vendor that answers by a script.
final class FakeVendor: HTTPSender {
    typealias Script = @Sendable (OutboundRequest) throws(ExchangeError) -> InboundResponse
    let script: Mutex<Script>
    private let seen = Mutex<[OutboundRequest]>([])

    init(_ script: @escaping Script) { self.script = Mutex(script) }

    var requests: [OutboundRequest] { seen.withLock { $0 } }

    func send(_ request: OutboundRequest) async throws(ExchangeError) -> InboundResponse {
        seen.withLock { $0.append(request) }
        return try script.withLock { $0 }(request)
    }

    func stream(_ request: OutboundRequest) async throws(ExchangeError) -> StreamedResponse {
        let response = try await send(request)
        return StreamedResponse(status: response.status, headers: response.headers, body: .whole(response.body))
    }
}

/// A clock that stands still until it is moved.
final class HandClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { instant.withLock { $0 } }
    func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
}

/// Not cryptography: tells texts apart.
struct PlainDigests: Digests {
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
    func randomBytes(_ count: Int) throws -> [UInt8] { Array(repeating: 4, count: count) }
}
