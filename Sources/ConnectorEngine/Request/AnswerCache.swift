import HTTPExchange
import Synchronization
import Vocabulary

/// Good answers of calls that connectors call cacheable, kept for the account that asked; bounded in bytes.
///
/// A write of an account forgets all that is kept for it.
final class AnswerCache: Sendable {
    private struct Entry {
        let response: InboundResponse
        let end: Int
        let turn: Int
    }

    private struct State {
        var accounts: [AccountID: [String: Entry]] = [:]
        var bytes = 0
        var turn = 0
    }

    /// The largest answer that is kept.
    private static let answerMax = 1_048_576

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

    /// Keeps an answer until a time in seconds; where there is no room, those that came first are forgotten.
    func keep(_ response: InboundResponse, as name: String, of account: AccountID, until end: Int) {
        guard response.body.count <= min(Self.answerMax, bytesMax) else { return }
        state.withLock { state in
            state.turn += 1
            let old = state.accounts[account, default: [:]].updateValue(
                Entry(response: response, end: end, turn: state.turn),
                forKey: name
            )
            state.bytes += response.body.count - (old?.response.body.count ?? 0)
            guard state.bytes > bytesMax else { return }
            let all = state.accounts.flatMap { account, entries in
                entries.map { (account: account, name: $0.key, turn: $0.value.turn) }
            }
            for place in all.sorted(by: { $0.turn < $1.turn }) where state.bytes > bytesMax * 3 / 4 {
                state.bytes -= state.accounts[place.account]?[place.name]?.response.body.count ?? 0
                state.accounts[place.account]?[place.name] = nil
                if state.accounts[place.account]?.isEmpty == true { state.accounts[place.account] = nil }
            }
        }
    }

    /// Forgets what is kept for an account.
    func forget(_ account: AccountID) {
        state.withLock { state in
            for entry in state.accounts.removeValue(forKey: account) ?? [:] {
                state.bytes -= entry.value.response.body.count
            }
        }
    }
}
