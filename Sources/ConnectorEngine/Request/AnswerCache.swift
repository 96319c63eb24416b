import HTTPExchange
import HTTPTypes
import Synchronization
import Vocabulary

/// Good answers of calls that connectors call cacheable, kept for the account that asked; bounded in bytes.
///
/// A write of an account forgets all that is kept for it, and what was asked before it and comes afterwards is not kept.
final class AnswerCache: Sendable {
    /// A point in the writes of accounts.
    struct Moment: Equatable {
        fileprivate let writes: Int
    }

    private struct Entry {
        let response: InboundResponse
        let end: Int
        let turn: Int
        /// What it takes, with its name.
        let bytes: Int
    }

    private struct State {
        var accounts: [AccountID: [String: Entry]] = [:]
        var bytes = 0
        var turn = 0
        /// How many writes there were, counted for several accounts together, so that it takes no room for each of them.
        var writes = [Int](repeating: 0, count: 256)
    }

    /// The largest answer that is kept.
    private static let answerMax = 1_048_576
    /// What an entry takes beside its texts, roughly.
    private static let overhead = 256

    private let state = Mutex(State())
    private let bytesMax: Int

    init(bytesMax: Int = 33_554_432) {
        self.bytesMax = bytesMax
    }

    /// What is kept under a name, at a time in seconds.
    func response(_ name: String, of account: AccountID, at now: Int) -> InboundResponse? {
        state.withLock { state in
            guard let entry = state.accounts[account]?[name], entry.end > now else { return nil }
            return entry.response
        }
    }

    /// The point in an account's writes that is now.
    func moment(of account: AccountID) -> Moment {
        state.withLock { Moment(writes: $0.writes[Self.place(of: account)]) }
    }

    /// Keeps an answer until a time in seconds; where there is no room, those that came first are forgotten.
    ///
    /// `moment`: when it was asked for.
    func keep(
        _ response: InboundResponse,
        as name: String,
        of account: AccountID,
        since moment: Moment,
        until end: Int
    ) {
        let fields = response.headers.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count }
        let bytes = response.body.count + name.utf8.count + fields + Self.overhead
        guard bytes <= min(Self.answerMax, bytesMax) else { return }
        state.withLock { state in
            guard state.writes[Self.place(of: account)] == moment.writes else { return }
            state.turn += 1
            let old = state.accounts[account, default: [:]].updateValue(
                Entry(response: response, end: end, turn: state.turn, bytes: bytes),
                forKey: name
            )
            state.bytes += bytes - (old?.bytes ?? 0)
            guard state.bytes > bytesMax else { return }
            let all = state.accounts.flatMap { account, entries in
                entries.map { (account: account, name: $0.key, turn: $0.value.turn) }
            }
            for place in all.sorted(by: { $0.turn < $1.turn }) where state.bytes > bytesMax * 3 / 4 {
                state.bytes -= state.accounts[place.account]?[place.name]?.bytes ?? 0
                state.accounts[place.account]?[place.name] = nil
                if state.accounts[place.account]?.isEmpty == true { state.accounts[place.account] = nil }
            }
        }
    }

    /// Forgets what is kept for an account.
    func forget(_ account: AccountID) {
        state.withLock { state in
            state.writes[Self.place(of: account)] += 1
            for entry in state.accounts.removeValue(forKey: account) ?? [:] { state.bytes -= entry.value.bytes }
        }
    }

    private static func place(of account: AccountID) -> Int { Int(UInt(bitPattern: account.hashValue) % 256) }
}
